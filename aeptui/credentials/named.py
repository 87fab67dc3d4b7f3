"""Secrets by name, for base connections that a pipeline declares: kept where the secrets of profiles are, never beside.

Order: `AEPTUI_SECRET_<NAME>`, what was given in this process, then the keyring or the encrypted file. Vaults cannot be
listed, so the names, and where each is kept, stand in a file of their own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from aeptui.config import write_private
from aeptui.credentials.choose import KeptIn, StoredIn, store_secret
from aeptui.credentials.secret import Secret
from aeptui.credentials.vault import Vault
from aeptui.errors import ConfigError, CredentialsError, PassphraseNeeded

_PREFIX = "secret/"
"""No profile's name has a slash in it."""


def variable_of(name: str) -> str:
    """The environment variable that holds the secret of a name."""
    return "AEPTUI_SECRET_" + "".join(letter if letter.isalnum() else "_" for letter in name).upper()


class NamedSecrets:
    """The secrets that pipelines name. Its methods may block for seconds, as the vaults do.

    Args:
        names_file: Where the names are kept; it holds no secret.
        environment: Instead of the process's own.
    """

    def __init__(self, names_file: Path, vaults: Sequence[Vault], environment: Mapping[str, str] | None = None) -> None:
        self._file = names_file
        # AEPTUI_CLIENT_SECRET is one secret of one profile; it must never be sent as another.
        self._vaults = tuple(vault for vault in vaults if vault.name != "environment")
        self._environment = environment

    def names(self) -> Mapping[str, str]:
        """Every name that is kept, and the vault it is in.

        Raises:
            ConfigError: the file of names cannot be read.
        """
        try:
            read = json.loads(self._file.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ConfigError(f"{self._file} cannot be read: {error}.", "Mend it, or delete it.") from error
        return {str(name): str(where) for name, where in read.items()} if isinstance(read, dict) else {}

    def store(self, name: str, secret: Secret, prefer: KeptIn = "keyring") -> StoredIn:
        """Keep a secret, in place of an older one of that name.

        Raises:
            PassphraseNeeded: it is to go into the encrypted file, and that is not open.
            CredentialsError: it cannot be kept.
        """
        kept = store_secret(_PREFIX + name, secret, self._vaults, prefer)
        names = {**self.names(), name: kept.vault_name}
        if kept.vault_name == "session":
            del names[name]  # it is gone with this process
        self._write(names)
        return kept

    def find(self, name: str) -> Secret | None:
        """The secret of that name; None when it was never given.

        Raises:
            PassphraseNeeded: it is in the encrypted file, and that is locked.
            CredentialsError: the vault it is in cannot be used.
        """
        environment = os.environ if self._environment is None else self._environment
        if given := environment.get(variable_of(name), ""):
            return Secret(given)
        where = self.names().get(name)
        for vault in self._vaults:
            if vault.name == "session" and (found := vault.read(_PREFIX + name)) is not None:
                return found
        for vault in self._vaults:
            if vault.name != where or where == "session":
                continue
            usability = vault.usable()
            if not usability.ok:
                refusal = PassphraseNeeded if usability.locked and where == "file" else CredentialsError
                raise refusal(f"The secret {name} cannot be read. {usability.reason}", usability.hint)
            return vault.read(_PREFIX + name)
        return None

    def forget(self, name: str) -> bool:
        """Delete the secret of that name; False when there was none.

        Raises:
            CredentialsError: the vault it is in cannot be used; then it is still there.
        """
        names = dict(self.names())
        where = names.pop(name, None)
        gone = False
        for vault in self._vaults:
            if vault.name == where or vault.name == "session":
                gone |= vault.delete(_PREFIX + name)
        if where is not None:
            self._write(names)
        return gone or where is not None

    def _write(self, names: Mapping[str, str]) -> None:
        try:
            if names or self._file.exists():
                write_private(self._file, json.dumps(dict(sorted(names.items())), indent=1) + "\n")
        except OSError as error:
            raise ConfigError(f"{self._file} cannot be written: {error}.", "Make it writable for this user.") from error
