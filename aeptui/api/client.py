"""The client of the platform: one attribute per resource. One per session; it holds connections and the token."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType

from aeptui.api.armour import Armour, AskForName, NoArmour, NothingWritten, SandboxArmour
from aeptui.api.exchange import Exchange
from aeptui.api.http import Endpoints, Http
from aeptui.api.limiter import Limiter, Pace
from aeptui.api.network import AsgiApp
from aeptui.api.request_log import RequestLog
from aeptui.api.resources.catalog import Batches, Datasets
from aeptui.api.resources.connections import BaseConnections, ConnectionSpecs, SourceConnections, TargetConnections
from aeptui.api.resources.data_access import DataAccess
from aeptui.api.resources.data_prep import Expressions, MappingSets
from aeptui.api.resources.flows import FlowRuns, Flows, FlowSpecs
from aeptui.api.resources.registry import Classes, Descriptors, FieldGroups, Registry, Schemas
from aeptui.api.resources.sandboxes import Sandboxes
from aeptui.clock import Clock, IdSource
from aeptui.config import ClientSettings
from aeptui.credentials import Secret
from aeptui.models.sandboxes import Sandbox

_CLOCKS_DIFFER_S = 30.0
"""Less is within the margins, and no more than what a slow line makes of a date to the second."""


class AepClient:
    """Talks to one sandbox of one organisation.

    Args:
        endpoints: Where, and as whom.
        credential: The client secret; or an access token from elsewhere, used as it is.
        asgi_app: An application that answers in this process, such as the local platform. Nothing can be lost there,
            so it may be written to freely.
        read_only: Refuse every write before it is sent.
        request_log: Where requests are noted; None keeps a log of its own.
        limits: The folder of the paces that processes share; None shares with nobody.
        settings: How long to wait.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        credential: Secret,
        *,
        asgi_app: AsgiApp | None = None,
        read_only: bool = False,
        request_log: RequestLog | None = None,
        limits: Path | None = None,
        settings: ClientSettings | None = None,
        clock: Clock,
        ids: IdSource,
    ) -> None:
        self.endpoints = endpoints
        self._clock = clock
        self.request_log = request_log if request_log is not None else RequestLog()
        self._armour: Armour = SandboxArmour(endpoints.sandbox, self._sandboxes, clock)
        if read_only:
            self._armour = NothingWritten(
                "This profile is read only, so nothing was sent.",
                "To change something, use another profile, or set read_only = false for this one.",
            )
        elif asgi_app is not None:
            self._armour = NoArmour()
        settings = settings or ClientSettings()
        exchange = Exchange(
            endpoints.platform_url,
            endpoints.ims_url,
            asgi_app=asgi_app,
            armour=self._armour,
            limiter=Limiter(limits, endpoints.client_id, clock),
            log=self.request_log,
            clock=clock,
            ids=ids,
            settings=settings,
        )
        self._bind(Http(endpoints, credential, exchange, clock, settings.total_timeout_s))

    def _bind(self, http: Http) -> None:
        self._http = http
        self.sandboxes = Sandboxes(http)
        self.connection_specs = ConnectionSpecs(http)
        self.base_connections = BaseConnections(http)
        self.source_connections = SourceConnections(http)
        self.target_connections = TargetConnections(http)
        self.flow_specs = FlowSpecs(http)
        self.flows = Flows(http)
        self.flow_runs = FlowRuns(http)
        self.mapping_sets = MappingSets(http)
        self.expressions = Expressions(http)
        self.schemas = Schemas(http)
        self.field_groups = FieldGroups(http)
        self.classes = Classes(http)
        self.descriptors = Descriptors(http)
        self.registry = Registry(http)
        self.datasets = Datasets(http)
        self.batches = Batches(http)
        self.data_access = DataAccess(http)

    def reading(self, *, shared: bool = False) -> AepClient:
        """The same client, connections and token included, for one who plans or checks: it cannot write.

        Args:
            shared: Ask each question once for all who ask through it: for the checks of many pipelines.
        """
        other = object.__new__(AepClient)
        other.endpoints, other.request_log = self.endpoints, self.request_log
        other._clock, other._armour = self._clock, self._armour
        other._bind(self._http.reading(shared=shared))
        return other

    async def token(self) -> None:
        """Get a token now, so that a wrong credential shows before anything else.

        Raises:
            AuthError: IMS refused it.
        """
        await self._http.auth.token()

    @property
    def token_expires_at(self) -> datetime | None:
        """When the token in use ends; None: there is none yet, or it does not say."""
        return self._http.auth.expires_at

    @property
    def has_given_token(self) -> bool:
        """Whether it signs in with an access token from elsewhere, which nobody renews."""
        return self._http.auth.is_given

    @property
    def pace(self) -> Pace:
        """How fast requests may go now, for all who share the client id."""
        return self._http.pace

    @property
    def clock_offset_s(self) -> float | None:
        """How far the platform's clock is ahead of this machine's; None until it answered."""
        return self._http.clock_offset_s

    def now(self) -> datetime:
        """What time it is for the platform: this machine's clock, put right by what the platform said of its own.

        Moments that the platform compares with its clock, such as a start that must not be past, are counted from it.
        """
        offset_s = self.clock_offset_s or 0.0
        return self._clock.now() + timedelta(seconds=offset_s if abs(offset_s) > _CLOCKS_DIFFER_S else 0.0)

    async def admit_writes(self) -> None:
        """Find out now whether something may be written, and have a production sandbox confirmed.

        Raises:
            WriteRefused: it may not.
        """
        await self._armour.admit()

    def confirm_production(self, name: str) -> None:
        """The name of the production sandbox, as somebody typed it. Without a production sandbox it changes nothing.

        Raises:
            WriteRefused: it is not the sandbox's name.
        """
        if isinstance(self._armour, SandboxArmour):
            self._armour.confirm(name)

    def ask_for_name(self, ask: AskForName | None) -> None:
        """Who is to be asked for the name of a production sandbox."""
        if isinstance(self._armour, SandboxArmour):
            self._armour.ask = ask

    async def _sandboxes(self) -> Mapping[str, Sandbox]:
        return {sandbox.name: sandbox async for sandbox in self.sandboxes.list()}

    async def aclose(self) -> None:
        """Close all connections. May be called again."""
        await self._http.aclose()

    async def __aenter__(self) -> AepClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


__all__ = ["AepClient", "Endpoints"]
