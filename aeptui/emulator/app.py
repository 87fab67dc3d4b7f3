"""Puts the services together into one ASGI application. Decides nothing itself."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

from aeptui.emulator.catalog.routes import catalog_routes
from aeptui.emulator.data_access.routes import data_access_routes
from aeptui.emulator.data_prep.routes import data_prep_routes
from aeptui.emulator.errors import ServiceError
from aeptui.emulator.flow_service.routes import flow_service_routes
from aeptui.emulator.flow_service.state import FlowService
from aeptui.emulator.gateway import Gateway
from aeptui.emulator.http import on_service_error
from aeptui.emulator.ims.routes import ims_routes
from aeptui.emulator.ims.state import Tokens
from aeptui.emulator.sandboxes.routes import sandbox_routes
from aeptui.emulator.sandboxes.state import Sandboxes
from aeptui.emulator.schema_registry.routes import schema_registry_routes
from aeptui.emulator.world import World


async def unknown_route(request: Request, error: Exception) -> Response:
    """Name a route this platform does not have: a silent 404 would look like a missing object."""
    route = f"{request.method} {request.url.path}"
    status = 501
    body = {
        "type": "https://ns.adobe.com/aep/errors/EMU-0501-501",
        "title": "Not implemented",
        "status": status,
        "detail": f"The local platform does not serve {route}.",
    }
    return JSONResponse(body, status)


def create_app(world: World, flows: FlowService) -> ASGIApp:
    """The whole platform as one ASGI application; it does no work at start-up."""
    tokens = Tokens(world)
    foundation: list[BaseRoute] = [
        Mount("/flowservice", routes=flow_service_routes(flows)),
        Mount("/schemaregistry", routes=schema_registry_routes(flows.schemas)),
        Mount("/catalog", routes=catalog_routes(flows.catalog)),
        Mount("/conversion", routes=data_prep_routes(flows.mapping_sets)),
        Mount("/export", routes=data_access_routes(flows.catalog)),
        *sandbox_routes(Sandboxes(world, flows.forget)),
    ]
    routes: list[BaseRoute] = [
        Mount("/ims", routes=ims_routes(tokens)),
        Mount("/data/foundation", routes=foundation),
    ]
    app = Starlette(
        routes=routes,
        exception_handlers={ServiceError: on_service_error, HTTPException: unknown_route},
    )
    app.router.redirect_slashes = False
    return Gateway(app, world, tokens)
