"""How a function is described and called.

A function's signature text is the single source of its arity: `name(a, [b], c...)`, brackets for optional, dots for
any number. Two kinds of bodies exist: plain (values in, value out) and built (receives its arguments unevaluated, for
branches that must not run, and makes its own closure).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID, uuid4

from aeptui.dataprep.errors import TransformError
from aeptui.dataprep.nodes import Node
from aeptui.dataprep.values import to_integer, to_text

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Context:
    """What an expression may know besides its row. One per batch, so that `now()` is one value per batch."""

    now: datetime
    new_uuid: Callable[[], UUID] = uuid4


Evaluator = Callable[[Row, Context], object]
Builder = Callable[[tuple[Evaluator, ...], tuple[Node, ...]], Evaluator]

_PARAMETER: Final = re.compile(r"(\[)?(\w+)(\.\.\.)?\]?")
CATCHABLE: Final = (ValueError, TypeError, ArithmeticError, LookupError)
"""What a body may raise by accident of its input; the caller makes a TransformError of it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function."""

    name: str
    optional: bool = False
    variadic: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the language, as help shows it and as the compiler calls it."""

    name: str
    category: str
    signature: str
    description: str
    example: str
    returns: str
    params: tuple[Parameter, ...]
    build: Builder = field(repr=False, compare=False)
    names_attribute: int | None = None
    """The place of an argument that may be a bare attribute name; it is then no source column."""
    attribute_or_value: bool = False
    """Whether that argument is a value instead, unless it is the last of two and the first is an array."""
    body: Callable[..., object] | None = field(default=None, repr=False, compare=False)
    """What a plain function does with its values; None when it decides itself which arguments run."""
    nulls: Literal["null", "given"] = "given"
    """Whether a plain function's body sees null arguments, or the result is null without it."""
    reads_row: bool = False
    """It looks at more of the row than its arguments name."""
    pairs: bool = False
    """Its arguments are keys and values in turn, if there is more than one."""
    weight: int = 1
    """What a call counts toward having the expression's work counted; see `effort`."""

    @property
    def min_args(self) -> int:
        """The fewest arguments a call may have."""
        return sum(not parameter.optional for parameter in self.params)

    @property
    def max_args(self) -> int | None:
        """The most arguments a call may have; None is any number."""
        return None if any(parameter.variadic for parameter in self.params) else len(self.params)


class Category:
    """Collects the functions of one module."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._functions: list[Function] = []

    @property
    def functions(self) -> Iterator[Function]:
        """The functions in the order of their definition."""
        return iter(self._functions)

    def plain(
        self,
        signature: str,
        description: str,
        example: str,
        returns: str,
        *,
        nulls: Literal["null", "given"] = "null",
        pairs: bool = False,
        weight: int = 1,
    ) -> Callable[[Callable[..., object]], Callable[..., object]]:
        """Register a body over values. With `nulls="null"` any null argument makes the result null."""

        def register(body: Callable[..., object]) -> Callable[..., object]:
            name = signature.partition("(")[0]
            wrap = _null_in_null_out if nulls == "null" else _as_given
            build: Builder = lambda arguments, _nodes: wrap(name, body, arguments)  # noqa: E731  # binds what it wraps
            self._add(
                signature, description, example, returns, build, body=body, nulls=nulls, pairs=pairs, weight=weight
            )
            return body

        return register

    def built(
        self,
        signature: str,
        description: str,
        example: str,
        returns: str,
        *,
        names_attribute: int | None = None,
        attribute_or_value: bool = False,
        pairs: bool = False,
        reads_row: bool = False,
    ) -> Callable[[Builder], Builder]:
        """Register a body that gets its arguments unevaluated, with their syntax."""

        def register(build: Builder) -> Builder:
            self._add(
                signature,
                description,
                example,
                returns,
                build,
                names_attribute=names_attribute,
                attribute_or_value=attribute_or_value,
                pairs=pairs,
                reads_row=reads_row,
            )
            return build

        return register

    def alias(self, name: str, of: str) -> None:
        """Register a second name for a function of this category."""
        known = next(function for function in self._functions if function.name == of)
        signature = known.signature.replace(of, name, 1)
        self._functions.append(replace(known, name=name, signature=signature, example=known.example.replace(of, name)))

    def _add(
        self,
        signature: str,
        description: str,
        example: str,
        returns: str,
        build: Builder,
        **more: Any,
    ) -> None:
        name, _, inside = signature.rstrip(")").partition("(")
        params = tuple(
            Parameter(match[2], optional=bool(match[1] or match[3]), variadic=bool(match[3]))
            for match in _PARAMETER.finditer(inside)
        )
        self._functions.append(
            Function(
                name=name,
                category=self.name,
                signature=signature,
                description=description,
                example=example,
                returns=returns,
                params=params,
                build=build,
                **more,
            )
        )


def named_failure(name: str, error: Exception) -> TransformError:
    """The failure with the function's name on it."""
    if isinstance(error, TransformError):
        error.function = error.function or name
        return error
    return TransformError(str(error) or type(error).__name__, function=name)


def _null_in_null_out(name: str, body: Callable[..., object], arguments: tuple[Evaluator, ...]) -> Evaluator:
    if len(arguments) == 1:
        only = arguments[0]

        def one(row: Row, context: Context) -> object:
            value = only(row, context)
            if value is None:
                return None
            try:
                return body(value)
            except (TransformError, *CATCHABLE) as error:
                raise named_failure(name, error) from error.__cause__

        return one

    def many(row: Row, context: Context) -> object:
        values = [argument(row, context) for argument in arguments]
        if None in values:
            return None
        try:
            return body(*values)
        except (TransformError, *CATCHABLE) as error:
            raise named_failure(name, error) from error.__cause__

    return many


def _as_given(name: str, body: Callable[..., object], arguments: tuple[Evaluator, ...]) -> Evaluator:
    def run(row: Row, context: Context) -> object:
        values = [argument(row, context) for argument in arguments]
        try:
            return body(*values)
        except (TransformError, *CATCHABLE) as error:
            raise named_failure(name, error) from error.__cause__

    return run


# -- arguments, with the argument's name in the failure


def text_argument(value: object, argument: str) -> str:
    """The argument as text."""
    if type(value) is str:
        return value
    try:
        return to_text(value)
    except TransformError as error:
        error.argument = argument
        raise


def integer_argument(value: object, argument: str) -> int:
    """The argument as a whole number."""
    try:
        return to_integer(value)
    except TransformError as error:
        error.argument = argument
        raise
