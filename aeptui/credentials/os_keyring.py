"""The operating system's keyring as a vault: trusted backends only, never a wait without end, never a silent loss.

A secret is one entry of the service `aeptui`, user `<profile>/client_secret`. Windows allows about 1280 characters in
an entry, so a longer secret is cut: parts first (`.../1`, `.../2`), then the entry itself, which says how many there
are and what they add up to; a crash in between leaves the old secret or an error, never half of one. Not tried on macOS
and Windows.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import TypeVar

from aeptui.credentials.backends import INSTEAD, Backend, BackendSource, PlatformBackend
from aeptui.credentials.limits import within
from aeptui.credentials.secret import STARS, Secret
from aeptui.credentials.vault import Usability
from aeptui.errors import CredentialsError

T = TypeVar("T")

SERVICE = "aeptui"
PROBE_LIMIT_S = 2.0
OPERATION_LIMIT_S = 20.0
"""Longer than the probe's: macOS and Windows may ask their user something; on Linux the probe has excluded that."""
PART_LENGTH = 1000

_PARTS = re.compile(r"aeptui-parts:(\d{1,3}):([0-9a-f]{64})")


class OsKeyring:
    """Secrets in the keyring of the operating system.

    Args:
        source: Where the backend comes from.
        probe_limit_s: How long looking whether the keyring can be used may take.
        operation_limit_s: How long one use of it may take.
    """

    name = "keyring"

    def __init__(
        self,
        source: BackendSource | None = None,
        *,
        probe_limit_s: float = PROBE_LIMIT_S,
        operation_limit_s: float = OPERATION_LIMIT_S,
    ) -> None:
        self._source = source or PlatformBackend()
        self._probe_limit_s = probe_limit_s
        self._operation_limit_s = operation_limit_s

    def usable(self) -> Usability:
        """Looks without touching: nothing is unlocked, nothing created, nobody asked."""
        try:
            return within(self._probe_limit_s, self._source.probe)
        except TimeoutError:
            reason = f"The keyring did not answer within {self._probe_limit_s:g} seconds."
            return Usability(False, reason, f"It may be waiting to be unlocked elsewhere. Or {INSTEAD}")
        except Exception as error:  # noqa: BLE001 - backends and the bus raise anything, AssertionError included
            return Usability(
                False, f"The keyring cannot be used: {_words(error)}.", f"Mend it and try again, or {INSTEAD}"
            )

    def read(self, profile: str) -> Secret | None:
        """The stored secret, put together again; None when there is none."""
        value = self._use(lambda backend: _read(backend, profile), f"read the secret of {profile!r}")
        return Secret(value) if value else None

    def store(self, profile: str, secret: Secret) -> None:
        """Write, then read back: a backend that keeps nothing is found out here."""

        def write(backend: Backend) -> bool:
            _write(backend, profile, secret.reveal())
            return _read(backend, profile) == secret.reveal()

        if not self._use(write, f"keep the secret of {profile!r}", secret):
            raise CredentialsError(
                f"The keyring took the secret of {profile!r} but does not give it back.",
                f"This keyring keeps nothing; {INSTEAD}",
            )

    def delete(self, profile: str) -> bool:
        """Delete every part; one that is already gone is done."""
        return self._use(lambda backend: _delete(backend, profile), f"delete the secret of {profile!r}")

    def _use(self, call: Callable[[Backend], T], purpose: str, secret: Secret | None = None) -> T:
        usability = self.usable()
        if not usability.ok:
            raise CredentialsError(f"Could not {purpose}. {usability.reason}", usability.hint)
        try:
            return within(self._operation_limit_s, lambda: call(self._source.open()))
        except CredentialsError:
            raise
        except TimeoutError:
            raise CredentialsError(
                f"Could not {purpose}: the keyring did not answer within {self._operation_limit_s:g} seconds.",
                "It may be waiting to be unlocked elsewhere. Unlock it and try again.",
            ) from None
        except Exception as error:  # noqa: BLE001 - backends raise EOFError, ValueError, AssertionError and their own
            words = _words(error)
            # Without the cause when a secret was passed: some backends quote what they were given.
            if secret is not None:
                words = words.replace(secret.reveal(), STARS)
            raise CredentialsError(
                f"Could not {purpose}: {words}.", "Unlock the keyring, or keep the secret for this session only."
            ) from (None if secret is not None else error)


def _words(error: Exception) -> str:
    return (str(error) or type(error).__name__).rstrip(".")


def _user(profile: str, part: int = 0) -> str:
    return f"{profile}/client_secret" + (f"/{part}" if part else "")


def _count(head: str | None) -> int:
    """How many parts an entry speaks of; 0 when it is the secret itself, or absent."""
    found = _PARTS.fullmatch(head or "")
    return int(found[1]) if found else 0


def _read(backend: Backend, profile: str) -> str | None:
    head = backend.get_password(SERVICE, _user(profile))
    found = _PARTS.fullmatch(head or "")
    if found is None:
        return head
    parts = [backend.get_password(SERVICE, _user(profile, number + 1)) or "" for number in range(int(found[1]))]
    value = "".join(parts)
    if hashlib.sha256(value.encode()).hexdigest() != found[2]:
        raise CredentialsError(
            f"The secret of {profile!r} in the keyring is not whole.", "Enter it again: Profiles, key e."
        )
    return value


def _write(backend: Backend, profile: str, value: str) -> None:
    before = _count(backend.get_password(SERVICE, _user(profile)))
    count = 0
    # A short secret that looks like our own note is cut too, so that a note is never a secret.
    if len(value) > PART_LENGTH or _PARTS.fullmatch(value):
        parts = [value[at : at + PART_LENGTH] for at in range(0, len(value), PART_LENGTH)]
        count = len(parts)
        for number, part in enumerate(parts, 1):
            backend.set_password(SERVICE, _user(profile, number), part)
        value = f"aeptui-parts:{count}:{hashlib.sha256(value.encode()).hexdigest()}"
    backend.set_password(SERVICE, _user(profile), value)
    for number in range(count + 1, before + 1):
        _forget(backend, _user(profile, number))


def _delete(backend: Backend, profile: str) -> bool:
    head = backend.get_password(SERVICE, _user(profile))
    if head is None:
        return False
    _forget(backend, _user(profile))
    for number in range(1, _count(head) + 1):
        _forget(backend, _user(profile, number))
    return True


def _forget(backend: Backend, user: str) -> None:
    from keyring.errors import PasswordDeleteError

    try:
        backend.delete_password(SERVICE, user)
    except PasswordDeleteError:
        if backend.get_password(SERVICE, user) is not None:
            raise
