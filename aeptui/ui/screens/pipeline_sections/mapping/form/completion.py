"""What could stand where the user is typing: columns, functions, fields. Pure; ranks, and never judges.

Names are folded once; a key looks at each of them once more, and rows are made only when they are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from aeptui.chain.mapping_rows import as_source
from aeptui.dataprep import FUNCTIONS, compile_expression
from aeptui.ui.screens.pipeline_sections.mapping.form.highlighting import operand_end
from aeptui.ui.screens.pipeline_sections.mapping.trials import expression_error
from aeptui.ui.screens.pipeline_sections.source import value_cell
from aeptui.ui.widgets.grid import Cell, Row

if TYPE_CHECKING:
    from aeptui.chain.pipeline import MappingRow
    from aeptui.models.connections import FileColumn
    from aeptui.models.schemas import SchemaField

MOST = 300
_WORD_BEFORE = re.compile(r"(\$\{[^}]*|[\w.\[\]*]+)$")
_FUNCTIONS = tuple(sorted(FUNCTIONS))
_FOLDED = tuple(name.casefold() for name in _FUNCTIONS)
_NEAR = 8
_RANKS = 64
_INTERNAL = ("_id", "_repo.")
"""What the platform keeps for itself in most schemas."""
_ENOUGH = 2
"""Letters from which on a function is found by its middle: `integer` finds `to_integer`."""


@dataclass(frozen=True)
class Suggestion:
    """One completion: the row that shows it, and the text that takes the place of what begins at `start`."""

    row: Row
    text: str
    start: int = 0
    is_call: bool = False
    takes_arguments: bool = False


class Suggestions:
    """Completions, best first; each is made when it is looked at."""

    def __init__(self, makers: Sequence[Callable[[], Suggestion]] = ()) -> None:
        self._makers = makers[:MOST]
        self._made: dict[int, Suggestion] = {}

    def __len__(self) -> int:
        return len(self._makers)

    def at(self, index: int) -> Suggestion | None:
        """The one at that place; None when there is none."""
        if not 0 <= index < len(self._makers):
            return None
        if index not in self._made:
            self._made[index] = self._makers[index]()
        return self._made[index]

    def row(self, index: int) -> Row:
        found = self.at(index)
        if found is None:
            raise IndexError(index)
        return found.row


def word_before(text: str, caret: int) -> str:
    """The name that is being typed at the caret; empty after a blank or a bracket."""
    found = _WORD_BEFORE.search(text[:caret])
    return found[0] if found else ""


class Sources:
    """The columns of a file and the functions of the language."""

    def __init__(self, columns: Sequence[FileColumn]) -> None:
        self._columns = columns
        self._folded = [column.name.casefold() for column in columns]
        self._spaced = [name for name in self._folded if not _WORD_BEFORE.fullmatch(name)]

    def word_start(self, text: str, caret: int) -> int:
        """Where the name begins that is being typed at the caret; a name with blanks is recognised by its beginning."""
        start = caret - len(word_before(text, caret))
        before = text[:caret].casefold()
        for name in self._spaced:
            for length in range(min(len(name), len(before)), caret - start, -1):
                if before.endswith(name[:length]) and not before[: caret - length][-1:].isalnum():
                    start = caret - length
                    break
        return start

    def find(self, text: str, caret: int, sample: Mapping[str, object] | None) -> Suggestions:
        """Columns and functions for the word at the caret: those that begin with it before those that contain it."""
        start = self.word_start(text, caret)
        word = text[start:caret].removeprefix("${").casefold()
        column, function = partial(self._column, start, sample), partial(_function, start)
        if not word:
            return Suggestions([partial(column, at) for at in range(len(self._columns))])
        ranked: list[list[Callable[[], Suggestion]]] = [[], [], [], [], []]
        for at, name in enumerate(self._folded):
            place = name.find(word)
            if place >= 0:
                ranked[3 if place else 0 if name == word else 1].append(partial(column, at))
        for at, name in enumerate(_FOLDED):
            if name.startswith(word):
                ranked[2].append(partial(function, at))
            elif len(word) >= _ENOUGH and word in name:
                ranked[4].append(partial(function, at))
        return Suggestions([one for part in ranked for one in part])

    def _column(self, start: int, sample: Mapping[str, object] | None, at: int) -> Suggestion:
        column = self._columns[at]
        value = value_cell(sample.get(column.name)) if sample is not None else Cell("")
        row = Row(f"column:{column.name}", (column.name, Cell(column.type, "muted"), value))
        return Suggestion(row, as_source(column.name), start)


def _function(start: int, at: int) -> Suggestion:
    function = FUNCTIONS[_FUNCTIONS[at]]
    cells = (Cell(function.signature, "accent"), Cell(function.returns, "muted"), Cell(function.description, "muted"))
    row = Row(f"function:{function.name}", cells)
    return Suggestion(row, function.name, start, is_call=True, takes_arguments=bool(function.params))


def completed(text: str, caret: int, suggestion: Suggestion) -> tuple[str, int]:
    """The text with a suggestion taken, and where the caret is then: of a function between its brackets."""
    before, after = text[: suggestion.start], text[caret:]
    put, inside = suggestion.text, 0
    if suggestion.is_call and not after.startswith("("):
        # In front of a value it is called with it.
        end = operand_end(after)
        put, after = f"{put}({after[:end]})", after[end:]
        inside = -1 if not end and suggestion.takes_arguments else 0
    elif suggestion.is_call:
        inside = 1
    return before + put + after, len(before) + len(put) + inside


def home_of(row: MappingRow, taken: Mapping[str, str]) -> str:
    """The object that what a row reads is mapped into already, with its dot; empty when there is no one such object.

    Args:
        taken: Targets of the other rows, and what fills them.
    """
    if row.expression is None:
        wanted = {row.source}
    else:
        error = expression_error(row.expression)
        wanted = (
            {as_source(column) for column in compile_expression(row.expression).columns} if error is None else set()
        )
    homes = [target.split(".")[:-1] for target, source in taken.items() if source in wanted]
    shared: list[str] = []
    for parts in zip(*homes, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return "".join(f"{part}." for part in shared)


class Targets:
    """The fields of a schema. A longer text is looked for among what the shorter one found."""

    def __init__(self, fields: Sequence[SchemaField], taken: Collection[str]) -> None:
        self._fields = fields
        self._taken = taken
        self._texts = [f"{field.path}\n{field.title}".casefold() for field in fields]
        self._leaves = [field.path.rpartition(".")[2].casefold() for field in fields]
        self._ranks = [_rank(field, field.path in taken) for field in fields]
        self._before: tuple[str, Sequence[int]] = ("", range(len(fields)))

    def find(self, text: str, home: str = "") -> Suggestions:
        """Fields that contain every word typed, in path or title; leaves, unmapped and required ones first.

        Args:
            home: The object in which the target is likeliest to stand.
        """
        folded = text.casefold().strip()
        words = folded.split()
        before, among = self._before
        if not folded.startswith(before):
            among = range(len(self._fields))
        texts, leaves = self._texts, self._leaves
        for word in words:
            among = [at for at in among if word in texts[at]]
        self._before = (folded, among)
        last = words[-1] if words else ""
        ranked: list[list[int]] = [[] for _ in range(_RANKS)]
        for at in among:
            leaf = leaves[at]
            near = 0 if leaf.startswith(last) else _NEAR if last in leaf else 2 * _NEAR
            ranked[self._ranks[at] + near + self._strangeness(at, home)].append(at)
        found = [at for part in ranked for at in part]
        exact = next((at for at in found[:MOST] if self._fields[at].path.casefold() == folded), None)
        if exact is not None:
            found = [exact, *(at for at in found if at != exact)]
        return Suggestions([partial(self._field, at) for at in found[:MOST]])

    def _strangeness(self, at: int, home: str) -> int:
        """1 for a field that does not stand right in `home`."""
        if not home:
            return 0
        path = self._fields[at].path
        return int(not path.startswith(home) or "." in path[len(home) :])

    def _field(self, at: int) -> Suggestion:
        field = self._fields[at]
        mapped = field.path in self._taken
        said = "mapped already" if mapped else "required" if field.required else ""
        words = " ".join(part for part in (said, field.title or "") if part)
        path = Cell(field.path, "muted" if mapped or not field.is_leaf else "")
        note = Cell(words, "warning" if said == "required" else "muted")
        return Suggestion(Row(field.path, (path, Cell(field.type, "muted"), note)), field.path)


def _rank(field: SchemaField, taken: bool) -> int:
    """What puts a field further back by itself: it takes no single value; it is filled already; it is not needed."""
    is_internal = ("._" in field.path or field.path.startswith(_INTERNAL)) and not field.required
    awkward = not field.is_leaf or "[" in field.path or is_internal
    return 32 * awkward + 4 * taken + 2 * (not field.required)
