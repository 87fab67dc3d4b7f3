"""Compiled calculated fields, and `evaluate` for one value at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from .compiler import Compiler
from .effort import CALLS_UNCOUNTED
from .errors import ExpressionError, TransformError
from .functions.registry import Context, Evaluator
from .parser import parse


@dataclass(frozen=True, slots=True)
class Expression:
    """A calculated field, ready to run on any number of rows."""

    text: str
    columns: frozenset[str]
    """The source columns or dotted paths it reads, as written."""
    run: Evaluator = field(repr=False, compare=False)
    """The closure itself, for loops that hold their own context; it may raise TransformError."""
    whole_row: bool = False
    """Whether it may look at more of the row than `columns`."""
    places: Mapping[str, int] = field(default_factory=dict, repr=False, compare=False)
    """Where in the text each of the columns first stands, in the order of reading."""
    counted: bool = False
    """Whether it does so much on a row that its work is counted; then it runs only as a whole."""

    def evaluate(self, row: Mapping[str, object], context: Context | None = None) -> object:
        """The value for one row.

        Args:
            row: Column names to values.
            context: Give one per batch, so that `now()` does not move; without it the clock is read here.
        Raises:
            TransformError: the expression fails on this row.
        """
        if context is None:
            context = Context(datetime.now(UTC))
        try:
            return self.run(row, context)
        except RecursionError as error:
            raise TransformError("the value is nested too deeply") from error


@lru_cache(maxsize=4096)
def compile_expression(text: str) -> Expression:
    """Compile a calculated field.

    Raises:
        ExpressionError: it does not parse, or names an unknown function.
    """
    try:
        tree = parse(text)
        compiler = Compiler()
        run = compiler.compile_whole(tree)
        counted = compiler.calls > CALLS_UNCOUNTED
        if counted:
            run = Compiler(counted=True).compile_whole(tree)
    except RecursionError as error:  # the caller is very deep itself
        raise ExpressionError("The expression is nested too deeply", 0, "Split the mapping") from error
    return Expression(text, frozenset(compiler.columns), run, compiler.whole_row, compiler.columns, counted)


def evaluate(expression: str, row: Mapping[str, object]) -> object:
    """Evaluate an expression on one row.

    Raises:
        ExpressionError: the text is not an expression.
        TransformError: it fails on this row.
    """
    return compile_expression(expression).evaluate(row)
