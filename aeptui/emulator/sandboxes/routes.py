"""Sandbox management: / and /sandboxes[/{name}], /sandboxTypes."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from aeptui.emulator.filters import matching
from aeptui.emulator.http import integer, json_object, segment
from aeptui.emulator.ordering import ordered, orders_of
from aeptui.emulator.sandboxes.state import TYPES, Sandboxes, refused


def _page(request: Request, found: list[dict[str, Any]]) -> JSONResponse:
    try:
        limit = integer(request.query_params.get("limit"), 50, least=1)
        offset = integer(request.query_params.get("offset"), 0, least=0)
        test = matching(request.query_params.getlist("property"), regular_expressions=True)
        chosen = ordered([item for item in found if test(item)], orders_of(request.query_params.get("orderBy", "")))
    except ValueError as error:
        raise refused(3001, str(error)) from error
    cut = chosen[offset : offset + limit]
    link = {"href": f"{request.url.path}?limit={{limit}}&offset={{offset}}", "templated": True}
    links: dict[str, Any] = {"page": link}
    if offset + limit < len(chosen):
        links["next"] = link
    if offset:
        links["prev"] = link
    return JSONResponse({"sandboxes": cut, "_page": {"limit": limit, "count": len(cut)}, "_links": links})


def sandbox_routes(sandboxes: Sandboxes) -> list[BaseRoute]:
    """The service's route table."""

    async def list_active(request: Request) -> Response:
        return _page(request, [item for item in sandboxes.all() if item["state"] == "active"])

    async def list_all(request: Request) -> Response:
        return _page(request, sandboxes.all())

    async def types(_: Request) -> Response:
        return JSONResponse({"sandboxTypes": [{"id": id, "title": title} for id, title in TYPES.items()]})

    async def get(request: Request) -> Response:
        return JSONResponse(sandboxes.get(segment(request, "name")))

    async def create(request: Request) -> Response:
        return JSONResponse(sandboxes.create(await json_object(request)), 202)

    async def change(request: Request) -> Response:
        name = segment(request, "name")
        if request.method == "DELETE":
            return JSONResponse(sandboxes.delete(name), 202)
        body = await json_object(request)
        if request.method == "PATCH":
            return JSONResponse(sandboxes.rename(name, body))
        return JSONResponse(sandboxes.reset(name, body), 202)

    root = "/sandbox-management"
    return [
        Route(root, list_active),
        Route(f"{root}/sandboxTypes", types),
        Route(f"{root}/sandboxes", list_all),
        Route(f"{root}/sandboxes", create, methods=["POST"]),
        Route(f"{root}/sandboxes/{{name}}", get),
        Route(f"{root}/sandboxes/{{name}}", change, methods=["PUT", "PATCH", "DELETE"]),
    ]
