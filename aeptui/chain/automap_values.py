"""What sample values say about a suggested target: that they are such things, or that they cannot become it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from aeptui.dataprep import TYPES, DataPrepError, coerce

if TYPE_CHECKING:
    from aeptui.models.schemas import SchemaField

_NUMBERS: Final = frozenset({"integer", "long", "short", "byte", "number"})
_TIMES: Final = frozenset({"date", "date-time"})
TOLERATED: Final = 0.1
"""The share of values that may be dirt; more of them, and the column is something else."""
_ENOUGH: Final = 50
_NAMED: Final = (
    ("email", re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+"), "e-mail addresses"),
    ("phone", re.compile(r"[+(]?[\d(][\d\s()./-]{3,}(?:(?:x|ext\.?)\s*\d+)?"), "phone numbers"),
    ("url", re.compile(r"(?:[a-z][a-z0-9+.-]*:)?/\S*|[\w-]+(?:\.[\w-]+)+(?:[/?#:]\S*)?", re.IGNORECASE), "addresses"),
    ("country code", re.compile(r"[A-Za-z]{2,3}"), "country codes"),
    ("postal code", re.compile(r"(?=.*\d)[\w\s-]{3,12}|[A-Z]\d[A-Z]"), "postal codes"),
    ("person name", re.compile(r"(?!\d+$)[^@]+"), "names"),
)
_ISO_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_ISO_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")
_EPOCHS: Final = (10, 13)
"""How many digits seconds and milliseconds since 1970 have."""
_ISO_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")


def known(values: Sequence[object]) -> tuple[object, ...]:
    """The first values that say something."""
    return tuple(value for value in values if value is not None and value != "")[:_ENOUGH]


def are_country_codes(values: Sequence[object]) -> bool:
    """`DE`, `GB`: a code, whatever the column is called."""
    return bool(values) and all(isinstance(value, str) and _ISO_COUNTRY.fullmatch(value) for value in values)


def evidence(values: Sequence[object], field: SchemaField, meaning: str) -> tuple[float, str] | None:
    """What the values add to a score, and why; None when they cannot become this.

    Args:
        values: Of one column, without the empty ones.
        meaning: What the field holds, when its name tells: `email`, `phone`, `url` and so on; else empty.
    """
    if not values:
        return 0.0, ""
    if field.type == "array":
        if not all(isinstance(value, list) for value in values):
            return None
        items = [item for value in values if isinstance(value, list) for item in value]
        objects = field.item_type in ("object", "map")
        return (0.02, "values are lists") if all(isinstance(item, dict) == objects for item in items) else None
    bad = sum(not _becomes(value, field) for value in values)
    if bad > len(values) * TOLERATED:
        return None
    if bad:
        return -0.15, f"{bad} of {len(values)} sample values cannot become {field.type}"
    return _shape([str(value) for value in values], field, meaning)


def _becomes(value: object, field: SchemaField) -> bool:
    if isinstance(value, list | dict):
        return False
    if field.enum and str(value) not in field.enum:
        return False
    if field.type not in TYPES:
        return True
    try:
        coerce(value, field.type)
    except DataPrepError:
        return False
    return True


def _shape(texts: Sequence[str], field: SchemaField, meaning: str) -> tuple[float, str] | None:
    for name, pattern, called in _NAMED:
        if name == meaning:
            fitting = sum(pattern.fullmatch(text.strip()) is not None for text in texts)
            return (0.02, f"values are {called}") if fitting * 2 > len(texts) else None
    if field.type == "date-time" and all(_ISO_MOMENT.fullmatch(text) for text in texts):
        return 0.02, "values are moments"
    if field.type == "date" and all(_ISO_DATE.fullmatch(text) for text in texts):
        return 0.02, "values are dates"
    if field.type in ("date", "date-time") and all(text.isdigit() and len(text) not in _EPOCHS for text in texts):
        return -0.15, "values are numbers"
    if meaning == "id" and len(set(texts)) < len(texts):
        return -0.15, "values repeat"
    if field.enum:
        return 0.02, "values are among the allowed words"
    return (0.01, "") if field.type != "string" else (0.0, "")


def type_evidence(source: str | None, target: str) -> float | None:
    """What the types add to the score; None when the value cannot fit."""
    if (source == "array") != (target == "array"):
        return None if source is not None or target == "array" else 0.0
    if source is None or source == "string":
        return 0.0
    if source == target:
        return 0.03
    if target == "string":
        return -0.02
    if source in _NUMBERS and target in _NUMBERS:
        return 0.02
    if source in _TIMES and target in _TIMES:
        return 0.02
    return None
