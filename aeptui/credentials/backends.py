"""Which keyring backend is trusted, and whether it can be used now. Keyring's own discovery is never run.

Discovery would follow the user's configuration and any installed plug-in: to a backend that writes plain text, to one
that keeps nothing, to one that asks for a passphrase on the terminal the TUI owns. So the one backend of the platform
is named here and made directly. On Linux it is looked at before it is used, by nothing that could open a prompt.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from contextlib import closing
from typing import Protocol, cast

from aeptui.credentials.vault import Usability

ALLOWED: Mapping[str, tuple[str, str]] = {
    "linux": ("keyring.backends.SecretService:Keyring", "Secret Service"),
    "darwin": ("keyring.backends.macOS:Keyring", "macOS Keychain"),
    "win32": ("keyring.backends.Windows:WinVaultKeyring", "Windows Credential Manager"),
}
"""Backend and its human name, by `sys.platform`. A backend that is not here is never used."""

OVERRIDE = "PYTHON_KEYRING_BACKEND"
"""Keyring's own variable. It can turn the keyring off for us (any other backend), never choose an untrusted one."""

INSTEAD = "keep the secret for this session only, or set AEPTUI_CLIENT_SECRET."
"""What is always possible; the end of a hint."""

_OR_ELSE = f"Or {INSTEAD}"
_NO_BUS = f"Start aeptui under `dbus-run-session`, with a Secret Service in it. {_OR_ELSE}"


class Backend(Protocol):
    """What is used of a keyring backend."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


class BackendSource(Protocol):
    """Where a vault gets its backend from."""

    def probe(self) -> Usability:
        """Can it be used now? May block; asks the user nothing."""
        ...

    def open(self) -> Backend:
        """The backend; call after a probe that said yes."""
        ...


class PlatformBackend:
    """The trusted backend of this platform.

    Args:
        platform: Instead of `sys.platform`.
        environment: Instead of the process's own.
    """

    def __init__(self, platform: str = sys.platform, environment: Mapping[str, str] | None = None) -> None:
        self._platform = platform
        self._environment = os.environ if environment is None else environment

    def probe(self) -> Usability:
        """Refuses by name, by missing packages, and on Linux by what the bus says."""
        allowed = ALLOWED.get(self._platform)
        if allowed is None:
            return Usability(False, f"No keyring on {self._platform} is trusted.", f"Instead, {INSTEAD}")
        path, label = allowed
        override = self._environment.get(OVERRIDE, "")
        if override and override != path.replace(":", "."):
            return Usability(
                False,
                f"{OVERRIDE} names {override}, which is not a keyring that keeps secrets safely.",
                f"Unset {OVERRIDE}. {_OR_ELSE}",
            )
        if self._platform == "linux":
            reason = _secret_service()
            if reason is not None:
                return reason
        try:
            self.open()
        except (ImportError, RuntimeError, AttributeError) as error:
            return Usability(
                False,
                f"The keyring backend cannot be loaded: {error}.",
                f"Reinstall aeptui with its dependencies. {_OR_ELSE}",
            )
        return Usability(True, where=f"keyring ({label})")

    def open(self) -> Backend:
        """A new instance of the platform's backend."""
        module, _, name = ALLOWED[self._platform][0].partition(":")
        return cast(Backend, getattr(importlib.import_module(module), name)())


def _bus_words(error: Exception) -> str:
    words = str(error)
    return "DBUS_SESSION_BUS_ADDRESS is not set" if "DBUS_SESSION_BUS_ADDRESS" in words else words.rstrip(".")


def _secret_service() -> Usability | None:
    """Why the Secret Service cannot be used now, or None. Reads properties only: unlocking or creating would prompt."""
    try:
        import secretstorage
    except ImportError:
        return Usability(False, "The package secretstorage is not installed.", f"Install it beside aeptui. {_OR_ELSE}")
    try:
        with closing(secretstorage.dbus_init()) as bus:
            if not secretstorage.check_service_availability(bus):
                return Usability(
                    False,
                    "No Secret Service runs on the D-Bus session bus.",
                    f"Start one, such as gnome-keyring-daemon or KWallet. {_OR_ELSE}",
                )
            if secretstorage.Collection(bus).is_locked():
                return Usability(False, "The keyring is locked.", f"Unlock it, then try again. {_OR_ELSE}", locked=True)
    except secretstorage.ItemNotFoundException:
        return Usability(
            False,
            "The Secret Service has no default keyring yet.",
            f"Unlock or create one, for example with `gnome-keyring-daemon --unlock`. {_OR_ELSE}",
        )
    except secretstorage.SecretServiceNotAvailableException as error:
        return Usability(
            False,
            f"There is no D-Bus session bus ({_bus_words(error)}).",
            _NO_BUS,
        )
    except OSError as error:
        return Usability(False, f"The D-Bus session bus cannot be reached ({error.strerror or error}).", _NO_BUS)
    return None
