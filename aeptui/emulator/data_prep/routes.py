"""Data Prep: /mappingSets with validate, preview and suggestion, /languages/el.

In no published file, but sent by aepp: writing single mappings, deleting a set, suggestions, `property` filters.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from aeptui.dataprep import DataPrepError, MappingRule, compile_expression, compile_mapping
from aeptui.dataprep.functions.registry import Context
from aeptui.emulator.bounds import whole_number
from aeptui.emulator.catalog.state import Catalog
from aeptui.emulator.data_access.state import BatchFiles
from aeptui.emulator.data_prep import language, suggestion
from aeptui.emulator.data_prep.state import (
    Document,
    MappingSets,
    field_types,
    mapping_in,
    mappings_of,
    read_mapping,
    read_set,
    refused,
)
from aeptui.emulator.filters import Condition, FilterError, conditions, equal
from aeptui.emulator.http import integer, json_object, sandbox, segment
from aeptui.emulator.ordering import Order

_ORDERS = {"createdDate", "updatedDate", "modifiedDate", "lastUpdateDate"}  # the last is the published default


class _Endpoints:
    """The handlers, over the mapping sets."""

    def __init__(self, sets: MappingSets, files: BatchFiles) -> None:
        self._sets = sets
        self._files = files

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
        given += _conditions(query.getlist("property"))
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
        return JSONResponse(read_mapping(mapping_in(self._one(request), segment(request, "mapping"))))

    async def add_mapping(self, request: Request) -> Response:
        body = await json_object(request)
        return JSONResponse(read_mapping(self._sets.put_mapping(sandbox(request), segment(request, "id"), body)))

    async def change_mapping(self, request: Request) -> Response:
        where, id, mapping = sandbox(request), segment(request, "id"), segment(request, "mapping")
        if request.method == "DELETE":
            self._sets.delete_mapping(where, id, mapping)
            return Response(status_code=204)
        return JSONResponse(read_mapping(self._sets.put_mapping(where, id, await json_object(request), mapping)))

    async def suggest(self, request: Request) -> Response:
        query = request.query_params
        dataset, batch = query.get("datasetId"), query.get("batchId")
        if not dataset or not batch:
            raise refused("datasetId and batchId are mandatory.", 1006)
        every = query.get("excludeUnmapped", "true").lower() == "false"
        made = await suggestion.suggested(self._sets, self._files, sandbox(request), dataset, batch, unmapped=every)
        return JSONResponse(made)

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
        if (id := body.get("mappingSetId")) is not None:
            self._sets.need(sandbox(request), str(id))
        row = _sample(body)
        try:
            compiled = compile_expression(expression)
            if row is not None:
                compiled.evaluate(row, Context(datetime.fromtimestamp(self._sets.world.time.now(), UTC)))
        except DataPrepError as error:
            return JSONResponse({"validationStatus": "failed", "error": str(error)})
        return JSONResponse({"validationStatus": "succeeded", "error": "none"})

    async def functions(self, request: Request) -> Response:
        return JSONResponse(language.functions())

    async def operators(self, request: Request) -> Response:
        return JSONResponse(language.operators())

    # -- parts

    def _one(self, request: Request) -> Document:
        id, version = segment(request, "id"), request.query_params.get("version")
        number = None if version is None else whole_number(version)
        if version is not None and number is None:
            raise refused(f"The version {version} is not a number.", 1006)
        return self._sets.need(sandbox(request), id, number)

    def _read(self, request: Request, document: Document) -> Document:
        expand = request.query_params.get("expandSchema", "false").lower() == "true"
        return read_set(document, self._sets.schema_of(sandbox(request), document) if expand else None)


def _conditions(expressions: list[str]) -> list[Condition]:
    """`property` filters, in no file but sent by aepp; the schema of a set is found by its older name too."""
    try:
        return conditions([re.sub(r"^\s*xdmSchema\b", "outputSchema.schemaRef.id", one) for one in expressions])
    except FilterError as error:
        raise refused(str(error), 1006) from error


def _sample(body: Document) -> Document | None:
    """The row that an expression is to be tried on; its form is not documented beyond being a text."""
    sample, kind = body.get("sampleData"), str(body.get("sampleDataType") or "json")
    if sample is None:
        return None
    if kind.lower() not in ("json", "application/json"):
        raise refused(f"The sampleDataType {kind} is not supported: application/json.", 1008)
    try:
        row = json.loads(sample) if isinstance(sample, str) else sample
    except (ValueError, RecursionError) as error:
        raise refused(f"sampleData is not JSON: {error}", 1008) from error
    if not isinstance(row, dict):
        raise refused("sampleData must be a JSON object.", 1008)
    return row


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


def data_prep_routes(sets: MappingSets, catalog: Catalog) -> list[BaseRoute]:
    """The service's route table."""
    on = _Endpoints(sets, BatchFiles(catalog))
    return [
        Route("/mappingSets", on.list),
        Route("/mappingSets", on.create, methods=["POST"]),
        Route("/mappingSets/validate", on.validate, methods=["POST"]),
        Route("/mappingSets/preview", on.preview, methods=["POST"]),
        Route("/mappingSets/suggestion", on.suggest),
        Route("/mappingSets/{id}", on.get),
        Route("/mappingSets/{id}", on.replace, methods=["PUT"]),
        Route("/mappingSets/{id}", on.delete, methods=["DELETE"]),
        Route("/mappingSets/{id}/mappings", on.mappings),
        Route("/mappingSets/{id}/mappings", on.add_mapping, methods=["POST"]),
        Route("/mappingSets/{id}/mappings/{mapping}", on.mapping),
        Route("/mappingSets/{id}/mappings/{mapping}", on.change_mapping, methods=["PUT", "DELETE"]),
        Route("/languages/el/validate", on.validate_expression, methods=["POST"]),
        Route("/languages/el/functions", on.functions),
        Route("/languages/el/operators", on.operators),
    ]
