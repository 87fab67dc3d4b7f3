"""The composition root: a profile becomes a client, and the client becomes everything screens and commands ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aeptui.api.client import AepClient
from aeptui.api.request_log import RequestLog
from aeptui.clock import Clock, IdSource, SystemClock, SystemIds
from aeptui.config import Paths, Profile, choose_profile, last_profile, remember_profile
from aeptui.credentials import Vault, default_vaults, find_secret
from aeptui.errors import ConfigError
from aeptui.session.endpoints import endpoints_of, given_token
from aeptui.session.executions import Executions
from aeptui.session.facts import SessionFacts, Standing
from aeptui.session.flows import Flows
from aeptui.session.local import open_local_platform
from aeptui.session.pipelines import Pipelines
from aeptui.session.profiles import Profiles
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
        self._standing = Standing(profile, client, request_log, is_local=platform is not None)
        self.sources = Sources(client)
        self.schemas = Schemas(client)
        self.flows = Flows(client, clock, fast=fast)
        self.pipelines = Pipelines(paths, client, clock, ids, margin_s)
        self.executions = Executions(paths, profile, client, request_log, clock, ids, margin_s=margin_s, fast=fast)
        self.profiles = Profiles(
            paths,
            vaults,
            profile,
            clock,
            ids,
            asgi_app=platform.app if platform is not None else None,
            local_secret=platform.client_secret if platform is not None else None,
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
    ) -> Session:
        """Open a profile; nothing is asked of a remote platform yet.

        Args:
            profile_name: None takes the last one used, at first `local`.
            storage: What the local platform reads instead of its own storage.
        Raises:
            ConfigError: there is no such profile, or it lacks something.
            CredentialsError: its secret cannot be found.
            LocalPlatformError: the local platform cannot be opened.
        """
        paths = paths or Paths.from_environment()
        clock, ids = clock or SystemClock(), ids or SystemIds()
        vaults = vaults if vaults is not None else default_vaults()
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
                platform.client_secret,
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
            token = given_token()
            secret = None
            if token is None:
                found = await asyncio.to_thread(find_secret, profile, vaults)
                secret = found.secret.reveal()
            client = AepClient(endpoints_of(profile), secret, access_token=token, request_log=log, clock=clock, ids=ids)
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

    async def aclose(self) -> None:
        """End executions between requests, then close the client and the local platform. May be called again."""
        await self.executions.aclose()
        await self._standing.aclose()
        await self._client.aclose()
        if self._platform is not None:
            await self._platform.close()


def _require_complete(profile: Profile) -> None:
    missing = [name for name in ("client_id", "org_id", "sandbox") if not getattr(profile, name)]
    if missing:
        raise ConfigError(
            f"The profile {profile.name!r} has no {' and no '.join(missing)}.",
            f"Add it under Profiles (key e), or in config.toml under [profiles.{profile.name}].",
        )
