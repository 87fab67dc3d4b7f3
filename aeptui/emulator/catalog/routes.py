"""Catalog: /dataSets, /v2/dataSets, /dataSetFiles, /batches and /lastBatches.

Batches are made by flow runs only; nothing here writes them.
"""

from __future__ import annotations

import asyncio
import fnmatch
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from aeptui.emulator.catalog.observed import observed_schema
from aeptui.emulator.catalog.state import Catalog, Document, refused
from aeptui.emulator.filters import Condition, Test, conditions, equal, holds, parse, values_at
from aeptui.emulator.http import integer, json_body, json_object, sandbox, segment
from aeptui.emulator.ordering import ordered, orders_of
from aeptui.emulator.shelf import Shelf
from aeptui.emulator.world import sandbox_id

_MOST: Final = 100
_MOST_OBSERVED: Final = 20
"""With `observableSchema`, whose making reads the dataset's files."""
_BOUNDS: Final = {
    "createdAfter": "created>",
    "createdBefore": "created<",
    "updatedAfter": "updated>",
    "updatedBefore": "updated<",
    "startAfter": "started>",
    "startBefore": "started<",
    "endAfter": "completed>",
    "endBefore": "completed<",
}
"""Exclusive bounds in epoch milliseconds: the parameter -> field and operator."""
_KNOWN: Final = _BOUNDS.keys() | {"limit", "start", "orderBy", "properties", "property", "tags", "requestDataSource"}
_OF_BATCHES: Final = {"dataSet", "batch", "status", "externalId", "transform", "dataSetId"}
_FAILED: Final = ("failed", "failure")


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
        given = [equal("name", [name])] if name else []  # exactly, with commas and quotes
        most = _MOST_OBSERVED if "observableSchema" in self._wanted(request) else _MOST
        found = self._chosen(request, self._catalog.datasets(sandbox(request)), given, {"name"}, most)
        return await self._with_observed(request, found)

    async def get_dataset(self, request: Request) -> Response:
        found = self._catalog.need_dataset(sandbox(request), segment(request, "id"))
        return await self._with_observed(request, [found], always=not self._wanted(request))

    async def create_dataset(self, request: Request) -> Response:
        id = self._catalog.create_dataset(sandbox(request), await json_object(request))
        location = f"/data/foundation/catalog/dataSets/{id}"
        return JSONResponse([f"@/dataSets/{id}"], 201, headers={"location": location})

    async def change_dataset(self, request: Request) -> Response:
        id = segment(request, "id")
        known = self._catalog.need_dataset(sandbox(request), id)
        for header, same in (("if-match", True), ("if-none-match", False)):
            value = request.headers.get(header)
            if value is not None and (value == "*" or value.strip('"') == str(known["updated"])) is not same:
                raise refused("The dataset has been changed meanwhile.", 1412, 412)
        change = await json_body(request)
        if request.method == "PUT":
            self._catalog.replace_dataset(sandbox(request), id, change)
            return JSONResponse([f"@/dataSets/{id}"])
        deep = "/v2/" in request.url.path
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        if isinstance(change, list) and (deep or kind != "application/json-patch+json"):
            raise refused("A JSON Patch needs the content type application/json-patch+json, and not v2.")
        self._catalog.change_dataset(sandbox(request), id, change, deep=deep)
        return JSONResponse([f"@/dataSets/{id}"])

    async def delete_dataset(self, request: Request) -> Response:
        id = segment(request, "id")
        self._catalog.delete_dataset(sandbox(request), id)
        return JSONResponse([f"@/dataSets/{id}"])

    async def list_batches(self, request: Request) -> Response:
        return self._answer(request, self._batches(request), key="id")

    async def unique_values(self, request: Request) -> Response:
        """Every value that a field of the batches has, as text. Lists and objects have none."""
        field = segment(request, "field")
        values = dict.fromkeys(
            value
            for item in self._batches(request)
            for value in values_at(item, field)
            if isinstance(value, str | int | float)
        )
        return JSONResponse([str(value) for value in values])

    async def get_batch(self, request: Request) -> Response:
        id = segment(request, "id")
        found = self._catalog.batch(sandbox(request), id)
        if found is None:
            raise refused(f"Batch {id} was not found.", 1404, 404)
        return self._answer(request, [found], key="id")

    async def last_batches(self, request: Request) -> Response:
        """The last, the last good and the last failed batch of each dataset, keyed by dataset."""
        where = sandbox(request)
        wanted = [id for id in request.query_params.get("dataSetId", "").split(",") if id]
        ids = wanted or [item["_id"] for _, item in self._catalog.datasets(where)]
        failed = self._catalog.all_batches(where).find([equal("status", _FAILED)])
        last_failed = {batch["relatedObjects"][0]["id"]: batch["id"] for batch in failed}
        found: list[Document] = []
        for id in ids:
            last, dataset = self._catalog.last_batch(where, id), self._catalog.dataset(where, id)
            if last is None or dataset is None:
                continue
            note = {key: last[key] for key in ("imsOrg", "created", "updated")}
            note |= {"_id": id, "lastBatchId": last["id"], "lastBatchStatus": last["status"]}
            note["sandboxId"] = sandbox_id(where)
            if "lastSuccessfulBatch" in dataset:
                note["lastSuccessfulBatchId"] = dataset["lastSuccessfulBatch"]
            if id in last_failed:
                note["lastFailedBatchId"] = last_failed[id]
            found.append(note)
        return self._answer(request, self._chosen(request, found, [], {"dataSetId"}))

    async def dataset_files(self, request: Request) -> Response:
        """What the `files` of a dataset points at: its files, newest batch last, keyed by file (shape inferred)."""
        dataset = request.query_params.get("dataSetId")
        if not dataset:
            raise refused("dataSetId is missing.")
        found: list[Document] = []
        for batch in self._catalog.batches(sandbox(request), dataset):
            for file in batch.get("_files", []):
                numbers = {key: batch[key] for key in ("imsOrg", "created", "updated", "createdClient", "version")}
                shown = {key: file[key] for key in ("dataSetViewId", "name", "records")}
                place = {"_id": file["dataSetFileId"], "batchId": batch["id"], "dataSetId": dataset}
                found.append({**place, **shown, **numbers, "sizeInBytes": file["size"]})
        return self._answer(request, self._chosen(request, found, [], {"dataSetId"}))

    # -- parts

    def _batches(self, request: Request) -> list[Document]:
        query = request.query_params
        given: list[Condition] = []
        if dataset := query.get("dataSet") or query.get("dataSetId"):
            given.append(equal("relatedObjects[].id", [dataset]))
        for key, field in (("status", "status"), ("externalId", "externalId"), ("batch", "id")):
            if wanted := query.get(key):
                given.append(equal(field, wanted.split(",")))
        return self._chosen(request, self._catalog.all_batches(sandbox(request)), given, _OF_BATCHES)

    def _chosen(
        self,
        request: Request,
        among: Shelf | list[Document],
        given: list[Condition],
        handled: set[str],
        most: int = _MOST,
    ) -> list[Document]:
        """Filter, sort and cut.

        Args:
            given: Conditions beside those that the query states in general.
            handled: Parameters that `given` has come from.
        """
        query = request.query_params
        try:
            limit = integer(query.get("limit"), 20, least=1, most=most)
            start = integer(query.get("start"), 0, least=0)
        except ValueError as error:
            raise refused(f"limit must be 1 to {most} and start 0 or more: {error}") from error
        general = [(name, value) for name, value in query.multi_items() if value and name not in _KNOWN | handled]
        expressions = [text for text in query.getlist("property") if text]
        expressions += [f"{name}=={value}" for name, value in general]
        bounds = [parse(f"{_BOUNDS[name]}{self._number(name, query[name])}") for name in _BOUNDS if query.get(name)]
        try:
            given = [*given, *bounds, *conditions(expressions, regular_expressions=True)]
            orders = orders_of(query.get("orderBy", ""))
        except ValueError as error:
            raise refused(str(error)) from error
        if tags := query.get("tags"):
            given.append(Condition("tags", "~", (tags,), _tag_test(tags)))
        if isinstance(among, Shelf):
            return among.part(given, orders, start, limit)
        return ordered((item for item in among if holds(given, item)), orders)[start : start + limit]

    def _answer(self, request: Request, found: list[Document], *, key: str = "_id") -> Response:
        """A map keyed by id, of the wanted properties only."""
        wanted = self._wanted(request)
        return JSONResponse({item[key]: self._shown(item, wanted) for item in found})

    async def _with_observed(self, request: Request, found: list[Document], *, always: bool = False) -> Response:
        """Datasets; with the schema of what is in them when that is asked for."""
        if always or "observableSchema" in self._wanted(request):
            where = sandbox(request)
            files = {item["_id"]: self._catalog.data_files(where, item["_id"]) for item in found}
            observed = await asyncio.to_thread(lambda: {id: observed_schema(paths) for id, paths in files.items()})
            found = [{**item, "observableSchema": observed[item["_id"]]} for item in found]
        return self._answer(request, found)

    @staticmethod
    def _wanted(request: Request) -> list[str]:
        return [name for name in request.query_params.get("properties", "").split(",") if name]

    @staticmethod
    def _shown(item: Document, wanted: list[str]) -> Document:
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
        Route("/dataSets/{id}", on.change_dataset, methods=["PATCH", "PUT"]),
        Route("/dataSets/{id}", on.delete_dataset, methods=["DELETE"]),
        Route("/v2/dataSets/{id}", on.change_dataset, methods=["PATCH"]),
        Route("/dataSetFiles", on.dataset_files),
        Route("/batches", on.list_batches),
        Route("/batches/uniques/{field}", on.unique_values),
        Route("/batches/{id}", on.get_batch),
        Route("/lastBatches", on.last_batches),
    ]
