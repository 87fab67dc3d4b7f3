"""`AEPTUI_CLIENT_SECRET` as a vault, for automation. Read only: a process cannot keep anything in its environment."""

from __future__ import annotations

import os
from collections.abc import Mapping

from aeptui.credentials.secret import Secret
from aeptui.credentials.vault import Usability
from aeptui.errors import CredentialsError

VARIABLE = "AEPTUI_CLIENT_SECRET"


class EnvironmentVault:
    """The one secret in the environment, whatever the profile.

    Args:
        environment: Instead of the process's own.
    """

    name = "environment"

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = environment

    @property
    def _text(self) -> str:
        return (os.environ if self._environment is None else self._environment).get(VARIABLE, "").strip()

    def usable(self) -> Usability:
        """Is the variable set?"""
        if self._text:
            return Usability(True, where=f"environment ({VARIABLE})")
        return Usability(False, f"{VARIABLE} is not set.", f"Set {VARIABLE} before starting aeptui.")

    def read(self, profile: str) -> Secret | None:
        """The variable's value; None when it is unset or empty."""
        return Secret.from_input(self._text) if self._text else None

    def store(self, profile: str, secret: Secret) -> None:
        """Refused: the environment belongs to whoever started this process."""
        raise CredentialsError(
            "A secret cannot be stored in the environment.", f"Set {VARIABLE} yourself, or store it in the keyring."
        )

    def delete(self, profile: str) -> bool:
        """Nothing of ours is there to delete."""
        return False
