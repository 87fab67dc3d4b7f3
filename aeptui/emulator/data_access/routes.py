"""Data Access: /batches/{id}/files, /failed and /meta, /files/{id}, /datasets/{id}/preview.

The same address answers a list or a file's bytes, by its `path`. `length` and most numbers are strings.
"""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from aeptui.emulator.catalog.state import Catalog
from aeptui.emulator.data_access.ranges import file_answer
from aeptui.emulator.data_access.state import BatchFiles, Document, not_found
from aeptui.emulator.errors import problem
from aeptui.emulator.http import integer, sandbox, segment

PREVIEW_ROWS: Final = 100
MOST: Final = 100
"""Entries in one answer; data-access.yaml names it as the most that can be returned."""


def _list(request: Request, entries: list[Document]) -> Response:
    try:
        limit = min(integer(request.query_params.get("limit"), MOST, least=1), MOST)
        start = integer(request.query_params.get("start"), 0, least=0)
    except ValueError as error:
        raise problem("DATA-ACCESS", 1400, f"limit or start is not valid: {error}") from error
    cut = entries[start : start + limit]
    base = request.url.path
    path = request.query_params.get("path")
    where = f"&path={quote(path, safe='')}" if path else ""
    links: Document = {"page": {"href": f"{base}?start={{start}}&limit={{limit}}{where}", "templated": True}}
    if start + limit < len(entries):
        links["next"] = {"href": f"{base}?start={start + limit}&limit={limit}{where}"}
    return JSONResponse({"data": cut, "_page": {"limit": limit, "count": len(cut)}, "_links": links})


def _entry(request: Request, name: str, length: int, path: str) -> Document:
    href = f"{request.url.scheme}://{request.url.netloc}{request.url.path}?path={quote(path, safe='')}"
    return {"name": name, "length": str(length), "_links": {"self": {"href": href}}}


class _Endpoints:
    """The handlers, over the folders of batches."""

    def __init__(self, files: BatchFiles) -> None:
        self._files = files

    async def batch_files(self, request: Request) -> Response:
        batch = self._files.batch(sandbox(request), segment(request, "id"))
        entries = [
            {
                "dataSetFileId": file["dataSetFileId"],
                "dataSetViewId": file["dataSetViewId"],
                "version": "1.0.0",
                "created": str(batch["created"]),
                "updated": str(batch["updated"]),
                "records": str(file["records"]),
                "size": str(file["size"]),
                "isValid": True,
                "_links": {"self": {"href": f"/data/foundation/export/files/{file['dataSetFileId']}"}},
            }
            for file in self._files.data_files(batch)
        ]
        return _list(request, entries)

    async def failed(self, request: Request) -> Response:
        """A failed batch's diagnostics; this platform keeps no copy of the source files."""
        batch = self._files.batch(sandbox(request), segment(request, "id"))
        if batch["status"] not in ("failed", "failure"):
            raise not_found(f"A failed batch {batch['id']}")
        path = request.query_params.get("path")
        if path:
            return self._meta(request, batch, f"row_errors/{path}")
        found = self._files.meta(batch, "row_errors")
        names = found if isinstance(found, list) else [found]
        return _list(request, [_entry(request, file.name, file.stat().st_size, file.name) for file in names])

    async def meta(self, request: Request) -> Response:
        batch = self._files.batch(sandbox(request), segment(request, "id"))
        return self._meta(request, batch, request.query_params.get("path"))

    def _meta(self, request: Request, batch: Document, path: str | None) -> Response:
        found = self._files.meta(batch, path)
        if isinstance(found, Path):
            return file_answer(request, found)
        prefix = f"{path.strip('/')}/" if path else ""
        return _list(request, [_entry(request, item.name, item.stat().st_size, prefix + item.name) for item in found])

    async def file(self, request: Request) -> Response:
        batch, file = self._files.dataset_file(sandbox(request), segment(request, "id"))
        path = request.query_params.get("path")
        if path is None and request.method != "HEAD":
            return _list(request, [_entry(request, file["name"], file["size"], file["name"])])
        target = self._files.folder(batch) / file["name"]
        if path not in (None, file["name"]) or not target.is_file():
            raise not_found(f"{path} of dataset file {file['dataSetFileId']}")
        return file_answer(request, target)

    async def preview(self, request: Request) -> Response:
        file = self._files.newest_data(sandbox(request), segment(request, "id"))
        rows = [] if file is None else await asyncio.to_thread(_first_rows, file)
        return JSONResponse({"data": rows, "_page": {"count": len(rows), "limit": PREVIEW_ROWS}})


def _first_rows(file: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet as parquet  # heavy, and needed by this one call

    with parquet.ParquetFile(file) as opened:
        for batch in opened.iter_batches(batch_size=PREVIEW_ROWS):
            return [{key: _plain(value) for key, value in row.items()} for row in batch.to_pylist()]
    return []


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {str(key): _plain(item) for key, item in value.items() if item is not None}
        case list() if value and all(isinstance(item, tuple) and len(item) == 2 for item in value):
            return {str(key): _plain(item) for key, item in value}  # how Parquet gives a map
        case list():
            return [_plain(item) for item in value]
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case bytes():
            return value.hex()
        case _:
            return value


def data_access_routes(catalog: Catalog) -> list[BaseRoute]:
    """The service's route table."""
    on = _Endpoints(BatchFiles(catalog))
    return [
        Route("/batches/{id}/files", on.batch_files),
        Route("/batches/{id}/failed", on.failed),
        Route("/batches/{id}/meta", on.meta),
        Route("/files/{id}", on.file),
        Route("/datasets/{id}/preview", on.preview),
    ]
