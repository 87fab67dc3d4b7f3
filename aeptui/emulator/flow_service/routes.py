"""Flow Service's route table: /connections, /connectionSpecs, /sourceConnections, /targetConnections, /flowSpecs,
/flows and /runs."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from aeptui.emulator.errors import flow_error
from aeptui.emulator.flow_service import listing
from aeptui.emulator.flow_service.connections import BaseConnections, SourceConnections, TargetConnections
from aeptui.emulator.flow_service.exploring import explored
from aeptui.emulator.flow_service.flows import Flows
from aeptui.emulator.flow_service.runs import Runs
from aeptui.emulator.flow_service.specs import LANDING_ZONE
from aeptui.emulator.flow_service.state import Document, FlowService, action_word, public, reference
from aeptui.emulator.http import json_body, json_object, sandbox, segment
from aeptui.emulator.shelf import Shelf

Handler = Callable[[Request], Awaitable[Response]]
Resource = BaseConnections | SourceConnections | TargetConnections | Flows

_NO_CONFIGS: Final = {"items": [], "pageInfo": {"hasNext": False}}
_PREFIX = "/data/foundation/flowservice"


class _Endpoints:
    """The handlers, over the resources."""

    def __init__(self, service: FlowService) -> None:
        self._service = service
        self.bases = BaseConnections(service)
        self.sources = SourceConnections(service)
        self.targets = TargetConnections(service)
        self.flows = Flows(service)
        self.runs = Runs(service)
        self._views: dict[str, Callable[[Document], Document]] = {"flows": self.flows.view, "runs": self.runs.view}

    # -- one shape for all resources

    def list_of(self, kind: str) -> Handler:
        """The handler of a list."""
        view = self._views.get(kind, public)

        async def handler(request: Request) -> Response:
            shelf = self._service.rows(kind, sandbox(request))
            return JSONResponse(listing.answer(kind, shelf, request.query_params, view))

        return handler

    def search_of(self, kind: str, shelf: Callable[[str], Shelf | listing.Catalogue]) -> Handler:
        """The handler of a search."""
        view = self._views.get(kind, public)

        async def handler(request: Request) -> Response:
            body = await json_object(request)
            query = listing.search_query(body, request.query_params.get("continuationToken"))
            found = shelf(sandbox(request))
            return JSONResponse(listing.answer(f"{kind}/search", found, query, listing.projected(body, view)))

        return handler

    def get_of(self, kind: str) -> Handler:
        """The handler of one resource, in the list's envelope."""
        view = self._views.get(kind, public)

        async def handler(request: Request) -> Response:
            found = self._service.need(kind, sandbox(request), segment(request, "id"))
            return JSONResponse({"items": [view(found)]})

        return handler

    def create_of(self, resource: Resource) -> Handler:
        """The handler of a create: `{id, etag}` and a Location."""

        async def handler(request: Request) -> Response:
            mode = request.query_params.get("mode", "")
            if mode not in ("", "draft"):
                raise flow_error(1368, f"The mode {mode} is not allowed.")
            body = await json_object(request)
            made = resource.create(sandbox(request), body, draft=mode == "draft")
            location = f"{_PREFIX}/{resource.kind}/{made['id']}"
            return JSONResponse(reference(made), 201, headers={"location": location})

        return handler

    def patch_of(self, resource: Resource) -> Handler:
        """The handler of a PATCH."""

        async def handler(request: Request) -> Response:
            instructions = await json_body(request)
            # In the query too: so Adobe's Postman collection sends it.
            if_match = request.headers.get("if-match") or request.query_params.get("if-match")
            id = segment(request, "id")
            return JSONResponse(reference(resource.patch(sandbox(request), id, if_match, instructions)))

        return handler

    def delete_of(self, resource: Resource) -> Handler:
        """The handler of a DELETE."""

        async def handler(request: Request) -> Response:
            resource.delete(sandbox(request), segment(request, "id"))
            return Response(status_code=204)

        return handler

    def publish_of(self, resource: BaseConnections | SourceConnections | TargetConnections) -> Handler:
        """The handler of an action on a connection: only publish."""

        async def handler(request: Request) -> Response:
            id, if_match = segment(request, "id"), request.headers.get("if-match")
            action_word(request.query_params.get("op", ""), ("publish",), kind=resource.kind, id=id)
            return JSONResponse(reference(resource.publish(sandbox(request), id, if_match)))

        return handler

    # -- the particular ones

    async def test(self, request: Request) -> Response:
        return JSONResponse({"result": self.bases.test(sandbox(request), segment(request, "id"))})

    async def configs(self, request: Request) -> Response:
        """Of a connection: none of these connectors has options that only the other side could tell."""
        self._service.need("connections", sandbox(request), segment(request, "id"))
        return JSONResponse(_NO_CONFIGS)

    async def spec_configs(self, request: Request) -> Response:
        """Of a connection spec. The keys are those that the file's example and aepp read."""
        id = segment(request, "id")
        if id not in self._service.specs.connections:
            raise self._service.not_found("connectionSpecs", id)
        return JSONResponse(_NO_CONFIGS)

    async def explore(self, request: Request) -> Response:
        self._service.need("connections", sandbox(request), segment(request, "id"))
        return JSONResponse(await explored(self._service, request.query_params))

    async def explore_spec(self, request: Request) -> Response:
        id = segment(request, "id")
        if id != LANDING_ZONE:
            raise flow_error(1372, "Only the Data Landing Zone is explored through its connection spec.")
        return JSONResponse(await explored(self._service, request.query_params))

    async def flow_action(self, request: Request) -> Response:
        operation = request.query_params.get("op", "")
        id, if_match = segment(request, "id"), request.headers.get("if-match")
        return JSONResponse(reference(self.flows.act(sandbox(request), id, operation, if_match)))

    async def run_now(self, request: Request) -> Response:
        made = self.runs.on_demand(sandbox(request), await json_object(request))
        return JSONResponse({"items": [reference(made)]}, 201)

    async def run_action(self, request: Request) -> Response:
        operation = request.query_params.get("op", "")
        return JSONResponse(reference(self.runs.retry(sandbox(request), segment(request, "id"), operation)))

    def specs_of(self, kind: str, specs: dict[str, Document]) -> tuple[Handler, Handler]:
        """The handlers of a catalogue: list (only `property`) and get."""

        async def every(request: Request) -> Response:
            rows = listing.filtered(enumerate(specs.values()), request.query_params.getlist("property"))
            return JSONResponse({"items": [item for _, item in rows]})

        async def one(request: Request) -> Response:
            id = segment(request, "id")
            if id not in specs:
                raise self._service.not_found(kind, id)
            return JSONResponse({"items": [specs[id]]})

        return every, one


def flow_service_routes(service: FlowService) -> list[BaseRoute]:
    """The service's route table."""
    on = _Endpoints(service)
    list_specs, get_spec = on.specs_of("connectionSpecs", service.specs.connections)
    list_flow_specs, get_flow_spec = on.specs_of("flowSpecs", service.specs.flows)
    flow_specs = listing.Catalogue(service.specs.flows.values())
    routes: list[BaseRoute] = [
        Route("/connectionSpecs", list_specs),
        Route("/connectionSpecs/{id}", get_spec),
        Route("/connectionSpecs/{id}/explore", on.explore_spec),
        Route("/connectionSpecs/{id}/configs", on.spec_configs),
        Route("/flowSpecs", list_flow_specs),
        Route("/flowSpecs/search", on.search_of("flowSpecs", lambda _: flow_specs), methods=["POST"]),
        Route("/flowSpecs/{id}", get_flow_spec),
        Route("/connections/{id}/test", on.test),
        Route("/connections/{id}/configs", on.configs),
        Route("/connections/{id}/explore", on.explore),
        Route("/flows/{id}/action", on.flow_action, methods=["POST"]),
        Route("/runs", on.list_of("runs")),
        Route("/runs", on.run_now, methods=["POST"]),
        Route("/runs/{id}", on.get_of("runs")),
        Route("/runs/{id}/action", on.run_action, methods=["POST"]),
    ]
    for kind in ("connections", "flows"):
        every = functools.partial(service.rows, kind)
        routes.append(Route(f"/{kind}/search", on.search_of(kind, every), methods=["POST"]))
    for resource in (on.bases, on.sources, on.targets, on.flows):
        kind = resource.kind
        routes += [
            Route(f"/{kind}", on.list_of(kind)),
            Route(f"/{kind}", on.create_of(resource), methods=["POST"]),
            Route(f"/{kind}/{{id}}", on.get_of(kind)),
            Route(f"/{kind}/{{id}}", on.patch_of(resource), methods=["PATCH"]),
            Route(f"/{kind}/{{id}}", on.delete_of(resource), methods=["DELETE"]),
        ]
        if not isinstance(resource, Flows):
            routes.append(Route(f"/{kind}/{{id}}/action", on.publish_of(resource), methods=["POST"]))
    return routes
