"""One encrypted file of secrets, for who opted in: scrypt makes the key of a passphrase, AES-GCM keeps and seals.

Never chosen by itself. The passphrase is asked by the screens or the command line, not here; only the key it makes is
kept, in memory, until the process ends.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aeptui.config import write_private
from aeptui.credentials.secret import Secret
from aeptui.credentials.vault import Usability
from aeptui.errors import CredentialsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SHORTEST_PASSPHRASE = 8
_VERSION = 1
_LOG2_N = 17
_MOST_LOG2_N, _MOST_R, _MOST_P = 19, 8, 2
"""A file somebody else wrote must not make us use all memory: this is 512 MB and four times what we write."""
_LARGEST = 4 * 1024 * 1024
_LOCK_TRIES, _LOCK_PAUSE_S = 40, 0.05


@dataclass(frozen=True)
class _Lock:
    """How a key is made of a passphrase."""

    log2_n: int
    r: int
    p: int
    salt: bytes

    @property
    def sealed(self) -> bytes:
        """What the seal covers beside the data, so that nobody can weaken the key."""
        return f"aeptui secrets {_VERSION} scrypt {self.log2_n} {self.r} {self.p} {_text(self.salt)}".encode()

    def key(self, passphrase: Secret) -> bytes:
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

        scrypt = Scrypt(salt=self.salt, length=32, n=2**self.log2_n, r=self.r, p=self.p)
        try:
            return bytes(scrypt.derive(passphrase.reveal().encode()))
        except MemoryError:
            raise CredentialsError(
                "The key of the encrypted file takes more memory than there is.",
                "Nothing was changed. Free some memory, then try again.",
            ) from None


@dataclass(frozen=True)
class _Envelope:
    """The file, decoded but not decrypted."""

    lock: _Lock
    nonce: bytes
    data: bytes


class EncryptedFileVault:
    """Secrets in a file, under a passphrase.

    Args:
        path: The file; its folder is made private.
        log2_n: What a key costs: 17 takes half a second and 128 MB.
    """

    name = "file"

    def __init__(self, path: Path, *, log2_n: int = _LOG2_N) -> None:
        self.path = path
        self._log2_n = log2_n
        self._key: bytes | None = None
        self._lock = _Lock(log2_n, 8, 1, b"")
        """How the key is made of the passphrase."""

    @property
    def exists(self) -> bool:
        """Is there a file, be it locked or open? One that cannot be looked for counts: it must not be begun anew."""
        try:
            return self.path.exists()
        except OSError:
            return True

    def usable(self) -> Usability:
        """Open, locked, or not there yet."""
        if self._key is not None:
            return Usability(True, where="encrypted file")
        if self.exists:
            return Usability(
                False,
                "The encrypted file is locked.",
                "Open it under Profiles (key u) with its passphrase.",
                locked=True,
            )
        return Usability(
            False, "There is no encrypted file of secrets yet.", "Choose it under Profiles for a secret, to make one."
        )

    def create(self, passphrase: Secret) -> None:
        """Begin a new file; it is written now, so that a folder that cannot be used shows at once.

        Raises:
            CredentialsError: there is one, the passphrase is too short, or it cannot be written.
        """
        _require_long(passphrase)
        with self._alone():
            if self.exists:  # asked only now: another process may have begun it while this one waited
                raise CredentialsError(
                    f"There is an encrypted file already: {self.path}.", "Open it with its passphrase."
                )
            self._seal({}, passphrase)

    def unlock(self, passphrase: Secret) -> None:
        """Open the file until the process ends. Takes about half a second.

        Raises:
            CredentialsError: the passphrase is wrong, or the file is damaged.
        """
        envelope = self._envelope()
        key = envelope.lock.key(passphrase)
        if _opened(envelope, key) is None:
            raise CredentialsError(
                "The passphrase is wrong, or the encrypted file was changed.", "Nothing was changed. Try it again."
            )
        self._key, self._lock = key, envelope.lock

    def read(self, profile: str) -> Secret | None:
        """The secret of that profile, None when there is none."""
        value = self._content().get(profile) if self.exists or self._key is not None else None
        return Secret(value) if value else None

    def store(self, profile: str, secret: Secret) -> None:
        """Keep the secret, beside those that other processes kept meanwhile."""
        with self._alone():
            self._write({**self._content(), profile: secret.reveal()})

    def delete(self, profile: str) -> bool:
        """Forget the secret; False when there was none."""
        with self._alone():
            content = dict(self._content())
            if content.pop(profile, None) is None:
                return False
            self._write(content)
            return True

    def change_passphrase(self, passphrase: Secret) -> None:
        """Seal the same secrets under another passphrase.

        Raises:
            CredentialsError: the file is locked, or the passphrase too short.
        """
        _require_long(passphrase)
        with self._alone():
            self._seal(self._content(), passphrase)

    def _seal(self, content: dict[str, str], passphrase: Secret) -> None:
        """Write under a new key; the old one stays in use when that fails, as the old file does."""
        before = self._key, self._lock
        lock = _Lock(self._log2_n, 8, 1, os.urandom(16))
        self._key, self._lock = lock.key(passphrase), lock
        try:
            self._write(content)
        except BaseException:
            self._key, self._lock = before
            raise

    def _content(self) -> dict[str, str]:
        if self._key is None:
            usability = self.usable()
            raise CredentialsError(usability.reason, usability.hint)
        envelope = self._envelope()
        content = _opened(envelope, self._key)
        if content is None:
            self._key = None
            raise CredentialsError(
                "The encrypted file was sealed anew by another process, or changed.",
                "Nothing was written. Open it again with its passphrase.",
            )
        return content

    def _write(self, content: dict[str, str]) -> None:
        assert self._key is not None  # noqa: S101 - every way here has asked for it
        lock, nonce = self._lock, os.urandom(12)
        data = _cipher(self._key).encrypt(nonce, json.dumps(content).encode(), lock.sealed)
        kdf = {"name": "scrypt", "log2_n": lock.log2_n, "r": lock.r, "p": lock.p, "salt": _text(lock.salt)}
        try:
            write_private(
                self.path,
                json.dumps({"version": _VERSION, "kdf": kdf, "nonce": _text(nonce), "data": _text(data)}),
            )
        except OSError as error:
            raise CredentialsError(
                f"{self.path} cannot be written: {error.strerror or error}.", "Nothing was changed."
            ) from error

    def _envelope(self) -> _Envelope:
        try:
            if self.path.stat().st_size > _LARGEST:
                raise ValueError("it is too large")
            raw = json.loads(self.path.read_bytes())
            kdf = raw["kdf"]
            if raw["version"] != _VERSION or kdf["name"] != "scrypt":
                raise CredentialsError(
                    f"{self.path} was written by another version of aeptui, or changed.",
                    "Nothing was changed. Update aeptui, then open it again.",
                )
            log2_n, r, p = (int(kdf[name]) for name in ("log2_n", "r", "p"))
            if not (1 <= log2_n <= _MOST_LOG2_N and 1 <= r <= _MOST_R and 1 <= p <= _MOST_P):
                raise ValueError("its key would take too much memory")
            salt, nonce, data = (
                base64.b64decode(text, validate=True) for text in (kdf["salt"], raw["nonce"], raw["data"])
            )
            return _Envelope(_Lock(log2_n, r, p, salt), nonce, data)
        except FileNotFoundError:
            raise CredentialsError("There is no encrypted file of secrets.", f"It was to be {self.path}.") from None
        except OSError as error:
            raise CredentialsError(
                f"{self.path} cannot be read: {error.strerror or error}.", "Mend its permissions, then try again."
            ) from error
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError, binascii.Error) as error:
            raise CredentialsError(
                f"{self.path} is damaged, or no file of aeptui's: {str(error)[:80] or type(error).__name__}.",
                "Bring it back from a backup, or move it away and enter the secrets anew.",
            ) from None

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process changes the file meanwhile; its folder is the owner's alone."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self.path.parent.stat().st_mode & 0o077:
                self.path.parent.chmod(0o700)
            handle = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise CredentialsError(
                f"{self.path.parent} cannot be used: {error.strerror or error}.", "Nothing was changed."
            ) from error
        try:
            _lock(handle)
            yield
        finally:
            os.close(handle)


def _lock(handle: int) -> None:
    """Wait for another process, but not for one that hangs."""
    for _ in range(_LOCK_TRIES):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_LOCK_PAUSE_S)
        except OSError as error:
            raise CredentialsError(
                f"The folder of the encrypted file cannot be locked: {error.strerror or error}.",
                "Nothing was changed. Some network file systems have no locks; keep the secret elsewhere.",
            ) from error
        else:
            return
    raise CredentialsError(
        "Another aeptui keeps the encrypted file to itself.", "Nothing was changed. Leave it there, then try again."
    )


def _require_long(passphrase: Secret) -> None:
    if len(passphrase.reveal()) < SHORTEST_PASSPHRASE:
        raise CredentialsError(
            f"The passphrase is shorter than {SHORTEST_PASSPHRASE} characters.", "Several words are a good one."
        )


def _cipher(key: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)


def _opened(envelope: _Envelope, key: bytes) -> dict[str, str] | None:
    """The secrets by profile; None when the seal does not fit."""
    from cryptography.exceptions import InvalidTag

    try:
        plain = _cipher(key).decrypt(envelope.nonce, envelope.data, envelope.lock.sealed)
        content = json.loads(plain)
    except (InvalidTag, ValueError):
        return None
    return {str(name): str(value) for name, value in content.items()} if isinstance(content, dict) else None


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
