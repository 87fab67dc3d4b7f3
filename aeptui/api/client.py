"""The client of the platform: one attribute per resource. One per session; it holds connections and the token."""

from __future__ import annotations

from types import TracebackType

from aeptui.api.http import AsgiApp, Endpoints, Http
from aeptui.api.request_log import RequestLog
from aeptui.api.resources.catalog import Batches, DataAccess, Datasets
from aeptui.api.resources.connections import BaseConnections, ConnectionSpecs, SourceConnections, TargetConnections
from aeptui.api.resources.data_prep import Expressions, MappingSets
from aeptui.api.resources.flows import FlowRuns, Flows, FlowSpecs
from aeptui.api.resources.registry import Classes, FieldGroups, Registry, Schemas
from aeptui.api.resources.sandboxes import Sandboxes
from aeptui.clock import Clock, IdSource


class AepClient:
    """Talks to one sandbox of one organisation.

    Args:
        endpoints: Where, and as whom.
        secret: The client secret; None with an access token.
        access_token: A token from outside, used as it is.
        asgi_app: An application that answers in this process, such as the local platform.
        request_log: Where requests are noted; None keeps a log of its own.
        connect_s, read_s: Seconds to wait for a connection, and for an answer.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        secret: str | None,
        *,
        access_token: str | None = None,
        asgi_app: AsgiApp | None = None,
        request_log: RequestLog | None = None,
        clock: Clock,
        ids: IdSource,
        connect_s: float = 10.0,
        read_s: float = 60.0,
    ) -> None:
        self.request_log = request_log if request_log is not None else RequestLog()
        self.endpoints = endpoints
        http = self._http = Http(
            endpoints,
            secret,
            access_token,
            asgi_app,
            self.request_log,
            clock,
            ids,
            connect_s=connect_s,
            read_s=read_s,
        )
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
        self.classes = Classes(http)
        self.field_groups = FieldGroups(http)
        self.registry = Registry(http)
        self.datasets = Datasets(http)
        self.batches = Batches(http)
        self.data_access = DataAccess(http)
        self.sandboxes = Sandboxes(http)

    async def token(self) -> None:
        """Get a token now, so that a wrong credential shows before anything else.

        Raises:
            AuthError: IMS refused it.
        """
        await self._http.auth.token()

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
