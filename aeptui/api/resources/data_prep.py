"""Data Prep: mapping sets and expressions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from aeptui.api.errors import NotFound
from aeptui.api.http import Http
from aeptui.api.resources.flow_service import decode
from aeptui.models.base import Json, items_of, mapping_of
from aeptui.models.mapping_sets import MappingCheck, MappingSet, MappingSetCreate

CONVERSION = "/data/foundation/conversion"
_PAGE = 100


class MappingSets:
    """Mapping sets."""

    PATH = f"{CONVERSION}/mappingSets"

    def __init__(self, http: Http) -> None:
        self._http = http

    async def list(self, *, name: str | None = None) -> AsyncIterator[MappingSet]:
        """All, or those of that name. `limit` and `start` are mandatory. Source: Data Prep, GET /mappingSets."""
        start = 0
        while True:
            params = [("limit", str(_PAGE)), ("start", str(start))]
            if name is not None:
                params.append(("name", name))
            answer = mapping_of((await self._http.send("GET", self.PATH, params=params)).body)
            rows = items_of(answer.get("data"))
            for raw in rows:
                yield decode(MappingSet, raw, "GET", self.PATH)
            if len(rows) < _PAGE:
                return
            start += len(rows)

    async def get(self, identifier: str) -> MappingSet:
        """Source: Data Prep, GET /mappingSets/{id}."""
        path = f"{self.PATH}/{identifier}"
        return decode(MappingSet, (await self._http.send("GET", path)).body, "GET", path)

    async def create(self, body: MappingSetCreate) -> MappingSet:
        """Answers id and version. Source: Data Prep, POST /mappingSets."""
        answer = (await self._http.send("POST", self.PATH, body=body.to_wire())).body
        return decode(MappingSet, answer, "POST", self.PATH)

    async def validate(self, body: MappingSetCreate) -> Sequence[MappingCheck]:
        """What the service says of each row, in order. Source: Data Prep, POST /mappingSets/validate."""
        path = f"{self.PATH}/validate"
        answer = mapping_of((await self._http.send("POST", path, body=body.to_wire())).body)
        return [decode(MappingCheck, raw, "POST", path) for raw in items_of(answer.get("validationResponse"))]

    async def preview(self, body: MappingSetCreate, rows: Sequence[Json]) -> Sequence[Json]:
        """The records those rows become. Source: Data Prep, POST /mappingSets/preview."""
        path = f"{self.PATH}/preview"
        answer = (await self._http.send("POST", path, body={"data": [*rows], "mappingSet": body.to_wire()})).body
        return items_of(answer) or (answer,)

    async def delete(self, identifier: str) -> None:
        """Source: Data Prep, DELETE /mappingSets/{id}."""
        try:
            await self._http.send("DELETE", f"{self.PATH}/{identifier}")
        except NotFound:
            return


class Expressions:
    """The mapping language as the service understands it."""

    def __init__(self, http: Http) -> None:
        self._http = http

    async def validate(self, text: str) -> str | None:
        """None when the service takes the expression, else why not. Source: Data Prep, POST /languages/el/validate."""
        answer = (await self._http.send("POST", f"{CONVERSION}/languages/el/validate", body={"expression": text})).body
        if isinstance(answer, bool):
            return None if answer else "The service does not take this expression."
        raw = mapping_of(answer)
        if str(raw.get("validationStatus", "")).lower() == "succeeded":
            return None
        return str(raw.get("error") or "The service does not take this expression.")
