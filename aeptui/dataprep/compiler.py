"""Turns the syntax tree into closures over (row, context), once per expression.

Here names meet the registry: unknown functions and methods and wrong argument counts are refused with the closest known
name. Columns are collected, not checked: whether they exist depends on the file.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Final

from .effort import SLOW_CALL, begin, end, spend_on
from .errors import ExpressionError, TransformError
from .functions import FUNCTIONS, OTHER_NAMES, Function
from .functions.registry import Context, Evaluator, Row
from .methods import METHODS
from .nodes import (
    ArrayLiteral,
    Binary,
    Call,
    Chain,
    Each,
    Index,
    Literal,
    Member,
    Method,
    Name,
    Node,
    ObjectLiteral,
    Step,
    Ternary,
    Unary,
)
from .operators import BINARY, UNARY
from .paths import EACH, MAX_STARS, Segment, SourcePath, walk
from .values import is_empty, to_integer, to_text, truth

_BY_LOWER: Final = {name.lower(): known for name, known in OTHER_NAMES.items()}
Transform = Callable[[object, Row, Context], object]


class Compiler:
    """Compiles one tree; afterwards `columns` holds every source path it reads, with the first place of each.

    `whole_row` says that it may look at others too, `calls` how much it does on a row. With `counted` the closure
    counts its work against the allowance of one evaluation.
    """

    def __init__(self, *, counted: bool = False) -> None:
        self.columns: dict[str, int] = {}
        self.whole_row = False
        self.calls = 0
        self._counted = counted

    def compile_whole(self, node: Node) -> Evaluator:
        """The closure of a whole expression."""
        run = self.compile(node)
        return _with_allowance(run) if self._counted else run

    def compile(self, node: Node) -> Evaluator:
        """The closure of one node."""
        if isinstance(node, Literal):
            value = node.value
            return lambda _row, _context: value
        if isinstance(node, Name):
            return self._source(SourcePath.of(node.text, node.parts), node.position)
        if isinstance(node, Chain):
            return self._chain(node)
        if isinstance(node, Call):
            return self._call(node)
        if isinstance(node, Binary):
            return self._binary(node)
        if isinstance(node, Unary):
            return self._unary(node)
        if isinstance(node, Ternary):
            return self._ternary(node)
        if isinstance(node, ArrayLiteral):
            items = [self.compile(item) for item in node.items]
            return lambda row, context: [item(row, context) for item in items]
        return self._object(node)

    # -- names

    def _source(self, path: SourcePath, position: int) -> Evaluator:
        self.columns.setdefault(path.column, position)
        if len(path.segments) == 1:
            column = path.column
            return self._spending(lambda row, _context: row.get(column))
        read = path.reader()
        return self._spending(lambda row, _context: read(row))

    def _spending(self, run: Evaluator) -> Evaluator:
        """The closure, whose values count when work is counted."""
        if not self._counted:
            return run

        def counted(row: Row, context: Context) -> object:
            value = run(row, context)
            spend_on(value)
            return value

        return counted

    def _chain(self, node: Chain) -> Evaluator:
        stars = sum(isinstance(step, Each) for step in node.steps)
        if stars > MAX_STARS:
            raise ExpressionError(f"A path has at most {MAX_STARS} [*]", node.position)
        steps = list(node.steps)
        if isinstance(node.head, Name):
            segments: list[Segment] = list(node.head.parts)
            while steps and (segment := _static(steps[0])) is not None:
                segments.append(segment)
                steps.pop(0)
            head = self._source(SourcePath.of(node.head.text, tuple(segments)), node.head.position)
        else:
            head = self.compile(node.head)
        if not steps:
            return head
        self.calls += len(steps)
        follow = self._follow(steps)

        def run(row: Row, context: Context) -> object:
            return follow(head(row, context), row, context)

        return self._spending(run)

    def _follow(self, steps: list[Step]) -> Transform:
        """One closure for all steps; what stands after a `[*]` runs for every element."""
        transforms: list[Transform] = []
        for place, step in enumerate(steps):
            if isinstance(step, Each):
                rest = self._follow(steps[place + 1 :])
                transforms.append(_for_each(rest))
                break
            transforms.append(self._step(step))

        def run(value: object, row: Row, context: Context) -> object:
            for transform in transforms:
                value = transform(value, row, context)
            return value

        return run

    def _step(self, step: Step) -> Transform:
        if isinstance(step, Method):
            return self._method(step)
        if isinstance(step, Member):
            path: tuple[Segment, ...] = (step.name,)
            return lambda value, _row, _context: walk(value, path)
        assert isinstance(step, Index)  # noqa: S101  # the caller has taken out the only other step
        index = self.compile(step.index)
        return lambda value, row, context: _item(value, index(row, context))

    def _method(self, step: Method) -> Transform:
        method = METHODS.get(step.name)
        if method is None:
            hint = _closest(step.name, tuple(METHODS))
            raise ExpressionError(f"There is no method {step.name}", step.position, hint or _function_hint(step.name))
        if len(step.arguments) != method.arguments:
            raise ExpressionError(
                f"{step.name} takes {_count(method.arguments)}, not {len(step.arguments)}", step.position, ""
            )
        arguments = [self.compile(argument) for argument in step.arguments]
        name, body = step.name, method.body

        def run(value: object, row: Row, context: Context) -> object:
            values = [argument(row, context) for argument in arguments]
            try:
                return body(value, *values)
            except TransformError as error:
                error.function = error.function or name
                raise

        return run

    # -- calls

    def _call(self, node: Call) -> Evaluator:
        function = FUNCTIONS.get(node.name)
        if function is None:
            hint = _elsewhere(node.name) or _closest(node.name, tuple(FUNCTIONS))
            raise ExpressionError(f"There is no function {node.name}", node.position, hint)
        given = len(node.arguments)
        if given < function.min_args or (function.max_args is not None and given > function.max_args):
            raise ExpressionError(
                f"{node.name} takes {_arity(function)}, not {given}", node.position, f"Its form is {function.signature}"
            )
        if function.pairs and given % 2 and given > 1:
            raise ExpressionError(
                f"{node.name}: every key needs a value", node.position, f"Its form is {function.signature}"
            )
        self.whole_row = self.whole_row or function.reads_row
        attribute = self._bare_attribute(function, node)
        arguments: list[Evaluator] = []
        for place, argument in enumerate(node.arguments):
            known = dict(self.columns) if place == attribute else None
            arguments.append(self.compile(argument))
            if known is not None:
                self.columns = known
        self.calls += function.weight
        return self._spending(function.build(tuple(arguments), node.arguments))

    def _bare_attribute(self, function: Function, node: Call) -> int | None:
        """The place of an argument that is the name of an attribute, and no source column."""
        place = function.names_attribute
        if place is None or place >= len(node.arguments) or not isinstance(node.arguments[place], Name):
            return None
        if function.attribute_or_value:
            if len(node.arguments) > place + 1 or isinstance(node.arguments[0], Literal):
                return None
            self.whole_row = True  # only the row shows which: it may be the column of that name
        return place

    # -- operators

    def _binary(self, node: Binary) -> Evaluator:
        first = self.compile(node.first)
        rest = [(operator, self.compile(operand)) for operator, operand in node.rest]
        operator = rest[0][0]
        self.calls += sum(SLOW_CALL if operator in ("=~", "!~") else 1 for operator, _ in rest)
        if operator in ("||", "&&"):
            operands = [first, *(operand for _, operand in rest)]
            return _any(operands) if operator == "||" else _all(operands)
        if len(rest) == 1:
            apply, second = BINARY[operator].apply, rest[0][1]
            return lambda row, context: apply(first(row, context), second(row, context))
        steps, counted = [(BINARY[operator].apply, operand) for operator, operand in rest], self._counted

        def run(row: Row, context: Context) -> object:
            value = first(row, context)
            for apply, operand in steps:
                value = apply(value, operand(row, context))
                if counted:
                    spend_on(value)
            return value

        return run

    def _unary(self, node: Unary) -> Evaluator:
        operand = self.compile(node.operand)
        applied = [UNARY[operator].apply for operator in reversed(node.operators)]

        def run(row: Row, context: Context) -> object:
            value = operand(row, context)
            for apply in applied:
                value = apply(value)
            return value

        return run

    def _ternary(self, node: Ternary) -> Evaluator:
        condition, otherwise = self.compile(node.condition), self.compile(node.otherwise)
        if node.then is not None:
            then = self.compile(node.then)
            return lambda row, context: (then if truth(condition(row, context)) else otherwise)(row, context)
        only_null = node.operator == "??"

        def run(row: Row, context: Context) -> object:
            value = condition(row, context)
            absent = value is None if only_null else not truth(value) or is_empty(value)
            return otherwise(row, context) if absent else value

        return run

    def _object(self, node: ObjectLiteral) -> Evaluator:
        items = [(self.compile(key), self.compile(value)) for key, value in node.items]

        def run(row: Row, context: Context) -> object:
            return {_key(key(row, context)): value(row, context) for key, value in items}

        return run


def _key(value: object) -> str:
    if value is None:
        raise TransformError('a key of the object is null; a key that is a word is written in quotes: {"key": value}')
    return to_text(value)


def _with_allowance(run: Evaluator) -> Evaluator:
    def counted(row: Row, context: Context) -> object:
        before = begin()
        try:
            return run(row, context)
        finally:
            end(before)

    return counted


def _static(step: Step) -> Segment | None:
    """The step as a segment of a path, when it needs no evaluation."""
    if isinstance(step, Member):
        return step.name
    if isinstance(step, Each):
        return EACH
    if isinstance(step, Index) and isinstance(step.index, Literal):
        value = step.index.value
        if type(value) is int or isinstance(value, str):
            return value
    return None


def _for_each(rest: Transform) -> Transform:
    def run(value: object, row: Row, context: Context) -> object:
        if not isinstance(value, (list, tuple)):
            return None
        return [rest(item, row, context) for item in value]

    return run


def _item(value: object, index: object) -> object:
    if value is None or index is None:
        return None
    if isinstance(value, (list, tuple)):
        return walk(value, (to_integer(index),))
    return walk(value, (to_text(index),))


def _any(operands: list[Evaluator]) -> Evaluator:
    def run(row: Row, context: Context) -> object:
        return any(truth(operand(row, context)) for operand in operands)

    return run


def _all(operands: list[Evaluator]) -> Evaluator:
    def run(row: Row, context: Context) -> object:
        return all(truth(operand(row, context)) for operand in operands)

    return run


def _closest(name: str, known: tuple[str, ...]) -> str:
    """ "Did you mean lower?", or nothing."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    if name.lower() in by_lower:
        return f"Names are case-sensitive: {by_lower[name.lower()]}"
    # What is cut off (to_int, replace) stands nearer than what is as long.
    longer = sorted((candidate for candidate in known if len(name) > 2 and candidate.startswith(name)), key=len)
    found = longer or get_close_matches(name, known, n=1, cutoff=0.7)
    return f"Did you mean {found[0]}?" if found else ""


def _elsewhere(name: str) -> str:
    known = _BY_LOWER.get(name.lower())
    return f"Here it is {FUNCTIONS[known].signature}" if known is not None else ""


def _function_hint(name: str) -> str:
    known = name if name in FUNCTIONS else _BY_LOWER.get(name.lower(), "")
    return f"Write it as a function: {FUNCTIONS[known].signature}" if known else ""


def _count(number: int) -> str:
    return f"{number} argument" if number == 1 else f"{number} arguments"


def _arity(function: Function) -> str:
    fewest, most = function.min_args, function.max_args
    if most is None:
        return f"at least {_count(fewest)}"
    return _count(most) if fewest == most else f"{fewest} to {_count(most)}"
