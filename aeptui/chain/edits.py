"""One edit of a pipeline as what it changed, both ways: it can be made again, and taken back, on the document alone.

Of mapping rows only those that came and went are in it, so that an edit of one row in ten thousand stays small; other
parts are in it whole. As JSON it is one line of the edit log.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from pydantic import ValidationError

from aeptui.chain.pipeline import MappingRow, Pipeline
from aeptui.chain.row_memory import Rows, same_ends

_MOST_WRONG: Final = 50
"""Values of one part that do not fit; beyond them the part is not worth keeping."""

Way = Literal["edit", "undo", "redo"]
"""How a document came to be another: by an edit, or by taking one back or making it again."""
WAYS: Final[tuple[Way, ...]] = get_args(Way)


class Misfit(ValueError):
    """An edit that was not made on this document, or is none at all."""


@dataclass(frozen=True, slots=True)
class Splice:
    """Rows that stood in one place, and those that stand there now."""

    start: int
    """Among the rows after the edit, counted from 0."""
    old: Rows
    new: Rows


@dataclass(frozen=True, slots=True)
class Change:
    """What one edit changed."""

    what: str
    """The edit in a few words, for undo."""
    rows: tuple[Splice, ...] = ()
    """From the first row to the last."""
    parts: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    """Field of the pipeline to its value before and after; never `mapping`."""

    def make(self, pipeline: Pipeline) -> Pipeline:
        """The document after the edit.

        Raises:
            Misfit: its rows are not those the edit was made on.
        """
        rows = list(pipeline.mapping)
        for splice in self.rows:
            _replace(rows, splice.start, splice.old, splice.new)
        return _with(pipeline, rows if self.rows else None, {name: after for name, (_, after) in self.parts.items()})

    def take_back(self, pipeline: Pipeline) -> Pipeline:
        """The document before the edit.

        Raises:
            Misfit: its rows are not those the edit led to.
        """
        rows = list(pipeline.mapping)
        for splice in reversed(self.rows):
            _replace(rows, splice.start, splice.new, splice.old)
        return _with(pipeline, rows if self.rows else None, {name: before for name, (before, _) in self.parts.items()})

    def to_json(self, way: Way = "edit") -> dict[str, Any]:
        """The edit as JSON."""
        made: dict[str, Any] = {way: self.what}
        if self.rows:
            made["rows"] = [[one.start, _plain_rows(one.old), _plain_rows(one.new)] for one in self.rows]
        if self.parts:
            made["parts"] = {name: [_plain(name, value) for value in pair] for name, pair in self.parts.items()}
        return made

    @classmethod
    def from_json(cls, given: Mapping[str, Any], way: Way = "edit") -> Change:
        """An edit from its JSON.

        Raises:
            Misfit: it is none.
        """
        try:
            rows = tuple(Splice(int(start), _rows(old), _rows(new)) for start, old, new in given.get("rows", ()))
            parts = {
                name: (_part(name, before), _part(name, after))
                for name, (before, after) in dict(given.get("parts", {})).items()
            }
            return cls(str(given[way]), rows, parts)
        except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            raise Misfit("This is no edit.") from error


def change_between(before: Pipeline, after: Pipeline, what: str) -> Change:
    """What makes one document of the other. Rows that stayed are told by being the same objects."""
    parts = {
        name: (getattr(before, name), getattr(after, name))
        for name in Pipeline.model_fields
        if name != "mapping" and getattr(before, name) != getattr(after, name)
    }
    return Change(what, splices(before.mapping, after.mapping), parts)


def splices(before: Rows, after: Rows) -> tuple[Splice, ...]:
    """The places where rows came, went or changed."""
    start, end = same_ends(before, after)
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    places = {id(row): place for place, row in reversed(list(enumerate(old)))}
    found: list[Splice] = []
    here = there = 0
    gone: list[MappingRow] = []
    came: list[MappingRow] = []

    def close() -> None:
        if gone or came:
            found.append(Splice(start + there - len(came), tuple(gone), tuple(came)))
            gone.clear()
            came.clear()

    for row in new:
        place = places.get(id(row), -1)
        if place >= here:
            gone += old[here:place]
            close()
            here = place + 1
        else:
            came.append(row)
        there += 1
    gone += old[here:]
    close()
    return tuple(found)


def _replace(rows: list[MappingRow], start: int, old: Rows, new: Rows) -> None:
    end = start + len(old)
    if not 0 <= start <= len(rows) or tuple(rows[start:end]) != old:
        raise Misfit("The rows are others.")
    rows[start:end] = new


def _with(pipeline: Pipeline, rows: list[MappingRow] | None, parts: Mapping[str, Any]) -> Pipeline:
    update = dict(parts) if rows is None else {**parts, "mapping": tuple(rows)}
    return pipeline.model_copy(update=update)


def _plain_rows(rows: Sequence[MappingRow]) -> list[dict[str, str]]:
    usual = {name: info.default for name, info in MappingRow.model_fields.items()}
    return [{name: value for name in usual if (value := getattr(row, name)) != usual[name]} for row in rows]


def _rows(given: Sequence[Any]) -> Rows:
    return tuple(MappingRow.model_validate(one) for one in given)


def _plain(name: str, value: Any) -> Any:
    """A part as JSON. What a form put there may be no valid value; it is kept as far as JSON can say it."""
    whole = Pipeline().model_copy(update={name: value})
    return next(iter(whole.model_dump(mode="json", by_alias=True, include={name}, warnings=False).values()))


def _part(name: str, given: Any) -> Any:
    """A part from its JSON, without those of its values that do not fit, as it is with one read from a file."""
    if name == "mapping" or name not in Pipeline.model_fields:
        raise Misfit(f"A pipeline has no {name}.")
    key = Pipeline.model_fields[name].alias or name
    whole = {key: copy.deepcopy(given)}
    for _ in range(_MOST_WRONG):
        try:
            return getattr(Pipeline.model_validate(whole), name)
        except ValidationError as error:
            for one in error.errors():
                _drop(whole, one["loc"])
    raise Misfit(f"This is no {key}.")


def _drop(holder: Any, path: Sequence[int | str]) -> None:
    """Take out what stands at a path, or what holds it when that much is not there."""
    for number, step in enumerate(path):
        is_last = number == len(path) - 1
        inner = holder.get(step) if isinstance(holder, dict) else None
        if is_last or not isinstance(inner, dict):
            if isinstance(holder, dict):
                holder.pop(step, None)
            return
        holder = inner
