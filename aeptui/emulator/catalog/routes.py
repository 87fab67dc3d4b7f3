"""Catalog: /dataSets, /v2/dataSets and /batches."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from aeptui.emulator.catalog.state import Catalog, Document, refused
from aeptui.emulator.filters import Condition, FilterError, Test, conditions, equal, parse
from aeptui.emulator.http import integer, json_body, json_object, sandbox, segment
from aeptui.emulator.ordering import orders_of
from aeptui.emulator.shelf import Shelf

_KNOWN = {
    "limit",
    "start",
    "orderBy",
    "properties",
    "property",
    "tags",
    "requestDataSource",
    "name",
    "dataSet",
    "batch",
}
_KNOWN |= {"status", "externalId", "createdAfter", "createdBefore", "updatedAfter", "updatedBefore", "dataSetId"}


def _tag_test(text: str) -> Test:
    """`k:v,k2:*`: all of them; `*` stands for anything."""
    wanted = [part.partition(":") for part in text.split(",") if part]

    def test(item: Mapping[str, Any]) -> bool:
        tags = item.get("tags") or {}
        return all(
            any(fnmatch.fnmatchcase(str(value), pattern or "*") for value in tags.get(key, []))
            for key, _, pattern in wanted
        )

    return test


class _Endpoints:
    """The handlers, over the catalog's state."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def list_datasets(self, request: Request) -> Response:
        name = request.query_params.get("name")
        given = [] if name is None else [equal("name", [name])]
        return self._list(request, self._catalog.datasets(sandbox(request)), given)

    async def get_dataset(self, request: Request) -> Response:
        found = self._catalog.need_dataset(sandbox(request), segment(request, "id"))
        return JSONResponse({found["_id"]: self._shown(found, self._properties(request))})

    async def create_dataset(self, request: Request) -> Response:
        id = self._catalog.create_dataset(sandbox(request), await json_object(request))
        location = f"/data/foundation/catalog/dataSets/{id}"
        return JSONResponse([f"@/dataSets/{id}"], 201, headers={"location": location})

    async def change_dataset(self, request: Request) -> Response:
        id = segment(request, "id")
        known = self._catalog.need_dataset(sandbox(request), id)
        for header, same in (("if-match", True), ("if-none-match", False)):
            value = request.headers.get(header)
            if value is not None and (value.strip('"') == str(known["updated"])) is not same:
                raise refused("The dataset has been changed meanwhile.", 1412, 412)
        change = await json_body(request)
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        if isinstance(change, list) and kind != "application/json-patch+json":
            raise refused("A JSON Patch needs the content type application/json-patch+json.")
        self._catalog.change_dataset(sandbox(request), id, change, deep="/v2/" in request.url.path)
        return JSONResponse([f"@/dataSets/{id}"])

    async def delete_dataset(self, request: Request) -> Response:
        id = segment(request, "id")
        self._catalog.delete_dataset(sandbox(request), id)
        return JSONResponse([f"@/dataSets/{id}"])

    async def list_batches(self, request: Request) -> Response:
        query = request.query_params
        given: list[Condition] = []
        if dataset := query.get("dataSet") or query.get("dataSetId"):
            given.append(equal("relatedObjects[].id", [dataset]))
        for key, field in (("status", "status"), ("externalId", "externalId"), ("batch", "id")):
            if wanted := query.get(key):
                given.append(equal(field, wanted.split(",")))
        for key, field, operator in (
            ("createdAfter", "created", ">"),
            ("createdBefore", "created", "<"),
            ("updatedAfter", "updated", ">"),
            ("updatedBefore", "updated", "<"),
        ):
            if bound := query.get(key):
                given.append(parse(f"{field}{operator}{self._number(key, bound)}"))
        return self._list(request, self._catalog.all_batches(sandbox(request)), given, key="id")

    async def get_batch(self, request: Request) -> Response:
        id = segment(request, "id")
        found = self._catalog.batch(sandbox(request), id)
        if found is None:
            raise refused(f"Batch {id} was not found.", 1404, 404)
        return JSONResponse({id: self._shown(found, self._properties(request))})

    async def last_batches(self, request: Request) -> Response:
        where = sandbox(request)
        dataset = request.query_params.get("dataSetId") or request.query_params.get("dataSet")
        ids = [dataset] if dataset else [item["_id"] for _, item in self._catalog.datasets(where)]
        last = {id: found for id in ids if (found := self._catalog.last_batch(where, id)) is not None}
        return JSONResponse({id: self._shown(item) for id, item in last.items()})

    # -- parts

    def _list(self, request: Request, shelf: Shelf, given: list[Condition], *, key: str = "_id") -> Response:
        """Filter, sort, cut and trim, into a map keyed by id."""
        query = request.query_params
        wanted = self._properties(request)
        most = 20 if "observableSchema" in wanted else 100
        try:
            limit = integer(query.get("limit"), 20, least=1, most=most)
            start = integer(query.get("start"), 0, least=0)
        except ValueError as error:
            raise refused(f"limit must be 1 to {most} and start 0 or more: {error}") from error
        expressions = query.getlist("property")
        expressions += [f"{name}=={value}" for name, value in query.multi_items() if name not in _KNOWN]
        try:
            given = [*given, *conditions(expressions, regular_expressions=True)]
        except FilterError as error:
            raise refused(str(error)) from error
        if tags := query.get("tags"):
            given.append(Condition("tags", "~", (tags,), _tag_test(tags)))
        found = shelf.part(given, orders_of(query.get("orderBy", "")), start, limit)
        return JSONResponse({item[key]: self._shown(item, wanted) for item in found})

    @staticmethod
    def _properties(request: Request) -> list[str]:
        return [name for name in request.query_params.get("properties", "").split(",") if name]

    @staticmethod
    def _shown(item: Document, wanted: list[str] | None = None) -> Document:
        public = {key: value for key, value in item.items() if not key.startswith("_")}
        return {key: public[key] for key in wanted if key in public} if wanted else public

    @staticmethod
    def _number(name: str, text: str) -> int:
        try:
            return int(text)
        except ValueError as error:
            raise refused(f"{name} must be epoch milliseconds.") from error


def catalog_routes(catalog: Catalog) -> list[BaseRoute]:
    """The service's route table."""
    on = _Endpoints(catalog)
    return [
        Route("/dataSets", on.list_datasets),
        Route("/dataSets", on.create_dataset, methods=["POST"]),
        Route("/dataSets/{id}", on.get_dataset),
        Route("/dataSets/{id}", on.change_dataset, methods=["PATCH"]),
        Route("/dataSets/{id}", on.delete_dataset, methods=["DELETE"]),
        Route("/v2/dataSets/{id}", on.change_dataset, methods=["PATCH"]),
        Route("/batches", on.list_batches),
        Route("/batches/{id}", on.get_batch),
        Route("/lastBatches", on.last_batches),
    ]
