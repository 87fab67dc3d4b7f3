"""The operations of Adobe's published OpenAPI files that this platform does not serve, each with its reason.

The one place where that is stated: the reason is part of the 501 answer, and `ROUTES.md` beside this file is made from
both. An operation that gets a handler loses its row here: rows come before the handlers.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aeptui.emulator.errors import not_served

_PROVIDERS: Final = "only the providers of a connector may write it; a customer's credential is refused there"
_PACKAGES: Final = "sandbox tooling copies objects between organisations and sandboxes; no dataflow needs it"

_BATCHES: Final = "batches are written by the ingestion of flows, not by clients; Batch Ingestion is another service"

_ROWS: Final[dict[str, dict[str, str]]] = {
    "flowservice": {
        "POST /connectionSpecs": _PROVIDERS,
        "PUT /connectionSpecs/{id}": _PROVIDERS,
        "POST /flowSpecs": _PROVIDERS,
        "PUT /flowSpecs/{id}": _PROVIDERS,
        "PUT /runs/{id}": "only providers report on runs; here the ingestion process does",
    },
    "catalog": {
        "POST /batches": _BATCHES,
        "PUT /batches/{id}": _BATCHES,
        "POST /batches/{id}": _BATCHES,
        "PATCH /batches/{id}": _BATCHES,
        "DELETE /batches/{id}": _BATCHES,
        "GET /dataSets/{id}/credentials": "datasets are files of this machine; there are no credentials to them",
        "GET": "the published file does not say what it lists",
        "POST": "it is deprecated",
        "GET /tags/{namespace}": "it is deprecated",
    },
    "exim": dict.fromkeys(
        (
            "GET /packages",
            "POST /packages",
            "PUT /packages",
            "PUT /packages/import",
            "GET /packages/jobs",
            "PUT /packages/update",
            "GET /packages/{id}",
            "DELETE /packages/{id}",
            "GET /packages/{id}/export",
            "GET /packages/{id}/import",
            "POST /packages/{id}/children",
            "GET /packages/payload/{id}",
            "GET /packages/preflight/{id}/export",
            "POST /handshake/bulkCreate",
            "POST /handshake/action",
            "GET /handshake/list",
            "POST /transfer",
            "GET /transfer/{id}",
            "GET /transfer/list",
            "POST /transfer/pullRequest",
            "GET /tools/job/{id}",
        ),
        _PACKAGES,
    ),
}


class Unserved(Route):
    """A route that only says why there is none."""

    def __init__(self, method: str, path: str, why: str) -> None:
        async def refuse(request: Request) -> Response:
            raise not_served(f"{request.method} {request.url.path}", why)

        super().__init__(path, refuse, methods=[method])
        self.why = why


def unserved_routes() -> list[BaseRoute]:
    """All rows, below `/data/foundation`; to be put before the handlers."""
    return [
        Unserved(row.partition(" ")[0], f"/{service}{row.partition(' ')[2]}", why)
        for service, rows in _ROWS.items()
        for row, why in rows.items()
    ]
