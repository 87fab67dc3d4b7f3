"""The catalogue of functions tells the truth: every entry is whole, and its example runs and gives what it says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import pytest

from aeptui.dataprep import (
    FUNCTIONS,
    ExpressionError,
    TransformError,
    compile_expression,
    evaluate,
    parse,
    to_expression,
)
from aeptui.dataprep.functions import OTHER_NAMES

ROW: Final[dict[str, object]] = {
    "address": {"city": "Paris"},
    "addresses": [{"type": "home", "city": "Paris"}, {"type": "work", "city": "Rome"}],
}
KINDS: Final[dict[str, Callable[[object], bool]]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: type(value) is int,
    "number": lambda value: type(value) is float,
    "boolean": lambda value: isinstance(value, bool),
    "date": lambda value: isinstance(value, datetime) and value.tzinfo is not None,
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "map": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
    "any": lambda value: value is not None,
}
NOT_EMULATED: Final = {"fpid_to_ecid"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_example_of_a_function_runs_and_gives_the_type_it_says(name: str) -> None:
    function = FUNCTIONS[name]
    assert f"{name}(" in function.example
    if name in NOT_EMULATED:
        with pytest.raises(TransformError, match="not emulated"):
            evaluate(function.example, ROW)
        return
    assert KINDS[function.returns](evaluate(function.example, ROW))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_entry_of_a_function_is_whole(name: str) -> None:
    function = FUNCTIONS[name]
    assert function.name == name
    assert function.category
    assert function.description.endswith(".")
    shown = ", ".join(
        f"{parameter.name}..."
        if parameter.variadic
        else f"[{parameter.name}]"
        if parameter.optional
        else parameter.name
        for parameter in function.params
    )
    assert function.signature.replace("...]", "]").replace("[more]", "more...") == f"{name}({shown})"
    # Nothing may follow any number of values, and nothing needed what may be left out.
    assert not any(parameter.variadic for parameter in function.params[:-1])
    optional = [parameter.optional for parameter in function.params]
    assert optional == sorted(optional)
    assert parse(to_expression(parse(function.example))) == parse(function.example)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_takes_as_many_arguments_as_its_entry_says(name: str) -> None:
    function = FUNCTIONS[name]
    for given in range(10):
        text = f"1 + {name}({', '.join(['null'] * given)})"
        fits = function.min_args <= given and (function.max_args is None or given <= function.max_args)
        if fits and not (function.pairs and given > 1 and given % 2) and name not in ("contains_key", "is_set"):
            compile_expression(text)
        elif not fits:
            with pytest.raises(ExpressionError, match="takes") as caught:
                compile_expression(text)
            assert caught.value.position == len("1 + ")


def test_every_name_of_another_language_stands_for_a_function_and_is_none() -> None:
    assert set(OTHER_NAMES.values()) <= set(FUNCTIONS)
    assert not set(OTHER_NAMES) & set(FUNCTIONS)
    assert len({name.lower() for name in OTHER_NAMES}) == len(OTHER_NAMES)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Concat(a)", "concat"),
        ("UPPER(a)", "upper"),
        ("lowercase(a)", "lower"),
        ("array_to_object('k', a)", "arrays_to_object"),
        ("string_to_object(a)", "str_to_object"),
        ("to_int(a)", "to_integer"),
        ("replace(a, 'x', 'y')", "replacestr"),
        ("substring(a, 0, 1)", "Here it is substr(input, start, length)"),
        ("sha_256(a)", "sha256"),
        ("ua_os_version_majors(a)", "ua_os_version_major"),
        ("mapgetvalues(a, 'k')", "map_get_values"),
        ("a.equal('x')", "equals"),
        ("a.equalsignorecase('x')", "equalsIgnoreCase"),
        ("a.startswith('x')", "startsWith"),
        ("a.lower()", "lower(input)"),
        ("a.trim()", "trim(input)"),
        ("a.toUpperCase()", "upper(input)"),
        ("a.substring(1)", "substr(input, start, length)"),
        ("length(a)", "size_of(value)"),
        ("DATE_FORMAT(a, 'yyyy')", "format(date, format)"),
        ("IFNULL(a, 'x')", "nvl(input, default)"),
    ],
)
def test_an_unknown_name_is_answered_with_the_closest_known_one(written: str, meant: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(f"1 + {written}")
    assert meant in caught.value.hint
    assert caught.value.position == len("1 + a." if written.startswith("a.") else "1 + ")
