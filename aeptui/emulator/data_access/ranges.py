"""Parts of a file: which of the ranges that were asked for there are (RFC 9110, 14.2), and the answer with them.

Starlette sends the parts. It refuses a header that is none of its ranges, and every range when one of several is
outside the file; the RFC ignores the first and wants the others.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from aeptui.emulator.errors import problem

_ONE: Final = r"\s*(?:\d{1,18}-\d{0,18}|-\d{1,18})\s*"
_HEADER: Final = re.compile(rf"bytes=({_ONE}(?:,{_ONE})*)", re.IGNORECASE)


def satisfiable(header: str, size: int) -> list[tuple[int, int]] | None:
    """(first, last) byte of each range that a file of a size has; None when the header is no range of bytes."""
    match = _HEADER.fullmatch(header.strip())
    if match is None:
        return None
    found: list[tuple[int, int]] = []
    for part in match[1].split(","):
        start, _, end = part.strip().partition("-")
        first = int(start) if start else max(size - int(end), 0)
        last = min(int(end), size - 1) if start and end else size - 1
        if start and end and int(end) < first:
            return None
        if first <= last and (start or int(end)):
            found.append((first, last))
    return found


class _Part(FileResponse):
    """A file, of which the wanted ranges are sent; `ranges` None sends all of it."""

    def __init__(self, file: Path, ranges: list[tuple[int, int]] | None) -> None:
        super().__init__(file, media_type="application/octet-stream")
        self._ranges = ranges

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"range"]
        if self._ranges:
            wanted = ",".join(f"{first}-{last}" for first, last in self._ranges)
            headers.append((b"range", f"bytes={wanted}".encode()))
        await super().__call__({**scope, "headers": headers}, receive, send)


def file_answer(request: Request, file: Path) -> Response:
    """A file's bytes: all, the ranges that were asked for (206), or 416 when it has none of them."""
    header = request.headers.get("range")
    size = file.stat().st_size
    ranges = satisfiable(header, size) if header else None
    if ranges == [] and "if-range" not in request.headers:
        refused = problem("DATA-ACCESS", 1416, f"The file has {size} bytes, and nothing at {header}.", 416)
        return JSONResponse(refused.body, 416, headers=Headers({"content-range": f"bytes */{size}"}))
    return _Part(file, ranges)
