"""Choosing between values. Only the value that is chosen is evaluated."""

from __future__ import annotations

from aeptui.dataprep.nodes import Node
from aeptui.dataprep.values import equal, truth

from .registry import Category, Context, Evaluator, Row

FUNCTIONS = Category("logic")

Nodes = tuple[Node, ...]


@FUNCTIONS.built(
    "iif(condition, if_true, if_false)",
    "Gives the second value when the condition is true, else the third; only that one is evaluated.",
    'iif("s".equalsIgnoreCase("S"), "True", "False")',
    "any",
)
def _iif(arguments: tuple[Evaluator, ...], _nodes: Nodes) -> Evaluator:
    condition, then, otherwise = arguments

    def run(row: Row, context: Context) -> object:
        return then(row, context) if truth(condition(row, context)) else otherwise(row, context)

    return run


@FUNCTIONS.built("nvl(input, default)", "Gives the default when the input is null.", 'nvl(null, "none")', "any")
def _nvl(arguments: tuple[Evaluator, ...], _nodes: Nodes) -> Evaluator:
    given, default = arguments

    def run(row: Row, context: Context) -> object:
        value = given(row, context)
        return default(row, context) if value is None else value

    return run


@FUNCTIONS.built(
    "coalesce(value...)",
    "Gives the first value, or the first element of one array, that is not null.",
    'coalesce(null, null, "first", null, "second")',
    "any",
)
def _coalesce(arguments: tuple[Evaluator, ...], _nodes: Nodes) -> Evaluator:
    def run(row: Row, context: Context) -> object:
        for argument in arguments:
            value = argument(row, context)
            if value is not None:
                return value
        return None

    def of_array(row: Row, context: Context) -> object:
        value = arguments[0](row, context)
        return next((item for item in value if item is not None), None) if isinstance(value, (list, tuple)) else value

    return of_array if len(arguments) == 1 else run


@FUNCTIONS.built(
    "decode(key, option, value, more...)",
    "Gives the value that follows the option equal to the key; a last single value is the default, else null.",
    'decode("k2", "k1", "v1", "k2", "v2")',
    "any",
)
def _decode(arguments: tuple[Evaluator, ...], _nodes: Nodes) -> Evaluator:
    key, *rest = arguments
    pairs = list(zip(rest[0::2], rest[1::2], strict=False))
    default = rest[-1] if len(rest) % 2 else None

    def run(row: Row, context: Context) -> object:
        wanted = key(row, context)
        for option, value in pairs:
            if equal(wanted, option(row, context)):
                return value(row, context)
        return default(row, context) if default is not None else None

    return run
