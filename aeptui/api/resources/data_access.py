"""Data Access: the files of a batch, the rows it refused, the files it read. Large ones go straight to disk.

The same address answers a list or a file's bytes, decided by the path asked for and not by the content type.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import BinaryIO, Literal

from aeptui.api.errors import NotFound
from aeptui.api.http import Http, Params, query_of
from aeptui.api.resources.flow_service import decode, rows_of
from aeptui.models.base import Json, items_of, mapping_of
from aeptui.models.data_access import DataFile, DatasetFile, FailedRow
from aeptui.models.flow_runs import RunError

EXPORT = "/data/foundation/export"
_PAGE = 100
_MOST_PAGES = 1000
_MOST_LINES = 100_000

_OF_THE_SERVICE = frozenset({"_errors", "_corrupt_record", "_filename", "_row", "_line"})
"""Keys of a diagnostics line that are not the row's own; `_id` and a tenant's fields are."""

Kind = Literal["meta", "failed"]
"""Beside a batch: its diagnostics, or the files of one that failed."""


class DataAccess:
    """Reads only. Rows are customers' data: streamed on request, never logged."""

    def __init__(self, http: Http) -> None:
        self._http = http

    async def files(self, batch_id: str) -> list[DatasetFile]:
        """The dataset files a batch made. Source: Data Access, GET /batches/{id}/files."""
        path = f"{EXPORT}/batches/{batch_id}/files"
        return [decode(DatasetFile, raw, "GET", path) for raw in await self._list(path)]

    async def meta(self, batch_id: str, folder: str | None = None) -> list[DataFile]:
        """The diagnostics beside a batch, or one folder of them. Source: Data Access, GET /batches/{id}/meta."""
        return await self._data_files(f"{EXPORT}/batches/{batch_id}/meta", folder)

    async def failed(self, batch_id: str) -> list[DataFile]:
        """The files of a failed batch. Source: Data Access, GET /batches/{id}/failed."""
        return await self._data_files(f"{EXPORT}/batches/{batch_id}/failed")

    async def parts(self, dataset_file_id: str) -> list[DataFile]:
        """What a dataset file consists of. Source: Data Access, GET /files/{id}."""
        return await self._data_files(f"{EXPORT}/files/{dataset_file_id}")

    async def row_errors(self, batch_id: str) -> list[DataFile]:
        """The files of refused rows; none when diagnostics were off, or after 30 days."""
        try:
            return await self.meta(batch_id, "row_errors")
        except NotFound:
            return []

    async def failed_rows(self, batch_id: str, limit: int = 200) -> list[FailedRow]:
        """Refused rows, at most `limit`: one JSON object per line, of which some may be none."""
        rows: list[FailedRow] = []
        for file in await self.row_errors(batch_id):
            left = limit - len(rows)
            if left <= 0:
                break
            path = f"{EXPORT}/batches/{batch_id}/meta"
            lines = await self._http.lines(path, params={"path": _inside("row_errors", file.name)}, limit=left)
            rows.extend(failed_row(line) for line in lines if line.strip())
        return rows

    async def failed_rows_by_file(self, batch_id: str, limit: int) -> tuple[Counter[str | None], bool]:
        """How many refused rows each file has, as the diagnostics name it; and whether all of them were looked at."""
        counts: Counter[str | None] = Counter()
        path = f"{EXPORT}/batches/{batch_id}/meta"
        for file in await self.row_errors(batch_id):
            left = limit - counts.total()
            lines = await self._http.lines(path, params={"path": _inside("row_errors", file.name)}, limit=left + 1)
            rows = [line for line in lines if line.strip()]
            counts.update(failed_row(line).file for line in rows[:left])
            if len(rows) > left:
                return counts, False
        return counts, True

    async def input_files(self, batch_id: str) -> list[str]:
        """The paths of the files a batch was made from; none when nobody kept them."""
        try:
            listed = await self.meta(batch_id, "input_files")
        except NotFound:
            return []
        paths = []
        for file in listed:
            query = {"path": _inside("input_files", file.name)}
            path = f"{EXPORT}/batches/{batch_id}/meta"
            for line in await self._http.lines(path, params=query, limit=_MOST_LINES):
                if line.strip():
                    paths.append(_path_of(line))
        return paths

    async def download(
        self,
        batch_id: str,
        name: str,
        into: BinaryIO,
        *,
        kind: Kind = "meta",
        progress: Callable[[int], None] | None = None,
    ) -> int:
        """A file beside a batch, such as `row_errors/parsing_errors_0.json`. Answers its size in bytes.

        Args:
            into: Empty; a lost line is gone on with where it was.
        """
        path = f"{EXPORT}/batches/{batch_id}/{kind}"
        return await self._http.download(path, into, params={"path": name}, progress=progress)

    async def download_part(
        self, dataset_file_id: str, name: str, into: BinaryIO, *, progress: Callable[[int], None] | None = None
    ) -> int:
        """A part of a dataset file, such as its Parquet. Answers its size in bytes."""
        path = f"{EXPORT}/files/{dataset_file_id}"
        return await self._http.download(path, into, params={"path": name}, progress=progress)

    async def _data_files(self, path: str, folder: str | None = None) -> list[DataFile]:
        params = (("path", folder),) if folder else ()
        return [decode(DataFile, raw, "GET", path) for raw in await self._list(path, params)]

    async def _list(self, path: str, params: Params = ()) -> list[Json]:
        rows: list[Json] = []
        following: dict[str, str] = {}
        for _ in range(_MOST_PAGES):
            query = {"limit": str(_PAGE), **following, **dict(params)}
            answer = (await self._http.send("GET", path, params=query)).body
            found = rows_of(answer, "data", "GET", path)
            rows.extend(found)
            link = mapping_of(mapping_of(mapping_of(answer).get("_links")).get("next")).get("href")
            start = query_of(link).get("start")
            if not found or start is None or start == following.get("start"):
                return rows
            following = {"start": start}
        return rows


def failed_row(line: str) -> FailedRow:
    """One line of a diagnostics file; a line that is no JSON is kept as it is."""
    try:
        raw: Json = json.loads(line)
    except (ValueError, RecursionError):
        raw = None
    if not isinstance(raw, dict):
        return FailedRow(raw=line, record={})
    errors = [mapping_of(one) for one in items_of(raw.get("_errors"))]
    reasons = tuple(RunError(str(one.get("code") or ""), str(one.get("message") or "")) for one in errors)
    column = next((str(one["column"]) for one in errors if one.get("column")), None)
    record = {key: value for key, value in raw.items() if key not in _OF_THE_SERVICE}
    corrupt = raw.get("_corrupt_record")
    text = str(corrupt) if corrupt is not None else json.dumps(record, ensure_ascii=False)
    file, number = raw.get("_filename"), raw.get("_row", raw.get("_line"))
    if not isinstance(number, int):
        match = re.search(r"\bline (\d{1,15})\b", " ".join(reason.message for reason in reasons))
        number = int(match[1]) if match else None
    return FailedRow(text, record, reasons, str(file) if file else None, number, column)


def _inside(folder: str, name: str) -> str:
    return f"{folder}/{name.removeprefix(f'{folder}/')}"


def _path_of(line: str) -> str:
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError):
        return line
    return str(mapping_of(raw).get("path") or line)
