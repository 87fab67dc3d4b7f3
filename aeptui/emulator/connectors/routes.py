"""Connectors, /landingzone and /landingzone/credentials.

The credentials have Azure's shape and expire, but open nothing: no server stands behind them. What is put into the
storage folder, below the container's name, is what the Data Landing Zone has.
Sources: aep-api.md section 7; the answer of /landingzone itself is only seen in aepp.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from aeptui.emulator.errors import not_served, problem
from aeptui.emulator.http import sandbox
from aeptui.emulator.world import World

Document = dict[str, Any]

CONTAINER: Final = "dlz-user-container"
_ACCOUNT: Final = "local"
_LIFETIME_S: Final = 7 * 86_400
_TTL_DAYS: Final = "7"
"""A text, as on the platform. Here files stay as long as they are left."""


def connector_routes(world: World) -> list[BaseRoute]:
    """The service's route table."""

    def credentials(where: str, *, fresh: bool) -> Document:
        known = world.store.get("landing_zone", where, CONTAINER)
        if known is None or fresh or known["expires"] <= world.time.now():
            known = {"token": world.ids.hex(64), "expires": int(world.time.now()) + _LIFETIME_S}
            world.store.put("landing_zone", where, CONTAINER, known, touched_ms=world.time.now_ms())
        ends = datetime.fromtimestamp(known["expires"], UTC)
        token = f"sv=2020-10-02&se={ends:%Y-%m-%dT%H}%3A{ends:%M}%3A{ends:%S}Z&sr=c&sp=rawdl&sig={known['token']}"
        return {
            "containerName": CONTAINER,
            "SASToken": token,
            "storageAccountName": _ACCOUNT,
            "SASUri": f"https://{_ACCOUNT}.blob.invalid/{CONTAINER}?{token}",
            "expiryDate": f"{ends:%Y-%m-%d}",
        }

    async def zone(request: Request) -> Response:
        _check_type(request)
        return JSONResponse({"containerName": CONTAINER, "containerTTL": _TTL_DAYS})

    async def read(request: Request) -> Response:
        _check_type(request)
        return JSONResponse(credentials(sandbox(request), fresh=False))

    async def act(request: Request) -> Response:
        _check_type(request)
        action = request.query_params.get("action", "")
        if action != "refresh":
            raise problem("CONNECTORS", 1434, f"The action {action or 'none'} is not supported: refresh.")
        return JSONResponse(credentials(sandbox(request), fresh=True))

    return [
        Route("/landingzone", zone),
        Route("/landingzone/credentials", read),
        Route("/landingzone/credentials", act, methods=["POST"]),
    ]


def _check_type(request: Request) -> None:
    kind = request.query_params.get("type", "")
    if kind == "dlz_destination":
        raise not_served("the Data Landing Zone of destinations", "it has sources only")
    if kind != "user_drop_zone":
        raise problem("CONNECTORS", 1304, f"The type {kind or 'none'} is not supported: user_drop_zone.")
