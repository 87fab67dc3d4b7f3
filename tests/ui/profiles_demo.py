"""A session that has profiles and nothing else, on real files and a keyring in memory; and the app around it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textual.screen import Screen

from aeptui.clock import ManualClock, SeededIds
from aeptui.config import Paths, Profile, load_profiles, local_profile, save_profile
from aeptui.credentials import (
    EncryptedFileVault,
    EnvironmentVault,
    OsKeyring,
    Secret,
    SessionVault,
    Usability,
    file_of,
    find_secret,
)
from aeptui.session import SessionFacts
from aeptui.session.profiles import Profiles, TestStage
from aeptui.ui.app import AeptuiApp
from aeptui.ui.screens.base import BaseScreen

READY = Usability(True, where="keyring (Secret Service)")
NO_BUS = Usability(
    False,
    "There is no D-Bus session bus (DBUS_SESSION_BUS_ADDRESS is not set).",
    "Start aeptui under `dbus-run-session`, with a Secret Service in it. Or keep the secret for this session only, "
    "or set AEPTUI_CLIENT_SECRET.",
)
ACME = Profile(name="acme", client_id="abc", org_id="1234567890ABCDEF12345678@AdobeOrg", sandbox="dev")


class MemoryKeyring:
    """Backend and its source in one."""

    def __init__(self, usability: Usability = READY) -> None:
        self.usability = usability
        self.entries: dict[str, str] = {}

    def probe(self) -> Usability:
        return self.usability

    def open(self) -> MemoryKeyring:
        return self

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[username]


class ScriptedProfiles(Profiles):
    """Its test answers what it is told."""

    script: Sequence[TestStage] = ()

    async def test(self, name: str) -> AsyncIterator[TestStage]:
        async for stage in super().test(name) if not self.script else _each(self.script):
            yield stage


async def _each(stages: Sequence[TestStage]) -> AsyncIterator[TestStage]:
    for stage in stages:
        yield stage


@dataclass
class DemoExecutions:
    count: int = 0

    def running(self) -> tuple[object, ...]:
        return (object(),) * self.count


@dataclass
class ProfilesSession:
    """What the profile screens need of a session."""

    first_start = False
    profile: Profile
    profiles: ScriptedProfiles
    executions: DemoExecutions = field(default_factory=DemoExecutions)
    clock: ManualClock = field(default_factory=ManualClock)

    async def unfinished(self) -> str:
        return ""

    @property
    def is_local(self) -> bool:
        return self.profile.is_local

    def describe(self) -> SessionFacts:
        return SessionFacts(self.profile.name, self.profile.org_id, self.profile.sandbox, True, "connected", "ok")

    def follow(self, changed: Callable[[], None]) -> None:
        """Nothing changes."""

    def ask_for_production(self, ask: object) -> None:
        """Nothing is ever written."""

    def ask_for_secrets(self, ask: object) -> None:
        """Nothing is ever written."""

    async def save_requests(self) -> Path:
        """There are none."""
        return Path()

    async def aclose(self) -> None:
        """Nothing is open."""


class OtherScreen(BaseScreen[None]):
    """Stands in for every section that is not about profiles."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.section = name


class ProfilesDemo(AeptuiApp):
    """The real app; sessions of the profiles in `home`, with one keyring for all of them."""

    def __init__(self, home: Path, start: str = "profiles", usability: Usability = READY) -> None:
        super().__init__(self._open, start=start, unlock=self._open_file)
        self.paths = Paths(config=home, state=home, data=home)
        self.keyring = MemoryKeyring(usability)
        file = EncryptedFileVault(self.paths.secrets_file, log2_n=10)
        self.vaults = (EnvironmentVault({}), SessionVault(), OsKeyring(self.keyring), file)
        self.opened: list[str | None] = []

    async def _open(self, profile: str | None) -> ProfilesSession:
        self.opened.append(profile)
        current = load_profiles(self.paths)[profile or "local"]
        if not current.is_local:
            find_secret(current, self.vaults)
        return ProfilesSession(current, ScriptedProfiles(self.paths, self.vaults, current, ManualClock(), SeededIds()))

    async def _open_file(self, passphrase: str) -> None:
        vault = file_of(self.vaults)
        assert vault is not None
        vault.unlock(Secret(passphrase))

    def add_acme(self, secret: str = "") -> None:
        save_profile(self.paths, ACME)
        if secret:
            self.keyring.entries["acme/client_secret"] = secret

    def _make_screen(self, name: str, *arguments: object) -> Screen[Any]:
        return super()._make_screen(name, *arguments) if name in {"profiles", "welcome"} else OtherScreen(name)


__all__ = ["ACME", "NO_BUS", "READY", "OtherScreen", "ProfilesDemo", "ProfilesSession", "local_profile", "save_profile"]
