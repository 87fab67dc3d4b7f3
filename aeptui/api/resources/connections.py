"""Flow Service: connection specs, and base, source and target connections."""

from __future__ import annotations

from aeptui.api.errors import BadRequest
from aeptui.api.resources.exploring import Explorable
from aeptui.api.resources.flow_service import FLOW_SERVICE, Catalogue, Owned
from aeptui.models.base import Ref, mapping_of
from aeptui.models.connections import (
    BaseConnection,
    BaseConnectionCreate,
    ConnectionSpec,
    SourceConnection,
    SourceConnectionCreate,
    TargetConnection,
    TargetConnectionCreate,
)


class ConnectionSpecs(Explorable, Catalogue[ConnectionSpec]):
    """The catalogue of connectors. Only Data Landing Zone is explored here; the others through a base connection."""

    PATH = f"{FLOW_SERVICE}/connectionSpecs"
    model = ConnectionSpec
    noun = "connection spec"


class BaseConnections(Explorable, Owned[BaseConnection]):
    """Accounts at storages."""

    PATH = f"{FLOW_SERVICE}/connections"
    model = BaseConnection
    noun = "base connection"

    async def create(self, body: BaseConnectionCreate, *, draft: bool = False) -> Ref:
        """Keep an account. Its credentials are usually tried at once.

        Raises:
            BadRequest: they are refused (1308), or their form is not the connector's (1415).
            TransportError, ServerError: check `maybe_applied`: a second create makes a second account.
        Source: Flow Service, POST /connections.
        """
        return await self._create(body, draft=draft)

    async def test(self, identifier: str) -> None:
        """Have the platform reach the storage.

        Raises:
            BadRequest: it answered `false`, which is a 200 and no error for the platform.
        Source: Flow Service, GET /connections/{id}/test.
        """
        path = f"{self.PATH}/{identifier}/test"
        answer = mapping_of((await self._http.send("GET", path)).body)
        if answer.get("result") is not True:
            raise BadRequest(
                "The platform cannot reach the storage of this base connection.",
                "Check its credentials and the storage's allow list.",
                method="GET",
                path=path,
                status=200,
                body=answer,
            )


class SourceConnections(Owned[SourceConnection]):
    """What dataflows read. Changing one does not reach a dataflow that exists."""

    PATH = f"{FLOW_SERVICE}/sourceConnections"
    model = SourceConnection
    noun = "source connection"

    async def create(self, body: SourceConnectionCreate, *, draft: bool = False) -> Ref:
        """Source: Flow Service, POST /sourceConnections."""
        return await self._create(body, draft=draft)


class TargetConnections(Owned[TargetConnection]):
    """Where dataflows write. Changing one does not reach a dataflow that exists."""

    PATH = f"{FLOW_SERVICE}/targetConnections"
    model = TargetConnection
    noun = "target connection"

    async def create(self, body: TargetConnectionCreate, *, draft: bool = False) -> Ref:
        """Source: Flow Service, POST /targetConnections."""
        return await self._create(body, draft=draft)
