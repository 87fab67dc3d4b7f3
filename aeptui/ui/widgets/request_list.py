"""The requests of an execution, one line each, in the order they were sent. Bodies arrive here redacted already."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Protocol

from aeptui.ui.formatting import clock_time, duration
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row
from aeptui.ui.widgets.text_lines import Line, json_lines, line

PLACES: dict[str, str] = {
    "base_connection": "/connections",
    "source_connection": "/sourceConnections",
    "field_group": "/tenant/fieldgroups",
    "schema": "/tenant/schemas",
    "dataset": "/dataSets",
    "target_connection": "/targetConnections",
    "mapping_set": "/mappingSets",
    "flow_spec": "/flowSpecs",
    "flow": "/flows",
}
"""The collection each step talks to: the part of a path that tells its requests."""


_COMMON = "/data/foundation"
"""What nearly every path begins with; a list has no room for it."""


class SentRequest(Protocol):
    """What a logged request tells; bodies and texts hold no secret."""

    @property
    def number(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def status(self) -> int | None: ...
    @property
    def duration_ms(self) -> float: ...
    @property
    def attempt(self) -> int: ...
    @property
    def request_id(self) -> str | None: ...
    @property
    def error(self) -> str | None: ...
    @property
    def request_body(self) -> object: ...
    @property
    def response_body(self) -> object: ...


class RequestList(Grid):
    """One row for each attempt; the row's key is its number.

    A question that was asked again and answered alike stays one line that counts: who waits for a flow run asks often.
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(
            Column("answer", "Answer", width=8),
            Column("method", "Request", width=7),
            Column("path", "", min_width=20),
            Column("time", "Time", width=7, align="right", priority=1),
            Column("at", "At", width=8, priority=2),
            empty="No request yet, or none was kept.",
            id=id,
        )
        self._requests: dict[str, SentRequest] = {}

    def show_requests(self, requests: Sequence[SentRequest]) -> None:
        """Show these requests; a cursor on the last one follows new ones."""
        follow = self.row_count == 0 or (self.cursor_index == self.row_count - 1 and not self.has_focus)
        same = [list(group) for _, group in groupby(requests, key=_alike)]
        self._requests = {str(group[0].number): group[-1] for group in same}
        self.show([_row(group) for group in same])
        if follow and same:
            self.move_to(str(same[-1][0].number))

    @property
    def highlighted(self) -> SentRequest | None:
        """The request under the cursor."""
        return self._requests.get(self.cursor_key or "")


def request_of_step(step: str, requests: Sequence[SentRequest]) -> SentRequest | None:
    """The request that did a step's work: the last one that wrote to its collection, else the last that read it."""
    place = PLACES.get(step, "")
    of_step = [request for request in requests if place and _collection(request.path).endswith(place)]
    if not of_step:
        of_step = [request for request in requests if place and f"{place}/" in request.path]
    writes = [request for request in of_step if request.method != "GET"]
    return next(reversed(writes or of_step), None)


def request_title(request: SentRequest) -> str:
    """`POST /data/...  201 in 31 ms`."""
    return f"{request.method} {_collection(request.path)}  {_answer(request)} in {duration(request.duration_ms / 1000)}"


def request_lines(request: SentRequest) -> tuple[Line, ...]:
    """A request and its answer, to read."""
    lines: list[Line] = []
    if request.error:
        lines += [line(request.error, "error"), ()]
    lines.append((("Request  ", "strong"), (f"{request.method} {request.path}", "muted")))
    if request.request_body is not None:
        lines += json_lines(request.request_body)
    lines += [(), (("Answer  ", "strong"), (_answer(request), _style(request)))]
    if request.response_body is not None:
        lines += json_lines(request.response_body)
    facts = [f"attempt {request.attempt}"] if request.attempt > 1 else []
    if request.request_id:
        facts.append(f"request id {request.request_id}")
    if facts:
        lines += [(), line(", ".join(facts), "muted")]
    return tuple(lines)


def answer_text(request: SentRequest) -> str:
    """The answer as JSON, to copy."""
    return "" if request.response_body is None else json.dumps(request.response_body, indent=2, ensure_ascii=False)


def _collection(path: str) -> str:
    return path.partition("?")[0].rstrip("/")


def _answer(request: SentRequest) -> str:
    return "no answer" if request.status is None else str(request.status)


def _style(request: SentRequest) -> str:
    return "ok" if request.status is not None and request.status < 400 else "error"


def _alike(request: SentRequest) -> tuple[object, ...]:
    return (request.method, request.path, request.status, request.number if request.method != "GET" else None)


def _row(same: Sequence[SentRequest]) -> Row:
    last = same[-1]
    path = last.path.removeprefix(_COMMON)
    return Row(
        str(same[0].number),
        (
            Cell("none" if last.status is None else str(last.status), _style(last)),
            last.method,
            path if len(same) == 1 else f"{len(same)} x {path}",
            Cell(duration(last.duration_ms / 1000), sort=last.duration_ms),
            Cell(clock_time(last.at), "muted"),
        ),
    )
