"""Which fields of which documents the store keeps sorted, and what a condition on such a field can say to it. Pure.

The index only narrows: what it gives is at least what a condition asks for, and the condition's own test decides. So
what a filter means stands in `filters` alone, and a field that is not named here is slower, not different.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from aeptui.emulator.filters import Condition, values_at

_SIDE: Final = ("id", "name", "createdAt", "updatedAt", "connectionSpec.id")

INDEXED: Final[Mapping[str, tuple[str, ...]]] = {
    "connections": _SIDE,
    "sourceConnections": (*_SIDE, "baseConnectionId"),
    "targetConnections": (*_SIDE, "params.dataSetId"),
    "flows": (
        "id",
        "name",
        "createdAt",
        "updatedAt",
        "state",
        "flowSpec.id",
        "sourceConnectionIds[]",
        "targetConnectionIds[]",
        "transformations[].params.mappingId",
    ),
    "runs": (
        "id",
        "flowId",
        "createdAt",
        "updatedAt",
        "metrics.statusSummary.status",
        "metrics.durationSummary.startedAtUTC",
    ),
    "dataset": ("name", "created", "updated", "schemaRef.id"),
    "batch": ("created", "updated", "status", "relatedObjects[].id"),
    "mapping_set": ("name", "createdDate", "modifiedDate"),
    "xdm:schemas": ("meta:altId", "title"),
    "xdm:fieldgroups": ("meta:altId", "title"),
    "xdm:classes": ("meta:altId",),
    "xdm:datatypes": ("meta:altId",),
}
"""Kind -> paths of its documents. A path with `[]` may reach several values; one without can also be sorted by."""

ABSENT: Final = 0
NUMBER: Final = 1
TEXT: Final = 2
OTHER: Final = 3
"""What a value is: the ranks in which values of different kinds are sorted. OTHER is what no index can hold; while a
field has such a value anywhere, the field's index is not used."""

_EXACT: Final = 2**53
_LONGEST: Final = 1000

Key = tuple[str, int, Any]
"""(path, rank, value)."""


class Narrowing(NamedTuple):
    """What the index can say to a condition."""

    path: str
    places: tuple[tuple[str, tuple[Any, ...]], ...]
    """Alternatives, each a piece of SQL over `rank` and `value`, and its parameters."""
    by_value: bool
    """Whether each alternative names values: then asking for one document is as quick as asking for all."""
    exact: bool
    """Whether the test would refuse nothing of it."""
    exact_unless_text: bool
    """The same, as long as the field has no text."""


def plain(path: str) -> str:
    """A path as the index spells it: `[]` only says where an array is, it changes nothing."""
    return path.replace("[]", "")


def sortable(kind: str, path: str) -> bool:
    """Whether the documents of a kind can be walked in the order of a field."""
    return path in INDEXED.get(kind, ())


def indexed(kind: str, path: str) -> bool:
    """Whether a path, as `plain` spells it, is in the index."""
    return any(plain(known) == path for known in INDEXED.get(kind, ()))


def keys_of(kind: str, body: Mapping[str, Any]) -> Iterator[Key]:
    """What the index holds of a document."""
    for path in INDEXED.get(kind, ()):
        values = list(values_at(body, path))
        if "[]" in path:
            yield from ((plain(path), *_ranked(value)) for value in values)
        elif len(values) > 1:
            yield path, OTHER, 0
        else:
            yield path, *(_ranked(values[0]) if values else (ABSENT, 0))


def _ranked(value: object) -> tuple[int, Any]:
    if value is None or isinstance(value, bool):
        return OTHER, 0  # a null is absent when sorted, and yet a text when compared
    if isinstance(value, str):
        return (TEXT, value) if len(value) <= _LONGEST else (OTHER, 0)
    if isinstance(value, int | float) and abs(value) <= _EXACT:  # neither infinity nor what is no number
        return NUMBER, value
    return OTHER, 0


def narrowing(condition: Condition) -> Narrowing | None:
    """What the index can say to a condition; None when nothing."""
    path, wanted = plain(condition.path), condition.wanted
    if condition.operator == "==" and not any("\0" in text for text in wanted):
        return _equal(path, wanted)
    if condition.operator in (">", ">=", "<", "<="):
        number = _number(wanted[0])
        if number is not None:
            above = (f"rank={NUMBER} AND value {condition.operator} ?", (number,))
            # Text that reads as a number is compared as one, so all text may be meant.
            return Narrowing(path, (above, (f"rank={TEXT}", ())), False, False, True)
    return None


def _equal(path: str, wanted: Sequence[str]) -> Narrowing:
    """The texts themselves, and the numbers that are written so: `5` may mean 5 and 5.0, which the test tells apart."""
    numbers = [number for number in map(_number, wanted) if number is not None]
    places: list[tuple[str, tuple[Any, ...]]] = [(f"rank={TEXT} AND value IN {_EACH}", (json.dumps(wanted),))]
    if len(wanted) == 1:
        places = [(f"rank={TEXT} AND value=?", (wanted[0],))]
    if numbers:
        places.append((f"rank={NUMBER} AND value IN {_EACH}", (json.dumps(numbers),)))
    return Narrowing(path, tuple(places), True, len(places) == 1, False)


def in_text(condition: Condition) -> tuple[str, list[str]] | None:
    """What must stand in a document's text for an equality to hold, as SQL over `d.body`; None when nothing must.

    For fields that are not in the index: looking for text costs a tenth of reading the document.
    """
    if condition.operator != "==" or any("\0" in text for text in condition.wanted):
        return None
    pieces: set[str] = set()
    for text in condition.wanted:
        if text.startswith(("{", "[")):
            return None  # an object or an array, as Python writes it
        pieces.add(json.dumps(text, ensure_ascii=False))
        if text in ("true", "false") or any(sign.isdigit() for sign in text) or text in ("inf", "-inf", "nan"):
            pieces.add({"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(text, text))
    return "(" + " OR ".join(["instr(d.body, ?)"] * len(pieces)) + ")", sorted(pieces)


_EACH: Final = "(SELECT value FROM json_each(?))"


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
