"""Text functions. They build text; they never change their input."""

from __future__ import annotations

from typing import Final

from aeptui.dataprep.effort import check_length
from aeptui.dataprep.values import to_text

from .registry import Category, text_argument

FUNCTIONS = Category("string")

_SPACE: Final = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f "
    "\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a\u2028\u2029\u205f\u3000"
)
"""White space as Java knows it, which no-break spaces are not: a trimmed cell of a spreadsheet may still have them."""
_FEW: Final = 8
"""So few texts may be joined before their length is looked at, which is quicker."""


@FUNCTIONS.plain(
    "concat(text...)",
    "Joins texts; null counts as empty text.",
    'concat("Hi, ", "there", "!")',
    "string",
    nulls="given",
)
def _concat(*values: object) -> str:
    parts = [value if type(value) is str else "" if value is None else to_text(value) for value in values]
    if len(parts) > _FEW:
        check_length(sum(map(len, parts)))
    joined = "".join(parts)
    check_length(len(joined))
    return joined


@FUNCTIONS.plain("lower(input)", "Makes all letters lower case.", 'lower("HeLLo")', "string")
def _lower(value: object) -> str:
    return text_argument(value, "input").lower()


@FUNCTIONS.plain("upper(input)", "Makes all letters upper case.", 'upper("HeLLo")', "string")
def _upper(value: object) -> str:
    return text_argument(value, "input").upper()


FUNCTIONS.alias("lcase", of="lower")
FUNCTIONS.alias("ucase", of="upper")


@FUNCTIONS.plain("trim(input)", "Removes white space from both ends.", 'trim(" Hello ")', "string")
def _trim(value: object) -> str:
    text = text_argument(value, "input")
    return text.strip() if text.isascii() else text.strip(_SPACE)


@FUNCTIONS.plain("ltrim(input)", "Removes white space from the start.", 'ltrim(" Hello ")', "string")
def _ltrim(value: object) -> str:
    text = text_argument(value, "input")
    return text.lstrip() if text.isascii() else text.lstrip(_SPACE)


@FUNCTIONS.plain("rtrim(input)", "Removes white space from the end.", 'rtrim(" Hello ")', "string")
def _rtrim(value: object) -> str:
    text = text_argument(value, "input")
    return text.rstrip() if text.isascii() else text.rstrip(_SPACE)
