"""Connectors by category, and base connections with what a test of each came to. Read nothing themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from aeptui.ui.formatting import ago, count, state_cell
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row

if TYPE_CHECKING:
    from aeptui.models.connections import BaseConnection, ConnectionSpec

_KINDS = {
    "batch_files": "files",
    "batch_tables": "tables",
    "streaming": "streaming",
    "destination": "destination",
}


@dataclass(frozen=True)
class TestResult:
    """What came of testing a base connection in this session."""

    __test__ = False

    state: Literal["running", "ok", "failed"]
    text: str = ""


class ConnectionSpecList(Grid):
    """One row for each connector; the row's key is its connection spec's id."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(
            Column("category", "Category", min_width=14, priority=1),
            Column("connector", "Connector", min_width=18),
            Column("kind", "Reads", width=9),
            Column("connections", "Base connections", width=16, align="right"),
            Column("about", "About", min_width=30, priority=2),
            empty="The platform lists no sources for this organisation.",
            id=id,
        )
        self._specs: dict[str, ConnectionSpec] = {}

    def show_specs(self, specs: Sequence[ConnectionSpec], counts: Mapping[str, int] | None) -> None:
        """Show these connectors; `counts` is how many base connections each has, None when that is not known."""
        self._specs = {str(spec.id): spec for spec in specs}
        self.show([_spec_row(spec, None if counts is None else counts.get(str(spec.id), 0)) for spec in specs])

    @property
    def highlighted(self) -> ConnectionSpec | None:
        """The connector under the cursor."""
        return self._specs.get(self.cursor_key or "")


class BaseConnectionList(Grid):
    """One row for each base connection; the row's key is its id."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(
            Column("name", "Base connection", min_width=18),
            Column("state", "State", width=11),
            Column("test", "Test", min_width=14),
            Column("about", "About", min_width=12, priority=3),
            Column("changed", "Changed", width=11, priority=1),
            Column("id", "Id", min_width=12, priority=2),
            id=id,
        )
        self._connections: dict[str, BaseConnection] = {}

    def show_connections(
        self, connections: Sequence[BaseConnection], results: Mapping[str, TestResult], now: datetime
    ) -> None:
        """Show these base connections."""
        self._connections = {str(one.id): one for one in connections}
        self.show([_connection_row(one, results.get(str(one.id)), now) for one in connections])

    @property
    def highlighted(self) -> BaseConnection | None:
        """The base connection under the cursor."""
        return self._connections.get(self.cursor_key or "")


def result_words(result: TestResult | None) -> Cell:
    """The result of a test, as a cell."""
    if result is None:
        return Cell("not tested", "muted")
    if result.state == "running":
        return Cell(f"{glyph('running')} testing", "running")
    mark, style = ("ok", "ok") if result.state == "ok" else ("fail", "error")
    return Cell(f"{glyph(mark)} {result.text}", style)


def _spec_row(spec: ConnectionSpec, connections: int | None) -> Row:
    return Row(
        str(spec.id),
        (
            Cell(spec.category, "muted"),
            spec.label,
            Cell(_KINDS.get(spec.kind, "other"), "" if spec.kind == "batch_files" else "muted"),
            Cell("" if connections == 0 else count(connections), sort=connections or 0),
            Cell(spec.description, "muted"),
        ),
        search=f"{spec.category} {spec.label} {spec.name} {_KINDS.get(spec.kind, '')} {spec.id}",
    )


def _connection_row(connection: BaseConnection, result: TestResult | None, now: datetime) -> Row:
    changed = connection.updated_at or connection.created_at
    return Row(
        str(connection.id),
        (
            connection.name or "(no name)",
            state_cell(connection.state),
            result_words(result),
            Cell(connection.description or "", "muted"),
            Cell(ago(changed, now), sort=changed.timestamp() if changed else 0.0),
            Cell(str(connection.id), "muted"),
        ),
    )
