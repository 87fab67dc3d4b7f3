"""Text functions that cut, find, pad, and use regular expressions (Java's syntax)."""

from __future__ import annotations

import re

from aeptui.dataprep.effort import MAX_ITEMS, MAX_TEXT, SLOW_CALL, check_items, check_length
from aeptui.dataprep.errors import TransformError, shown
from aeptui.dataprep.methods import equals, equals_ignore_case
from aeptui.dataprep.patterns import extract, matches, split_by

from .registry import Category, integer_argument, text_argument

FUNCTIONS = Category("string")


def _count(value: object, argument: str) -> int:
    number = integer_argument(value, argument)
    if number < 0:
        raise TransformError(f"{number} is negative", argument=argument)
    return number


@FUNCTIONS.plain(
    "explode(input, [regex])",
    "Splits text into an array by a regular expression, a comma unless given; empty parts at the end are dropped.",
    'explode("Hi, there!", " ")',
    "array",
    weight=SLOW_CALL,
)
def _explode(value: object, regex: object = ",") -> list[object]:
    parts: list[object] = list(split_by(text_argument(value, "input"), text_argument(regex, "regex")))
    return _without_empty_end(parts)


def _without_empty_end(parts: list[object]) -> list[object]:
    """The parts as Java's split leaves them: none of ",,", but one, the text itself, where nothing was split."""
    if len(parts) > 1:
        while parts and parts[-1] == "":
            parts.pop()
    return parts


@FUNCTIONS.plain(
    "split(input, separator)",
    "Splits text into an array at every character of the separator.",
    'split("Hello world", " ")',
    "array",
)
def _split(value: object, separator: object) -> list[object]:
    text = text_argument(value, "input")
    characters = re.sub(r"\\(.)", r"\1", text_argument(separator, "separator"), flags=re.DOTALL)
    if not characters:
        check_items(len(text))
        return list(text)
    found = set(characters).intersection(text)
    check_items(sum(map(text.count, found)) + 1)
    if len(characters) == 1:
        return _without_empty_end(list(text.split(characters)))
    return _without_empty_end(list(re.split("[" + re.escape("".join(found)) + "]", text)) if found else [text])


@FUNCTIONS.plain(
    "join(separator, values...)",
    "Joins the elements of an array, or texts, with a separator; null counts as empty text.",
    'join(" ", to_array(true, "Hello", "world"))',
    "string",
    nulls="given",
)
def _join(separator: object, *values: object) -> str | None:
    if separator is None or not values or (len(values) == 1 and values[0] is None):
        return None
    between = text_argument(separator, "separator")
    parts: list[str] = []
    for value in values:
        for item in value if isinstance(value, (list, tuple)) else (value,):
            parts.append("" if item is None else text_argument(item, "values"))
    check_length(len(between) * (len(parts) - 1) + sum(map(len, parts)))
    return between.join(parts)


@FUNCTIONS.plain(
    "replacestr(input, find, replacement)",
    "Replaces every occurrence of a text, taken literally.",
    'replacestr("This is a string re test", "re", "replace")',
    "string",
)
def _replacestr(value: object, find: object, replacement: object) -> str:
    text, wanted = text_argument(value, "input"), text_argument(find, "find")
    new = text_argument(replacement, "replacement")
    if not wanted:
        return text
    check_length(len(text) + text.count(wanted) * (len(new) - len(wanted)))
    return text.replace(wanted, new)


@FUNCTIONS.plain(
    "substr(input, start, length)",
    "Gives a part of a text; the start counts from zero, and the part ends with the text.",
    'substr("This is a substring test", 7, 8)',
    "string",
)
def _substr(value: object, start: object, length: object) -> str:
    first, count = _count(start, "start"), _count(length, "length")
    return text_argument(value, "input")[first : first + count]


@FUNCTIONS.plain(
    "instr(input, find, [start], [occurrence])",
    "Gives the place of a text in another, counted from zero; -1 when it is not there.",
    'instr("adobe.com", "com")',
    "integer",
)
def _instr(value: object, find: object, start: object = 0, occurrence: object = 1) -> int:
    text, wanted = text_argument(value, "input"), text_argument(find, "find")
    place = _count(start, "start") - 1
    nth = _count(occurrence, "occurrence")
    if nth == 0:
        raise TransformError("occurrences count from 1", argument="occurrence")
    if nth > MAX_ITEMS:
        raise TransformError(f"{shown(nth)} is more than {MAX_ITEMS}", argument="occurrence")
    for _ in range(nth):
        place = text.find(wanted, place + 1)
        if place < 0:
            return -1
    return place


@FUNCTIONS.plain("left(input, count)", "Gives the first characters.", 'left("abcde", 2)', "string")
def _left(value: object, count: object) -> str:
    return text_argument(value, "input")[: _count(count, "count")]


@FUNCTIONS.plain("right(input, count)", "Gives the last characters.", 'right("abcde", 2)', "string")
def _right(value: object, count: object) -> str:
    text = text_argument(value, "input")
    return text[max(0, len(text) - _count(count, "count")) :]


def _padding(value: object, count: object, pad: object) -> tuple[str, str]:
    """The text, and the padding that it lacks."""
    if count is None:
        raise TransformError("null is not a number", argument="count")
    text = "" if value is None else text_argument(value, "input")
    missing = _count(count, "count") - len(text)
    if missing > MAX_TEXT - len(text):
        raise TransformError(f"{shown(count)} is too long: a text has at most {MAX_TEXT} characters", argument="count")
    filler = text_argument(pad, "padding") if pad is not None else ""
    filler = filler or " "
    return text, (filler * (max(0, missing) // len(filler) + 1))[: max(0, missing)]


@FUNCTIONS.plain(
    "lpad(input, count, padding)",
    "Fills a text from the left to a length.",
    'lpad("bat", 8, "yz")',
    "string",
    nulls="given",
)
def _lpad(value: object, count: object, pad: object) -> str:
    text, padding = _padding(value, count, pad)
    return padding + text


@FUNCTIONS.plain(
    "rpad(input, count, padding)",
    "Fills a text from the right to a length.",
    'rpad("bat", 8, "yz")',
    "string",
    nulls="given",
)
def _rpad(value: object, count: object, pad: object) -> str:
    text, padding = _padding(value, count, pad)
    return text + padding


@FUNCTIONS.plain(
    "matches_regex(input, regex)",
    "True when the whole text matches a regular expression.",
    'matches_regex("E259,E259B_009,1_1", "([^,]+),[^,]*,([^,]+)")',
    "boolean",
    weight=SLOW_CALL,
)
def _matches_regex(value: object, regex: object) -> bool:
    return matches(text_argument(value, "input"), text_argument(regex, "regex"))


@FUNCTIONS.plain(
    "extract_regex(input, regex)",
    "Gives the first match and its groups as an array; an empty array when nothing matches.",
    'extract_regex("E259,E259B_009,1_1", "([^,]+),[^,]*,([^,]+)")',
    "array",
    weight=SLOW_CALL,
)
def _extract_regex(value: object, regex: object) -> list[object]:
    return list(extract(text_argument(value, "input"), text_argument(regex, "regex")))


FUNCTIONS.plain(
    "equals(first, second)", "True when two values are equal.", 'equals("string1", "string1")', "boolean", nulls="given"
)(equals)
FUNCTIONS.plain(
    "equalsIgnoreCase(first, second)",
    "True when two texts are equal without regard to case.",
    'equalsIgnoreCase("string1", "STRING1")',
    "boolean",
    nulls="given",
)(equals_ignore_case)
