"""Flow Service: flow specs, flows and their runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence

from aeptui.api.resources.flow_service import FLOW_SERVICE, Deletable, FlowServiceResource, decode, ref_of
from aeptui.models.base import Json, Ref, items_of, mapping_of
from aeptui.models.flows import Flow, FlowCreate, FlowRun, FlowRunCreate, FlowSpec


class FlowSpecs(FlowServiceResource[FlowSpec]):
    """What kinds of flows there are. It takes filters, but no paging."""

    PATH = f"{FLOW_SERVICE}/flowSpecs"
    model = FlowSpec
    noun = "flow spec"

    async def list(self, *, property: Iterable[str] = ()) -> AsyncIterator[FlowSpec]:
        """Source: Flow Service, GET /flowSpecs."""
        answer = await self._http.send("GET", self.PATH, params=[("property", one) for one in property])
        for raw in items_of(mapping_of(answer.body).get("items")):
            yield decode(FlowSpec, raw, "GET", self.PATH)


class Flows(Deletable[Flow]):
    """Dataflows."""

    PATH = f"{FLOW_SERVICE}/flows"
    model = Flow
    noun = "dataflow"

    def list(
        self, *, property: Iterable[str] = (), orderby: str | None = None, limit: int | None = None
    ) -> AsyncIterator[Flow]:
        """Source: Flow Service, GET /flows."""
        return self._pages(property, orderby, limit)

    async def create(self, body: FlowCreate) -> Ref:
        """Create a flow that moves data from a source connection to a target connection.

        Raises:
            BadRequest: a parameter is refused; 1360 is a start in the past.
            TransportError, ServerError: check `maybe_applied`: a second flow would ingest the same files again.
        Source: Flow Service, POST /flows.
        """
        return await self._create(body)

    async def update(self, identifier: str, patch: Sequence[Json], etag: str) -> Ref:
        """Change it. Source: Flow Service, PATCH /flows/{id}.

        Raises:
            EtagMismatch: somebody changed it meanwhile.
        """
        path = f"{self.PATH}/{identifier}"
        return ref_of((await self._http.send("PATCH", path, body=list(patch), etag=etag)).body, "PATCH", path)

    async def enable(self, identifier: str) -> Ref:
        """Let it run by its schedule."""
        return await self._act(identifier, "enable")

    async def disable(self, identifier: str) -> Ref:
        """Stop its schedule."""
        return await self._act(identifier, "disable")

    async def _act(self, identifier: str, action: str) -> Ref:
        path = f"{self.PATH}/{identifier}/action"
        return ref_of((await self._http.send("POST", path, params={"op": action})).body, "POST", path)


class FlowRuns(FlowServiceResource[FlowRun]):
    """Runs of flows."""

    PATH = f"{FLOW_SERVICE}/runs"
    model = FlowRun
    noun = "flow run"

    def list(
        self,
        *,
        flow_id: str | None = None,
        property: Iterable[str] = (),
        orderby: str | None = "-createdAt",
        limit: int | None = None,
    ) -> AsyncIterator[FlowRun]:
        """Newest first, of one flow or of all. Source: Flow Service, GET /runs."""
        own = (f"flowId=={flow_id}",) if flow_id is not None else ()
        return self._pages((*own, *property), orderby, limit)

    async def create(self, body: FlowRunCreate) -> Ref:
        """Run a flow of frequency `once` now. Source: Flow Service, POST /runs."""
        answer = (await self._http.send("POST", self.PATH, body=body.to_wire())).body
        raw = items_of(mapping_of(answer).get("items")) or (answer,)
        return ref_of(raw[0], "POST", self.PATH)
