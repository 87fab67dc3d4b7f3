"""Sandbox management, GET / and GET /sandboxes[/{name}]."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from aeptui.emulator.errors import problem
from aeptui.emulator.filters import FilterError, matching
from aeptui.emulator.http import integer, segment
from aeptui.emulator.world import World


def _page(request: Request, found: list[dict[str, Any]]) -> JSONResponse:
    try:
        limit = integer(request.query_params.get("limit"), 50, least=1)
        offset = integer(request.query_params.get("offset"), 0, least=0)
        test = matching(request.query_params.getlist("property"))
    except (ValueError, FilterError) as error:
        raise problem("SMS", 3001, str(error)) from error
    chosen = [item for item in found if test(item)]
    cut = chosen[offset : offset + limit]
    base = request.url.path
    links: dict[str, Any] = {"page": {"href": f"{base}?limit={{limit}}&offset={{offset}}", "templated": True}}
    if offset + limit < len(chosen):
        links["next"] = {"href": f"{base}?limit={{limit}}&offset={{offset}}", "templated": True}
    return JSONResponse({"sandboxes": cut, "_page": {"limit": limit, "count": len(cut)}, "_links": links})


def sandbox_routes(world: World) -> list[BaseRoute]:
    """List the active ones, list all, get one."""

    async def list_active(request: Request) -> Response:
        return _page(request, [item for item in world.store.list("sandbox", "") if item["state"] == "active"])

    async def list_all(request: Request) -> Response:
        return _page(request, world.store.list("sandbox", ""))

    async def get(request: Request) -> Response:
        name = segment(request, "name")
        found = world.store.get("sandbox", "", name)
        if found is None:
            raise problem("SMS", 2001, f"The sandbox {name} was not found.", 404)
        return JSONResponse(found)

    root = "/sandbox-management"
    return [
        Route(root, list_active),
        Route(f"{root}/sandboxes", list_all),
        Route(f"{root}/sandboxes/{{name}}", get),
    ]
