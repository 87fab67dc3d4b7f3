"""Flow Service: flow specs, flows and their runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from aeptui.api.resources.flow_service import FLOW_SERVICE, Catalogue, FlowServiceResource, Owned, act, ref_of
from aeptui.models.base import Ref
from aeptui.models.flows import Flow, FlowCreate, FlowRun, FlowRunCreate, FlowSpec


class FlowSpecs(Catalogue[FlowSpec]):
    """What kinds of flows there are."""

    PATH = f"{FLOW_SERVICE}/flowSpecs"
    model = FlowSpec
    noun = "flow spec"


class Flows(Owned[Flow]):
    """Dataflows."""

    PATH = f"{FLOW_SERVICE}/flows"
    model = Flow
    noun = "dataflow"

    async def create(self, body: FlowCreate, *, draft: bool = False) -> Ref:
        """Create a flow that moves data from a source connection to a target connection.

        Args:
            draft: It may lack transformations and schedule, and runs only after `publish`.
        Raises:
            BadRequest: a parameter is refused; 1360 is a start in the past.
            TransportError, ServerError: check `maybe_applied`: a second flow would ingest the same files again.
        Source: Flow Service, POST /flows.
        """
        return await self._create(body, draft=draft)

    async def enable(self, identifier: str) -> Ref:
        """Let it run by its schedule. Source: Flow Service, POST /flows/{id}/action?op=enable."""
        return await self._act(identifier, "enable")

    async def disable(self, identifier: str) -> Ref:
        """Stop its schedule. Source: Flow Service, POST /flows/{id}/action?op=disable."""
        return await self._act(identifier, "disable")


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
        """Newest first, of one flow or of all; filters take milliseconds. Source: Flow Service, GET /runs."""
        own = (f"flowId=={flow_id}",) if flow_id is not None else ()
        return self._pages((*own, *property), orderby, limit)

    async def create(self, body: FlowRunCreate) -> Ref:
        """Run a flow of frequency `once` now. The answer has one of three shapes; each names the run.

        Raises:
            BadRequest: its frequency is another (1386), or the window ends before it begins (1381).
            TransportError, ServerError: check `maybe_applied`: a second run takes the same files again.
        Source: Flow Service, POST /runs.
        """
        answer = (await self._http.send("POST", self.PATH, body=body.to_wire())).body
        return ref_of(answer, "POST", self.PATH)

    async def retrigger(self, identifier: str) -> Ref:
        """Run the window of a failed run, or of one without records, once more. Answers the new run.

        Raises:
            BadRequest: the run's state (1387) or the flow's (1388) does not allow it.
            TransportError, ServerError: check `maybe_applied`.
        Source: Flow Service, POST /runs/{id}/action?op=re-trigger.
        """
        return await act(self._http, f"{self.PATH}/{identifier}/action", "re-trigger")
