"""The composition root: a profile becomes a client, and the client becomes everything screens and commands ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aeptui.api.client import AepClient
from aeptui.api.request_log import RequestLog
from aeptui.clock import Clock, IdSource, SystemClock, SystemIds
from aeptui.config import Paths, Profile, choose_profile, client_settings, last_profile, remember_profile
from aeptui.credentials import Secret, Vault, default_vaults, file_of
from aeptui.errors import ConfigError
from aeptui.session.endpoints import credential_of, endpoints_of
from aeptui.session.executions import Executions
from aeptui.session.facts import SessionFacts, Standing
from aeptui.session.flows import Flows
from aeptui.session.forecast import Forecasts
from aeptui.session.local import open_local_platform
from aeptui.session.mapping_exchange import MappingExchange
from aeptui.session.mappings import Mappings
from aeptui.session.named_secrets import Secrets
from aeptui.session.pipelines import Pipelines
from aeptui.session.profiles import Profiles
from aeptui.session.request_files import RequestFile, save_requests
from aeptui.session.schemas import Schemas
from aeptui.session.sources import Sources

if TYPE_CHECKING:
    from aeptui.emulator.platform import LocalPlatform

_MARGIN_S = 60.0
"""How far ahead "as soon as possible" lies: Flow Service refuses a start in the past, and clocks differ."""
_LOCAL_MARGIN_S = 1.0
"""The local platform has this very clock."""


class Session:
    """One open profile."""

    def __init__(
        self,
        profile: Profile,
        paths: Paths,
        client: AepClient,
        request_log: RequestLog,
        vaults: Sequence[Vault],
        clock: Clock,
        ids: IdSource,
        *,
        platform: LocalPlatform | None = None,
        first_start: bool = False,
    ) -> None:
        margin_s = _LOCAL_MARGIN_S if platform is not None else _MARGIN_S
        fast = platform is not None
        self.profile = profile
        self.paths = paths
        self.clock = clock
        self.request_log = request_log
        self.first_start = first_start
        """Nobody has used this installation before."""
        self._client = client
        self._platform = platform
        self._end_of_file: Callable[[], None] = lambda: None
        self._standing = Standing(profile, client, request_log, is_local=platform is not None)
        self.sources = Sources(client)
        self.schemas = Schemas(client)
        self.mappings = Mappings(client.reading())
        self.mapping_exchange = MappingExchange(client.reading())
        self.flows = Flows(client, clock, fast=fast)
        self.pipelines = Pipelines(paths, client.reading(), clock, ids, margin_s)
        self.forecasts = Forecasts(
            client,
            self.schemas,
            paths.state / "forecasts",
            SystemIds(),
            platform.now if platform is not None else clock.now,
            platform.storage if platform is not None else None,
        )
        self.secrets = Secrets(paths, vaults)
        self.executions = Executions(
            paths, profile, client, request_log, clock, ids, margin_s=margin_s, fast=fast, secrets=self.secrets
        )
        self.profiles = Profiles(
            paths,
            vaults,
            profile,
            clock,
            ids,
            asgi_app=platform.app if platform is not None else None,
            local_secret=Secret(platform.client_secret) if platform is not None else None,
            token_expires_at=lambda: client.token_expires_at,
        )

    @classmethod
    async def open(
        cls,
        profile_name: str | None = None,
        *,
        paths: Paths | None = None,
        clock: Clock | None = None,
        ids: IdSource | None = None,
        storage: Path | None = None,
        vaults: Sequence[Vault] | None = None,
        speed: float = 1.0,
        yes_production: str | None = None,
    ) -> Session:
        """Open a profile; nothing is asked of a remote platform yet.

        Args:
            profile_name: None takes the last one used, at first `local`.
            storage: What the local platform reads instead of its own storage.
            yes_production: The sandbox's name, as somebody typed it who means to change a production sandbox.
        Raises:
            WriteRefused: that is not the name of the profile's sandbox.
            ConfigError: there is no such profile, or it lacks something.
            CredentialsError: its secret cannot be found.
            LocalPlatformError: the local platform cannot be opened.
        """
        paths = paths or Paths.from_environment()
        clock, ids = clock or SystemClock(), ids or SystemIds()
        vaults = vaults if vaults is not None else default_vaults(paths.secrets_file)
        profile = choose_profile(paths, profile_name)
        first_start = last_profile(paths) is None
        log = RequestLog()
        if profile.is_local:
            platform = await open_local_platform(paths.local, storage, clock=clock, ids=ids, speed=speed)
            profile = profile.model_copy(
                update={"client_id": platform.client_id, "org_id": platform.org_id, "sandbox": platform.sandbox}
            )
            client = AepClient(
                endpoints_of(profile),
                Secret(platform.client_secret),
                asgi_app=platform.app,
                request_log=log,
                clock=clock,
                ids=SystemIds(),  # how often a screen asks must not decide which ids the platform gives
            )
            session = cls(profile, paths, client, log, vaults, clock, ids, platform=platform, first_start=first_start)
            from aeptui.emulator.samples import sample_pipelines

            await asyncio.to_thread(session.pipelines.install, sample_pipelines())
        else:
            _require_complete(profile)
            client = AepClient(
                endpoints_of(profile),
                await asyncio.to_thread(credential_of, profile, vaults),
                read_only=profile.read_only,
                request_log=log,
                limits=paths.limits,
                settings=client_settings(paths),
                clock=clock,
                ids=ids,
            )
            if yes_production is not None:
                client.confirm_production(yes_production)
            session = cls(profile, paths, client, log, vaults, clock, ids, first_start=first_start)
        await asyncio.to_thread(remember_profile, paths, profile.name)
        return session

    @property
    def is_local(self) -> bool:
        """Whether this is the local platform."""
        return self._platform is not None

    def describe(self) -> SessionFacts:
        """What the header shows, as far as it is known."""
        return self._standing.facts

    def follow(self, changed: Callable[[], None]) -> None:
        """Call `changed` whenever what `describe` answers has changed."""
        self._standing.follow(changed)

    def ask_for_production(self, ask: Callable[[str], Awaitable[str | None]] | None) -> None:
        """Who asks the user to type the name of a production sandbox, before anything is written there.

        Args:
            ask: Given the sandbox's name; answers what was typed, None for a no.
        """
        self._client.ask_for_name(ask)

    def ask_for_secrets(self, ask: Callable[[str], Awaitable[str | None]] | None) -> None:
        """Who is asked for a secret that a pipeline names and nothing keeps.

        Args:
            ask: Given the secret's name; answers what was typed, None for a no.
        """
        self.secrets.ask = ask

    @property
    def token_expires_at(self) -> datetime | None:
        """When the token in use ends; None: there is none yet, or it does not say."""
        return self._client.token_expires_at

    async def unfinished(self) -> str:
        """The pipeline of the newest execution that stopped half way with nobody deciding so; empty: there is none."""
        for record in await self.executions.list():
            here = (record.profile, record.sandbox) == (self.profile.name, self.profile.sandbox)
            if here and record.can_resume and record.status in ("interrupted", "in_doubt"):
                return record.pipeline_name or str(record.id)
        return ""

    def log_requests_to(self, file: RequestFile) -> None:
        """Write every request from now on to a file."""
        self._end_of_file = file.follow(self.request_log, self.profile.platform_url)

    async def save_requests(self) -> Path:
        """The requests that are still kept, as an HTTP archive in the state folder; answers its path."""
        path = self.paths.state / f"requests-{self.clock.now():%Y%m%d-%H%M%S}.har"
        entries = [(entry, self.profile.platform_url) for entry in self.request_log.entries]
        await asyncio.to_thread(save_requests, path, entries)
        return path

    async def aclose(self) -> None:
        """End executions between requests, then close the client and the local platform. May be called again."""
        await self.executions.aclose()
        await self._standing.aclose()
        await self._client.aclose()
        end, self._end_of_file = self._end_of_file, lambda: None
        end()
        if self._platform is not None:
            await self._platform.close()


async def unlock_secrets_file(passphrase: str) -> None:
    """Open the encrypted file of secrets for this process, before a session that needs it.

    Raises:
        CredentialsError: the passphrase is wrong, or the file cannot be used.
    """
    vault = file_of(default_vaults(Paths.from_environment().secrets_file))
    if vault is not None:
        await asyncio.to_thread(vault.unlock, Secret(passphrase))


def _require_complete(profile: Profile) -> None:
    missing = [name for name in ("client_id", "org_id", "sandbox") if not getattr(profile, name)]
    if missing:
        raise ConfigError(
            f"The profile {profile.name!r} has no {' and no '.join(missing)}.",
            f"Add it under Profiles (key e), or in config.toml under [profiles.{profile.name}].",
        )
