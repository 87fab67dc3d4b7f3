"""Flow Service: connection specs, and base, source and target connections."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence

from aeptui.api.errors import BadRequest
from aeptui.api.http import Params
from aeptui.api.resources.flow_service import FLOW_SERVICE, Deletable, FlowServiceResource, decode
from aeptui.models.base import Json, Ref, items_of, mapping_of
from aeptui.models.connections import (
    BaseConnection,
    BaseConnectionCreate,
    ConnectionSpec,
    ExploredItem,
    FileColumn,
    FileFormat,
    FilePreview,
    SourceConnection,
    SourceConnectionCreate,
    TargetConnection,
    TargetConnectionCreate,
)


class ConnectionSpecs(FlowServiceResource[ConnectionSpec]):
    """The catalogue of connectors. It takes filters, but no paging."""

    PATH = f"{FLOW_SERVICE}/connectionSpecs"
    model = ConnectionSpec
    noun = "connection spec"

    async def list(self, *, property: Iterable[str] = ()) -> AsyncIterator[ConnectionSpec]:
        """All of them. Source: Flow Service, GET /connectionSpecs."""
        answer = await self._http.send("GET", self.PATH, params=[("property", one) for one in property])
        for raw in items_of(mapping_of(answer.body).get("items")):
            yield decode(ConnectionSpec, raw, "GET", self.PATH)


class BaseConnections(Deletable[BaseConnection]):
    """Accounts at storages."""

    PATH = f"{FLOW_SERVICE}/connections"
    model = BaseConnection
    noun = "base connection"

    def list(
        self, *, property: Iterable[str] = (), orderby: str | None = None, limit: int | None = None
    ) -> AsyncIterator[BaseConnection]:
        """All of them, or those that fit every filter. Source: Flow Service, GET /connections."""
        return self._pages(property, orderby, limit)

    async def create(self, body: BaseConnectionCreate) -> Ref:
        """Source: Flow Service, POST /connections."""
        return await self._create(body)

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

    async def explore(self, identifier: str, *, path: str | None = None) -> Sequence[ExploredItem]:
        """The entries of a folder; None is the root. Source: Flow Service, GET /connections/{id}/explore."""
        params = {"objectType": "root"} if path in (None, "", "/") else {"objectType": "folder", "object": str(path)}
        answer = await self._explore(identifier, params)
        entries = items_of(answer) or items_of(mapping_of(answer).get("items"))
        return [decode(ExploredItem, raw, "GET", f"{self.PATH}/{identifier}/explore") for raw in entries]

    async def preview(self, identifier: str, path: str, file_format: FileFormat) -> FilePreview:
        """Columns and first rows of a file, read as that format."""
        query = {"objectType": "file", "object": path, "preview": "true", **file_format.explore_params()}
        answer = await self._explore(identifier, query)
        raw = mapping_of(answer)
        listed = items_of(mapping_of(raw.get("schema")).get("columns")) or items_of(answer)
        columns = [decode(FileColumn, one, "GET", f"{self.PATH}/{identifier}/explore") for one in listed]
        rows = [one for one in items_of(raw.get("data")) if isinstance(one, dict)]
        return FilePreview(file_format, tuple(columns), tuple(rows))

    async def determine_properties(self, identifier: str, path: str) -> FileFormat:
        """The format the platform detects in a file.

        Raises:
            BadRequest: it cannot tell (1375), or does not detect for this connector (1371, 1376).
        """
        query = {"objectType": "file", "object": path, "determineProperties": "true"}
        answer = mapping_of(await self._explore(identifier, query))
        return FileFormat.from_properties(mapping_of(answer.get("properties")))

    async def _explore(self, identifier: str, params: Params) -> Json:
        return (await self._http.send("GET", f"{self.PATH}/{identifier}/explore", params=params)).body


class SourceConnections(Deletable[SourceConnection]):
    """What dataflows read."""

    PATH = f"{FLOW_SERVICE}/sourceConnections"
    model = SourceConnection
    noun = "source connection"

    def list(
        self, *, property: Iterable[str] = (), orderby: str | None = None, limit: int | None = None
    ) -> AsyncIterator[SourceConnection]:
        """Source: Flow Service, GET /sourceConnections."""
        return self._pages(property, orderby, limit)

    async def create(self, body: SourceConnectionCreate) -> Ref:
        """Source: Flow Service, POST /sourceConnections."""
        return await self._create(body)


class TargetConnections(Deletable[TargetConnection]):
    """Where dataflows write."""

    PATH = f"{FLOW_SERVICE}/targetConnections"
    model = TargetConnection
    noun = "target connection"

    def list(
        self, *, property: Iterable[str] = (), orderby: str | None = None, limit: int | None = None
    ) -> AsyncIterator[TargetConnection]:
        """Source: Flow Service, GET /targetConnections."""
        return self._pages(property, orderby, limit)

    async def create(self, body: TargetConnectionCreate) -> Ref:
        """Source: Flow Service, POST /targetConnections."""
        return await self._create(body)
