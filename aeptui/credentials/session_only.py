"""The memory of this process as a vault: always there, gone at its end. Writes nothing anywhere."""

from __future__ import annotations

from aeptui.credentials.secret import Secret
from aeptui.credentials.vault import Usability


class SessionVault:
    """Secrets until the process ends."""

    name = "session"

    def __init__(self) -> None:
        self._secrets: dict[str, Secret] = {}

    def usable(self) -> Usability:
        """Always."""
        return Usability(True, where="this session only")

    def read(self, profile: str) -> Secret | None:
        """The secret given in this process, or None."""
        return self._secrets.get(profile)

    def store(self, profile: str, secret: Secret) -> None:
        """Keep it until the process ends."""
        self._secrets[profile] = secret

    def delete(self, profile: str) -> bool:
        """Forget it now."""
        return self._secrets.pop(profile, None) is not None
