"""Schema Registry's /rpc: export, import, sample data and the audit log."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from aeptui.emulator.http import json_body, sandbox, segment
from aeptui.emulator.schema_registry.sample import sample
from aeptui.emulator.schema_registry.state import KINDS, SchemaRegistry
from aeptui.emulator.schema_registry.transfer import Transfer
from aeptui.emulator.schema_registry.writing import Writing


def rpc_routes(registry: SchemaRegistry, writing: Writing) -> list[BaseRoute]:
    """The route table of /rpc."""
    transfer = Transfer(registry, writing)

    async def export(request: Request) -> Response:
        return JSONResponse(transfer.exported(sandbox(request), segment(request, "id")))

    async def import_(request: Request) -> Response:
        return JSONResponse(transfer.imported(sandbox(request), await json_body(request)))

    async def sample_data(request: Request) -> Response:
        id = segment(request, "id")
        schema = registry.schema(sandbox(request), id)
        if schema is None:
            raise registry.refused(f"Requested resource {id} with version 1 is not found", 1012, 404)
        return JSONResponse(sample(schema))

    async def audit_log(request: Request) -> Response:
        where, id = sandbox(request), segment(request, "id")
        for kind in KINDS:
            for container in ("tenant", "global"):
                for document in registry.all(container, kind, where):
                    if id in (document["$id"], document["meta:altId"]):
                        return JSONResponse(registry.history(where, document["$id"]))
        if entries := registry.history(where, id):  # a deleted resource still has its past
            return JSONResponse(entries)
        raise registry.refused(f"Requested resource {id} is not found", 1012, 404)

    return [
        Route("/rpc/export/{id}", export),
        Route("/rpc/import", import_, methods=["POST"]),
        Route("/rpc/sampledata/{id}", sample_data),
        Route("/rpc/auditlog/{id}", audit_log),
    ]
