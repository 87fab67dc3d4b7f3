"""What a place for secrets can do. Decides nothing about which place is used; `choose.py` does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from aeptui.credentials.secret import Secret


@dataclass(frozen=True)
class Usability:
    """Can a vault be used now, and if not, why and what to do."""

    ok: bool
    reason: str = ""
    """One sentence; empty when it can be used."""
    hint: str = ""
    where: str = ""
    """Words for where its secrets are, such as `keyring (Secret Service)`."""
    locked: bool = False
    """It is there, but its owner has to unlock it."""


class Vault(Protocol):
    """A place for the secrets of profiles, by profile name. Its methods may block for a few seconds, never longer."""

    @property
    def name(self) -> str:
        """`environment`, `session`, `keyring` or `file`."""
        ...

    def usable(self) -> Usability:
        """Can it be used now? Never asks the user anything, never raises."""
        ...

    def read(self, profile: str) -> Secret | None:
        """The secret of that profile, None when there is none.

        Raises:
            CredentialsError: the vault cannot be used.
        """
        ...

    def store(self, profile: str, secret: Secret) -> None:
        """Keep the secret, in place of an older one.

        Raises:
            CredentialsError: the vault cannot be used, or did not keep it.
        """
        ...

    def delete(self, profile: str) -> bool:
        """Forget the secret; False when there was none.

        Raises:
            CredentialsError: the vault cannot be used.
        """
        ...
