"""Data Prep: mapping sets, and the mapping language as the service understands it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from aeptui.api.http import Http
from aeptui.api.resources.flow_service import decode, rows_of
from aeptui.models.base import Json, items_of, mapping_of
from aeptui.models.mapping_sets import (
    ExpressionFunction,
    ExpressionOperator,
    Mapping,
    MappingCheck,
    MappingSet,
    MappingSetCreate,
    PreviewedRow,
)

CONVERSION = "/data/foundation/conversion"
_PAGE = 100


class MappingSets:
    """Mapping sets. A flow pins one version; a change makes another."""

    PATH = f"{CONVERSION}/mappingSets"

    def __init__(self, http: Http) -> None:
        self._http = http

    async def list(self, *, name: str | None = None) -> AsyncIterator[MappingSet]:
        """All, or those of that name. `limit` and `start` are mandatory. Source: Data Prep, GET /mappingSets."""
        start, seen = 0, set[str]()
        while True:
            params = [("limit", str(_PAGE)), ("start", str(start))]
            if name is not None:
                params.append(("name", name))
            answer = (await self._http.send("GET", self.PATH, params=params)).body
            rows = rows_of(answer, "data", "GET", self.PATH)
            before = len(seen)
            for raw in rows:
                found = decode(MappingSet, raw, "GET", self.PATH)
                if found.id not in seen:
                    seen.add(found.id)
                    yield found
            # Its count has been seen to be 0 beside rows; a short page is the end.
            if len(rows) < _PAGE or len(seen) == before:
                return
            start += len(rows)

    async def get(self, identifier: str, *, version: int | None = None) -> MappingSet:
        """One, in its newest version or in that one. Source: Data Prep, GET /mappingSets/{id}."""
        path = f"{self.PATH}/{identifier}"
        params = {"version": str(version)} if version is not None else None
        answer = (await self._http.send("GET", path, params=params)).body
        return decode(MappingSet, _named(answer, identifier), "GET", path)

    async def create(self, body: MappingSetCreate) -> MappingSet:
        """Answers id and version. Source: Data Prep, POST /mappingSets."""
        answer = (await self._http.send("POST", self.PATH, body=body.to_wire())).body
        return decode(MappingSet, answer, "POST", self.PATH)

    async def update(self, identifier: str, body: MappingSetCreate) -> MappingSet:
        """Replace it whole; the answer has the new version, which a flow has to be patched to.

        Repeating it makes one more version, and no harm. Source: Data Prep, PUT /mappingSets/{id}.
        """
        path = f"{self.PATH}/{identifier}"
        answer = (await self._http.send("PUT", path, body=body.to_wire())).body
        return decode(MappingSet, _named(answer, identifier), "PUT", path)

    async def delete(self, identifier: str) -> None:
        """Delete it. Used in practice, not in the OpenAPI file. Source: Data Prep, DELETE /mappingSets/{id}."""
        await self._http.send("DELETE", f"{self.PATH}/{identifier}")

    async def validate(self, body: MappingSetCreate) -> Sequence[MappingCheck]:
        """What the service says of each row, in order. Source: Data Prep, POST /mappingSets/validate."""
        path = f"{self.PATH}/validate"
        answer = (await self._http.send("POST", path, body=body.to_wire())).body
        return [decode(MappingCheck, raw, "POST", path) for raw in rows_of(answer, "validationResponse", "POST", path)]

    async def preview(self, body: MappingSetCreate, rows: Sequence[Json]) -> Sequence[PreviewedRow]:
        """The records those rows become; an array or a single object. Source: Data Prep, POST /mappingSets/preview."""
        path = f"{self.PATH}/preview"
        answer = (await self._http.send("POST", path, body={"data": [*rows], "mappingSet": body.to_wire()})).body
        return [decode(PreviewedRow, raw, "POST", path) for raw in items_of(answer) or (answer,)]

    async def suggestion(self, dataset: str, batch: str) -> Sequence[Mapping]:
        """What the service would map of a batch's rows into a dataset; nothing is stored.

        Source: aepp, GET /mappingSets/suggestion; in no published file.
        """
        path = f"{self.PATH}/suggestion"
        params = {"datasetId": dataset, "batchId": batch, "excludeUnmapped": "true"}
        answer = (await self._http.send("GET", path, params=params)).body
        return [decode(Mapping, raw, "GET", path) for raw in rows_of(answer, "mappings", "GET", path)]


def _named(answer: Json, identifier: str) -> Json:
    """Samples of a single set leave its id out."""
    return {"id": identifier, **answer} if isinstance(answer, dict) else answer


class Expressions:
    """The mapping language as the service understands it."""

    PATH = f"{CONVERSION}/languages/el"

    def __init__(self, http: Http) -> None:
        self._http = http

    async def validate(self, text: str) -> str | None:
        """None when the service takes the expression, else why not. Source: Data Prep, POST /languages/el/validate."""
        answer = (await self._http.send("POST", f"{self.PATH}/validate", body={"expression": text})).body
        if isinstance(answer, bool):
            return None if answer else "The service does not take this expression."
        raw = mapping_of(answer)
        if str(raw.get("validationStatus", "")).lower() == "succeeded":
            return None
        return str(raw.get("error") or "The service does not take this expression.")

    async def functions(self) -> Sequence[ExpressionFunction]:
        """All functions of the language: large. Source: Data Prep, GET /languages/el/functions."""
        path = f"{self.PATH}/functions"
        return [decode(ExpressionFunction, raw, "GET", path) for raw in await self._array(path)]

    async def operators(self) -> Sequence[ExpressionOperator]:
        """All operators of the language. Source: Data Prep, GET /languages/el/operators."""
        path = f"{self.PATH}/operators"
        return [decode(ExpressionOperator, raw, "GET", path) for raw in await self._array(path)]

    async def _array(self, path: str) -> Sequence[Json]:
        answer = (await self._http.send("GET", path)).body
        return rows_of({"entries": answer}, "entries", "GET", path)
