"""Catalog and Data Access: datasets, batches, and the files beside a batch."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator

from aeptui.api.errors import DecodeError, NotFound
from aeptui.api.http import Http
from aeptui.api.resources.flow_service import decode
from aeptui.ids import DatasetId
from aeptui.models.base import Json, items_of, mapping_of
from aeptui.models.data_access import DataFile, FailedRow
from aeptui.models.datasets import Batch, Dataset, DatasetCreate
from aeptui.models.flow_runs import RunError

CATALOG = "/data/foundation/catalog"
EXPORT = "/data/foundation/export"
_PAGE = 100


class Datasets:
    """Datasets come in maps keyed by id."""

    PATH = f"{CATALOG}/dataSets"

    def __init__(self, http: Http) -> None:
        self._http = http

    async def list(self, *, name: str | None = None, tags: str | None = None) -> AsyncIterator[Dataset]:
        """All, by name, newest first. Paging is a zero-based offset. Source: Catalog, GET /dataSets."""
        fixed = [("orderBy", "desc:created"), ("limit", str(_PAGE))]
        if name is not None:
            fixed.append(("name", name))
        if tags is not None:
            fixed.append(("tags", tags))
        start, seen = 0, set()
        while True:
            params = [*fixed, ("start", str(start))]
            page = mapping_of((await self._http.send("GET", self.PATH, params=params)).body)
            for identifier, raw in page.items():
                if identifier not in seen:
                    seen.add(identifier)
                    yield decode(Dataset, {**mapping_of(raw), "id": identifier}, "GET", self.PATH)
            if len(page) < _PAGE:
                return
            start += len(page)

    async def get(self, identifier: str) -> Dataset:
        """Source: Catalog, GET /dataSets/{id}."""
        path = f"{self.PATH}/{identifier}"
        page = mapping_of((await self._http.send("GET", path)).body)
        raw = page.get(identifier)
        if raw is None:
            raise NotFound(
                f"There is no dataset {identifier}.",
                "It may be in another sandbox.",
                method="GET",
                path=path,
                status=404,
            )
        return decode(Dataset, {**mapping_of(raw), "id": identifier}, "GET", path)

    async def create(self, body: DatasetCreate) -> DatasetId:
        """The new dataset's id; the answer is `["@/dataSets/<id>"]`. Source: Catalog, POST /dataSets."""
        answer = (await self._http.send("POST", self.PATH, body=body.to_wire())).body
        texts = items_of(answer)
        if not texts or "/" not in str(texts[0]):
            raise DecodeError(
                "Catalog's answer to a new dataset names no id.",
                "Look for it by name before trying again.",
                method="POST",
                path=self.PATH,
            )
        return DatasetId(str(texts[0]).rstrip("/").rpartition("/")[2])

    async def delete(self, identifier: str) -> None:
        """Source: Catalog, DELETE /dataSets/{id}."""
        try:
            await self._http.send("DELETE", f"{self.PATH}/{identifier}")
        except NotFound:
            return


class Batches:
    """Writes into datasets."""

    PATH = f"{CATALOG}/batches"

    def __init__(self, http: Http) -> None:
        self._http = http

    async def list(self, dataset_id: str, *, limit: int = _PAGE) -> AsyncIterator[Batch]:
        """The newest of a dataset. Source: Catalog, GET /batches."""
        params = {"dataSet": dataset_id, "orderBy": "desc:created", "limit": str(min(limit, _PAGE))}
        page = mapping_of((await self._http.send("GET", self.PATH, params=params)).body)
        for identifier, raw in page.items():
            yield decode(Batch, {**mapping_of(raw), "id": identifier}, "GET", self.PATH)

    async def get(self, identifier: str) -> Batch:
        """Source: Catalog, GET /batches/{id}."""
        path = f"{self.PATH}/{identifier}"
        page = mapping_of((await self._http.send("GET", path)).body)
        return decode(Batch, {**mapping_of(page.get(identifier)), "id": identifier}, "GET", path)


class DataAccess:
    """Diagnostics of batches."""

    def __init__(self, http: Http) -> None:
        self._http = http

    async def row_errors(self, batch_id: str) -> list[DataFile]:
        """The files of refused rows; none when diagnostics were off. Source: Data Access, GET /batches/{id}/meta."""
        path = f"{EXPORT}/batches/{batch_id}/meta"
        try:
            answer = mapping_of((await self._http.send("GET", path, params={"path": "row_errors"})).body)
        except NotFound:
            return []
        return [decode(DataFile, raw, "GET", path) for raw in items_of(answer.get("data"))]

    async def failed_rows(self, batch_id: str, limit: int = 200) -> list[FailedRow]:
        """Refused rows, at most `limit`: one JSON object per line, of which some may be none."""
        rows: list[FailedRow] = []
        for file in await self.row_errors(batch_id):
            name = file.name.removeprefix("row_errors/")
            answer = await self._http.send(
                "GET", f"{EXPORT}/batches/{batch_id}/meta", params={"path": f"row_errors/{name}"}, raw=True
            )
            for line in answer.content.decode("utf-8", "replace").splitlines():
                if len(rows) >= limit:
                    return rows
                if line.strip():
                    rows.append(failed_row(line))
        return rows


def failed_row(line: str) -> FailedRow:
    """One line of a diagnostics file; a line that is no JSON is kept as it is."""
    try:
        raw: Json = json.loads(line)
    except ValueError:
        raw = None
    if not isinstance(raw, dict):
        return FailedRow(raw=line, record={})
    errors = [mapping_of(one) for one in items_of(raw.get("_errors"))]
    reasons = tuple(RunError(str(one.get("code") or ""), str(one.get("message") or "")) for one in errors)
    column = next((str(one["column"]) for one in errors if one.get("column")), None)
    record = {key: value for key, value in raw.items() if not key.startswith("_")}
    corrupt = raw.get("_corrupt_record")
    text = str(corrupt) if corrupt is not None else json.dumps(record, ensure_ascii=False)
    file, number = raw.get("_filename"), raw.get("_row", raw.get("_line"))
    if not isinstance(number, int):
        match = re.search(r"\bline (\d+)", " ".join(reason.message for reason in reasons))
        number = int(match[1]) if match else None
    return FailedRow(text, record, reasons, str(file) if file else None, number, column)
