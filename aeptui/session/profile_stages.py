"""The test of a profile: five stages, each needing one thing more, so that the first failure names the fault.

Asks, and changes nothing on the platform. There is no operation that says who one is; these stages stand in for it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Literal

from aeptui.clock import Clock
from aeptui.config import Profile
from aeptui.errors import AeptuiError, ConfigError
from aeptui.session.permissions import MEANINGS, request_text

if TYPE_CHECKING:
    from aeptui.api.client import AepClient

StageState = Literal["running", "ok", "failed", "skipped"]

_CLOCKS_DIFFER = timedelta(minutes=5)
_SFTP = "b7bf2577-4520-42c9-bae9-cad01560f7bc"
"""Connection spec every organisation has; reading it needs the permission to read sources."""


@dataclass(frozen=True)
class TestStage:
    """One stage of a profile's test, as it begins (`running`) and once more when it is over."""

    __test__: ClassVar[bool] = False
    """Not a test case, whatever pytest makes of the name."""

    name: str
    state: StageState
    detail: str = ""
    """What was found out, or what is wrong."""
    hint: str = ""
    duration_ms: int | None = None
    meaning: str = ""
    """Of a failure: what this stage stands for."""
    ask: str = ""
    """A text for an administrator; empty where none can help."""


TEST_STAGES = ("token", "organisation", "sandbox", "schemas", "sources")
"""Each needs one thing more than the one before; schemas and sources are two permissions beside each other."""


async def try_profile(
    profile: Profile, connect: Callable[[Profile], Awaitable[AepClient]], clock: Clock
) -> AsyncIterator[TestStage]:
    """Every stage as it begins and when it is over; after a fault the stages that cannot work are skipped."""
    yield TestStage(TEST_STAGES[0], "running")
    try:
        client = await connect(profile)
    except AeptuiError as error:
        yield _failed(TEST_STAGES[0], profile, error)
        for name in TEST_STAGES[1:]:
            yield TestStage(name, "skipped")
        return
    async with client:
        over = False
        for name, act in zip(TEST_STAGES, (_token, _organisation, _sandbox, _schemas, _sources), strict=True):
            if over:
                yield TestStage(name, "skipped")
                continue
            if name != TEST_STAGES[0]:
                yield TestStage(name, "running")
            begun = clock.monotonic()
            try:
                detail = await act(client, profile, clock)
            except AeptuiError as error:
                over = name not in _PERMISSIONS
                yield _failed(name, profile, error, _since(clock, begun))
            else:
                yield TestStage(name, "ok", detail, "", _since(clock, begun))


_PERMISSIONS = ("schemas", "sources")
"""Stages that do not need each other."""


def _failed(name: str, profile: Profile, error: AeptuiError, duration_ms: int | None = None) -> TestStage:
    ask = request_text(name, profile, error)
    return TestStage(name, "failed", error.title, error.hint, duration_ms, MEANINGS[name], ask)


def _since(clock: Clock, begun: float) -> int:
    return round((clock.monotonic() - begun) * 1000)


async def _token(client: AepClient, profile: Profile, clock: Clock) -> str:
    """Secret, scopes, network. Source: IMS, POST /ims/token/v3. A ready-made token is looked at; nobody is asked."""
    await client.token()
    if not client.has_given_token:
        return "the secret is accepted"
    ends = client.token_expires_at
    if ends is None:
        return "a ready-made access token; it does not say when it ends"
    if clock.now() - ends > _CLOCKS_DIFFER:
        raise ConfigError(
            f"The access token ended {ends:%Y-%m-%d %H:%M}Z.",
            "Give a new one: Profiles, key e; or AEPTUI_ACCESS_TOKEN.",
        )
    return f"a ready-made access token, until {ends:%Y-%m-%d %H:%M}Z"


async def _organisation(client: AepClient, profile: Profile, _: Clock) -> str:
    """Client id, organisation, product profile. Source: Schema Registry, GET /stats."""
    stats = await client.registry.stats()
    if stats.ims_org and stats.ims_org != profile.org_id:
        raise ConfigError(
            f"The platform says the organisation is {stats.ims_org}, the profile says {profile.org_id}.",
            "Correct the organisation id of the profile.",
        )
    return f"tenant {stats.tenant_id}" if stats.tenant_id else "accepted"


async def _sandbox(client: AepClient, profile: Profile, _: Clock) -> str:
    """Is the sandbox there and active? Source: Sandbox Management, GET /."""
    sandboxes = {sandbox.name: sandbox async for sandbox in client.sandboxes.list()}
    found = sandboxes.get(profile.sandbox)
    if found is None:
        names = ", ".join(sorted(str(name) for name in sandboxes)) or "none"
        raise ConfigError(
            f"This credential is in no product profile for the sandbox {profile.sandbox!r}; it sees: {names}.",
            "Correct the sandbox of the profile, or ask for access to it; the text for that is below.",
        )
    if found.state and found.state != "active":
        raise ConfigError(f"The sandbox {profile.sandbox!r} is {found.state}, not active.", "Wait, or use another one.")
    return f"{profile.sandbox}, {'production' if found.is_production else 'development'}, active"


async def _schemas(client: AepClient, profile: Profile, _: Clock) -> str:
    """May schemas be read? Source: Schema Registry, GET /global/classes."""
    count = len([one async for one in client.classes.list()])
    if not count:
        raise ConfigError(
            "Schema Registry answers, but shows no class, not even Adobe's own.", "Ask for the permission View Schemas."
        )
    return f"{count} class{'es' if count > 1 else ''}"


async def _sources(client: AepClient, profile: Profile, _: Clock) -> str:
    """May sources be read? Source: Flow Service, GET /connectionSpecs (that reading one is enough is unverified)."""
    names = [spec.name async for spec in client.connection_specs.list(property=(f"id=={_SFTP}",))]
    if not names:
        raise ConfigError("Flow Service answers, but shows no connection spec.", "Ask for the permission View Sources.")
    return "connection specs can be read"
