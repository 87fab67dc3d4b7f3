"""Expressions that may turn a column's values into the type of a field, likeliest first. Whoever asks tries them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from aeptui.dataprep import TransformError
from aeptui.dataprep.dates import date_parser

AS_IT_IS = "as it is"
"""The values mean what they say; nothing else needs to be tried."""

_WHOLE = {"integer": "to_integer", "short": "to_integer", "byte": "to_integer", "long": "to_bigint"}
_DATES = (
    ("dd/MM/yyyy", "day first"),
    ("d/M/yyyy", "day first"),
    ("MM/dd/yyyy", "month first"),
    ("M/d/yyyy", "month first"),
    ("dd-MM-yyyy", "day first"),
    ("d-M-yyyy", "day first"),
    ("MM-dd-yyyy", "month first"),
    ("dd.MM.yyyy", "day first"),
    ("d.M.yyyy", "day first"),
    ("dd/MM/yy", "day first"),
    ("MM/dd/yy", "month first"),
    ("dd.MM.yy", "day first"),
    ("yyyy-MM-dd", "year first"),
    ("yyyy/MM/dd", "year first"),
    ("yyyy/M/d", "year first"),
    ("yyyyMMdd", "year first"),
    ("ddMMyyyy", "day first"),
    ("MMddyyyy", "month first"),
    ("d MMM yyyy", "named"),
    ("d MMMM yyyy", "named"),
    ("dd-MMM-yyyy", "named"),
    ("MMM d, yyyy", "named"),
    ("MMMM d, yyyy", "named"),
)
_TIMES = ("", " HH:mm", " HH:mm:ss", "'T'HH:mm:ss", " H:mm", " h:mm a", " hh:mm:ss a", "HHmmss")
_ISO = "yyyy-MM-dd'T'HH:mm:ss.SSSX"
_SECONDS, _MILLISECONDS = 10, 13
"""How many digits the time since 1970 has."""
_YES = frozenset({"yes", "y", "true", "t", "1", "on"})
_NO = frozenset({"no", "n", "false", "f", "0", "off"})
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[+-]?\d+(?:\.\d+)?")
_COMMA = re.compile(r"[+-]?\d+(?:,\d+)?")


def conversions(text: str, type_name: str, values: Sequence[object]) -> Iterator[tuple[str, str]]:
    """Expressions over `text`, each with what it takes the values for: two meanings that both pass are a doubt.

    Args:
        text: The column or expression that gives the values.
        values: What it gives, without the empty ones.
    """
    texts = [str(value) for value in values]
    if not texts:
        return
    if type_name in _WHOLE or type_name == "number":
        yield from _numbers(text, _WHOLE.get(type_name, "to_decimal"), texts)
    elif type_name == "boolean":
        yield from _booleans(text, texts)
    elif type_name in {"date", "date-time"}:
        yield from _moments(text, texts)
    elif type_name == "array":
        yield f"to_array(false, {text})", "one value"
    elif type_name == "string" and all(isinstance(value, list) for value in values):
        yield f'join(", ", {text})', "list"


def _numbers(text: str, function: str, texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield f"{function}({text})", AS_IT_IS
    yield f"{function}(trim({text}))", AS_IT_IS
    trimmed = [one.strip() for one in texts]
    if all(_THOUSANDS.fullmatch(one) for one in trimmed):
        yield f'{function}(replacestr(trim({text}), ",", ""))', "thousands"
    if all(_COMMA.fullmatch(one) for one in trimmed) and function == "to_decimal":
        yield f'{function}(replacestr(trim({text}), ",", "."))', "decimal comma"
    yield f'{function}(replacestr(trim({text}), " ", ""))', "thousands"


def _booleans(text: str, texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield f"lower(trim({text}))", "words"
    words = sorted({one.strip().lower() for one in texts})
    if all(word in _YES | _NO for word in words):
        pairs = ", ".join(f'"{word}", {"true" if word in _YES else "false"}' for word in words)
        yield f"decode(lower(trim({text})), {pairs})", "words"


def _moments(text: str, texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield f"trim({text})", AS_IT_IS
    digits = {len(one) for one in texts if one.isdigit()}
    if len(digits) == 1 and all(one.isdigit() for one in texts):
        if digits == {_SECONDS}:
            yield f'date(dformat(to_bigint({text}) * 1000, "{_ISO}"))', "seconds"
        if digits == {_MILLISECONDS}:
            yield f'date(dformat(to_bigint({text}), "{_ISO}"))', "milliseconds"
    few = texts[0], texts[len(texts) // 2], texts[-1]
    for time in _TIMES:
        for day, order in _DATES:
            # Most patterns do not fit, which a few values show.
            if all(_follows(one, day + time) for one in few):
                yield f'date({text}, "{day + time}")', order


def _follows(text: str, pattern: str) -> bool:
    try:
        date_parser(pattern)(text)
    except TransformError:
        return False
    return True
