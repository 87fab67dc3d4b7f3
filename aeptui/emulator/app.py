"""Puts the services together into one ASGI application. Decides nothing itself."""

from __future__ import annotations

import sqlite3

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Mount, Route, Router
from starlette.types import ASGIApp, Scope

from aeptui.emulator.catalog.routes import catalog_routes
from aeptui.emulator.connectors.routes import connector_routes
from aeptui.emulator.data_access.routes import data_access_routes
from aeptui.emulator.data_prep.routes import data_prep_routes
from aeptui.emulator.errors import ServiceError, not_served, unusable, wrong_method
from aeptui.emulator.filters import FilterError
from aeptui.emulator.flow_service.routes import flow_service_routes
from aeptui.emulator.flow_service.state import FlowService
from aeptui.emulator.gateway import Gateway
from aeptui.emulator.http import nobody_there, on_failure, on_filter_error, on_service_error
from aeptui.emulator.ims.routes import ims_routes
from aeptui.emulator.ims.state import Tokens
from aeptui.emulator.sandboxes.routes import sandbox_routes
from aeptui.emulator.sandboxes.state import Sandboxes
from aeptui.emulator.schema_registry.routes import schema_registry_routes
from aeptui.emulator.unserved import Unserved, unserved_routes
from aeptui.emulator.world import World


async def unknown_route(request: Request, error: Exception) -> Response:
    """Starlette's own 404 and 405: name a route this platform does not have, or the methods that it has."""
    allowed = _methods(request.app.routes, {"type": "http", "path": request.url.path, "method": "", "headers": []})
    if not allowed:
        return await on_service_error(request, not_served(f"{request.method} {request.url.path}"))
    names = ", ".join(sorted(allowed))
    answer = await on_service_error(request, wrong_method(request.url.path, request.method, names))
    answer.headers["allow"] = names
    return answer


def _mount(path: str, routes: list[BaseRoute]) -> Mount:
    """Routes below a path. None answers with a redirect to a slash: the gateway has taken slashes off."""
    return Mount(path, Router(routes, redirect_slashes=False))


def _methods(routes: list[BaseRoute], scope: Scope) -> set[str]:
    """The methods that are served at the scope's path."""
    found: set[str] = set()
    for route in routes:
        match, child = route.matches(scope)
        if match is not Match.NONE and isinstance(route, Mount):
            found |= _methods(route.routes, {**scope, **child})
        elif match is not Match.NONE and isinstance(route, Route) and not isinstance(route, Unserved):
            found |= route.methods or set()
    return found


async def unwritable(request: Request, error: Exception) -> Response:
    """The disk is full, or the database went away: nothing was changed, and the same request may be sent again."""
    return await on_service_error(request, unusable(str(error)))


def create_app(world: World, flows: FlowService) -> ASGIApp:
    """The whole platform as one ASGI application; it does no work at start-up."""
    tokens = Tokens(world)
    foundation: list[BaseRoute] = [
        *unserved_routes(),
        _mount("/flowservice", flow_service_routes(flows)),
        _mount("/schemaregistry", schema_registry_routes(flows.schemas)),
        _mount("/catalog", catalog_routes(flows.catalog)),
        _mount("/conversion", data_prep_routes(flows.mapping_sets, flows.catalog)),
        _mount("/connectors", connector_routes(world)),
        _mount("/export", data_access_routes(flows.catalog)),
        *sandbox_routes(Sandboxes(world, flows.forget)),
    ]
    routes: list[BaseRoute] = [
        _mount("/ims", ims_routes(tokens)),
        _mount("/data/foundation", foundation),
    ]
    app = Starlette(
        routes=routes,
        exception_handlers={
            ServiceError: on_service_error,
            HTTPException: unknown_route,
            sqlite3.Error: unwritable,
            FilterError: on_filter_error,
            ClientDisconnect: nobody_there,
            Exception: on_failure,
        },
    )
    app.router.redirect_slashes = False
    return Gateway(app, world, tokens)
