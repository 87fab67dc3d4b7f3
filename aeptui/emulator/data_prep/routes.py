"""Data Prep: /mappingSets with validate and preview, /languages/el."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from aeptui.dataprep import DataPrepError, ExpressionError, MappingRule, compile_expression, compile_mapping
from aeptui.emulator.data_prep import language
from aeptui.emulator.data_prep.state import (
    Document,
    MappingSets,
    field_types,
    mappings_of,
    read_mapping,
    read_set,
    refused,
)
from aeptui.emulator.filters import equal
from aeptui.emulator.http import integer, json_object, sandbox, segment
from aeptui.emulator.ordering import Order

_ORDERS = {"createdDate", "updatedDate", "modifiedDate"}


class _Endpoints:
    """The handlers, over the mapping sets."""

    def __init__(self, sets: MappingSets) -> None:
        self._sets = sets

    async def list(self, request: Request) -> Response:
        query = request.query_params
        if "limit" not in query or "start" not in query:
            raise refused("limit and start are mandatory.", 1006)
        try:
            limit, start = integer(query["limit"], 10, least=1), integer(query["start"], 0, least=0)
        except ValueError as error:
            raise refused(f"limit or start is not valid: {error}", 1006) from error
        shelf = self._sets.all(sandbox(request))
        given = [equal("name", [name])] if (name := query.get("name")) else []
        orders: list[Order] = []
        orderby = query.get("orderBy", "")
        if field := orderby.lstrip("+- "):
            if field not in _ORDERS:
                raise refused(f"The order {orderby} is not supported.", 1006)
            key = "createdDate" if field == "createdDate" else "modifiedDate"
            orders = [Order(key, orderby.startswith("-"))]
        found = shelf.part(given, orders, start, limit + 1)
        links: Document = {}
        if len(found) > limit:
            links["next"] = {"href": f"/mappingSets?limit={limit}&start={start + limit}"}
        shown = [self._read(request, item) for item in found[:limit]]
        return JSONResponse({"data": shown, "_page": {"count": len(shown), "limit": limit}, "_links": links})

    async def get(self, request: Request) -> Response:
        return JSONResponse(self._read(request, self._one(request)))

    async def create(self, request: Request) -> Response:
        body = await json_object(request)
        validate = request.query_params.get("validate", "true").lower() != "false"
        made = self._sets.create(sandbox(request), body, validate=validate)
        keys = ("id", "version", "createdDate", "modifiedDate", "createdBy", "modifiedBy")
        return JSONResponse({key: made[key] for key in keys})

    async def replace(self, request: Request) -> Response:
        made = self._sets.replace(sandbox(request), segment(request, "id"), await json_object(request))
        return JSONResponse(read_set(made))

    async def delete(self, request: Request) -> Response:
        self._sets.delete(sandbox(request), segment(request, "id"))
        return Response(status_code=204)

    async def mappings(self, request: Request) -> Response:
        return JSONResponse([read_mapping(mapping) for mapping in self._one(request)["mappings"]])

    async def mapping(self, request: Request) -> Response:
        wanted = segment(request, "mapping")
        for mapping in self._one(request)["mappings"]:
            if mapping["id"] == wanted:
                return JSONResponse(read_mapping(mapping))
        raise refused(f"Mapping {wanted} was not found.", 1404, 404)

    async def validate(self, request: Request) -> Response:
        answers: list[Document] = []
        for check in self._sets.checked(sandbox(request), await json_object(request)):
            mapping = check.mapping
            error = {
                "destination": mapping["destination"],
                "source": mapping["source"],
                "sourceType": mapping["sourceType"],
                "columnName": mapping["source"],
                "exception": check.exception,
            }
            status = "FAILED" if check.exception else "SUCCESS"
            answers.append({"status": status, "errors": [error] if check.exception else None})
        return JSONResponse({"validationResponse": answers})

    async def preview(self, request: Request) -> Response:
        body = await json_object(request)
        rows, mapping_set = body.get("data"), body.get("mappingSet")
        rows = [rows] if isinstance(rows, dict) else rows
        if not isinstance(rows, list) or not isinstance(mapping_set, dict):
            raise refused("data and mappingSet are missing.", 1007)
        schema = self._sets.schema_of(sandbox(request), mapping_set)
        rules = [
            MappingRule(entry["sourceType"], entry["source"], entry["destination"])
            for entry in mappings_of(mapping_set)
        ]
        now = datetime.fromtimestamp(self._sets.world.time.now(), UTC)
        try:
            mapper = compile_mapping(rules, field_types(schema), now)
        except DataPrepError as error:
            raise refused(str(error), 1001) from error
        answers: list[Document] = []
        for row in rows:
            made = mapper(row if isinstance(row, dict) else {})
            errors = [
                {"destination": issue.destination, "source": issue.source, "exception": issue.message}
                for issue in (*made.errors, *made.warnings)
            ]
            answers.append({"data": _plain(made.record), "errors": errors or None})
        return JSONResponse(answers)

    async def validate_expression(self, request: Request) -> Response:
        body = await json_object(request)
        expression = body.get("expression")
        if not isinstance(expression, str):
            raise refused("expression is missing.", 1008)
        try:
            compile_expression(expression)
        except ExpressionError as error:
            return JSONResponse({"validationStatus": "failed", "error": str(error)})
        return JSONResponse({"validationStatus": "succeeded", "error": "none"})

    async def functions(self, request: Request) -> Response:
        return JSONResponse(language.functions())

    async def operators(self, request: Request) -> Response:
        return JSONResponse(language.operators())

    # -- parts

    def _one(self, request: Request) -> Document:
        id, version = segment(request, "id"), request.query_params.get("version")
        if version is not None and not version.isdigit():
            raise refused(f"The version {version} is not a number.", 1006)
        found = self._sets.get(sandbox(request), id, int(version) if version else None)
        if found is None:
            raise refused(f"Mapping set {id} was not found.", 1404, 404)
        return found

    def _read(self, request: Request, document: Document) -> Document:
        expand = request.query_params.get("expandSchema", "false").lower() == "true"
        return read_set(document, self._sets.schema_of(sandbox(request), document) if expand else None)


def _plain(value: Any) -> Any:
    """Python values as JSON."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value


def data_prep_routes(sets: MappingSets) -> list[BaseRoute]:
    """The service's route table."""
    on = _Endpoints(sets)
    return [
        Route("/mappingSets", on.list),
        Route("/mappingSets", on.create, methods=["POST"]),
        Route("/mappingSets/validate", on.validate, methods=["POST"]),
        Route("/mappingSets/preview", on.preview, methods=["POST"]),
        Route("/mappingSets/{id}", on.get),
        Route("/mappingSets/{id}", on.replace, methods=["PUT"]),
        Route("/mappingSets/{id}", on.delete, methods=["DELETE"]),
        Route("/mappingSets/{id}/mappings", on.mappings),
        Route("/mappingSets/{id}/mappings/{mapping}", on.mapping),
        Route("/languages/el/validate", on.validate_expression, methods=["POST"]),
        Route("/languages/el/functions", on.functions),
        Route("/languages/el/operators", on.operators),
    ]
