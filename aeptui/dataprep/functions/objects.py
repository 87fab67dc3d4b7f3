"""Object functions: making objects from parts and from text, and looking into them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Final

from aeptui.dataprep.errors import ExpressionError, PathError, TransformError, shown
from aeptui.dataprep.lexer import whole_characters
from aeptui.dataprep.nodes import Literal, Node
from aeptui.dataprep.paths import SourcePath
from aeptui.dataprep.values import is_empty, to_text

from .registry import Category, Context, Evaluator, Row, named_failure, text_argument

FUNCTIONS = Category("object")

_HALF: Final = re.compile(
    r"\\u[dD](?:[89aAbB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89aAbB][0-9a-fA-F]{2}\\u[dD])[c-fC-F])"
)
"""Half a character, which only an escape of JSON can make."""


def pairs_of(values: tuple[object, ...]) -> dict[str, object]:
    """Keys and values in turn, as an object; keys become text."""
    if len(values) % 2:
        raise TransformError("every key needs a value")
    return {text_argument(key, "key"): value for key, value in zip(values[0::2], values[1::2], strict=True)}


def object_argument(value: object, argument: str) -> Mapping[str, object]:
    """The argument as an object."""
    if isinstance(value, Mapping):
        return value
    raise TransformError(f"{shown(value)} is not an object", argument=argument)


@FUNCTIONS.plain(
    "is_empty(value)",
    "True for null, an empty text, an empty array or an empty object.",
    "is_empty([1, null, 2, 3])",
    "boolean",
    nulls="given",
)
def _is_empty(value: object) -> bool:
    return is_empty(value)


@FUNCTIONS.plain(
    "to_object(key, value, more...)",
    "Makes an object of keys and values.",
    'to_object("firstName", "John", "lastName", "Doe")',
    "object",
    nulls="given",
    pairs=True,
)
def _to_object(*values: object) -> dict[str, object]:
    return pairs_of(values)


@FUNCTIONS.plain(
    "str_to_object(text, [value_delimiter], [field_delimiter])",
    "Makes an object of key and value text; keys and values are trimmed. Delimiters are : and , unless given.",
    'str_to_object("firstName=John,lastName=Doe", "=", ",")',
    "object",
    nulls="given",
)
def _str_to_object(text: object, value_delimiter: object = None, field_delimiter: object = None) -> object:
    return None if text is None else _key_values(text, value_delimiter, field_delimiter)


def _key_values(text: object, value_delimiter: object, field_delimiter: object) -> dict[str, object]:
    between = ":" if is_empty(value_delimiter) else text_argument(value_delimiter, "value_delimiter")
    after = "," if is_empty(field_delimiter) else text_argument(field_delimiter, "field_delimiter")
    found: dict[str, object] = {}
    for entry in text_argument(text, "text").split(after):
        key, delimiter, value = entry.partition(between)
        if delimiter:
            found[key.strip()] = value.strip()
    return found


@FUNCTIONS.plain(
    "get_values(text, key, value_delimiter, [field_delimiter])",
    "Gives one value from key and value text.",
    'get_values("firstName=John,lastName=Doe", "lastName", "=", ",")',
    "string",
    nulls="given",
)
def _get_values(text: object, key: object, value_delimiter: object, field_delimiter: object = None) -> object:
    if text is None or key is None:
        return None
    return _key_values(text, value_delimiter, field_delimiter).get(text_argument(key, "key").strip())


@FUNCTIONS.built(
    "contains_key(path)",
    "True when the row has the path, even if its value is null.",
    'contains_key("address.city")',
    "boolean",
    reads_row=True,
)
def _contains_key(arguments: tuple[Evaluator, ...], nodes: tuple[Node, ...]) -> Evaluator:
    node, given = nodes[0], arguments[0]
    if isinstance(node, Literal):
        try:
            constant = SourcePath.parse(to_text(node.value))
        except PathError as error:
            raise ExpressionError(f"contains_key needs a path: {error.message}", node.position) from error
        except TransformError as error:
            raise ExpressionError(f"contains_key needs a path: {error}", node.position) from error
        return lambda row, _context: constant.present(row)

    def run(row: Row, context: Context) -> object:
        value = given(row, context)
        try:
            return value is not None and SourcePath.parse(to_text(value)).present(row)
        except PathError as error:
            raise TransformError(str(error), function="contains_key", argument="path") from error
        except TransformError as error:
            raise named_failure("contains_key", error) from error

    return run


FUNCTIONS.alias("is_set", of="contains_key")  # the older name, deprecated


@FUNCTIONS.plain("nullify()", "Gives null, so that the field is left out.", "nullify()", "null", nulls="given")
def _nullify() -> None:
    return None


@FUNCTIONS.plain("get_keys(object)", "Gives the names of an object's fields.", 'get_keys({"a": 1, "b": 2})', "array")
def _get_keys(value: object) -> list[object]:
    return list(object_argument(value, "object"))


def _refused_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON, though Python reads it")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large")
    return number


@FUNCTIONS.plain(
    "json_to_object(text)",
    "Reads JSON. What is an object or an array already stays as it is.",
    'json_to_object("{\\"firstName\\": \\"John\\"}")',
    "object",
)
def _json_to_object(text: object) -> object:
    if isinstance(text, (Mapping, list, tuple)):  # as the documented sample gives it, with no quotes around the JSON
        return text
    given = text_argument(text, "text")
    try:
        parsed: object = json.loads(given, parse_constant=_refused_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise TransformError(f"{shown(text)} is not JSON", argument="text") from error
    return _whole(parsed) if "\\u" in given and _HALF.search(given) else parsed


def _whole(value: object) -> object:
    if isinstance(value, str):
        return whole_characters(value)
    if isinstance(value, dict):
        return {whole_characters(key): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list) else value
