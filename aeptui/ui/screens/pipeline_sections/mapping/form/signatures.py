"""The call that the caret stands in, and how its function is to be called. Pure."""

from __future__ import annotations

from typing import NamedTuple

from aeptui.dataprep import FUNCTIONS, Function, tokens
from aeptui.ui.widgets.cells import cut, width
from aeptui.ui.widgets.text_lines import Line


class Call(NamedTuple):
    """A call with the caret between its brackets."""

    function: Function
    argument: int
    """Which argument the caret is in, from 0."""


def call_at(text: str, caret: int) -> Call | None:
    """The innermost call of a known function around the caret; None outside of any."""
    opened: list[tuple[Function | None, int]] = []
    name = ""
    for token in tokens(text):
        if token.position >= caret:
            break
        if token.kind == "operator" and token.text in "([{":
            opened.append((FUNCTIONS.get(name) if token.text == "(" else None, 0))
        elif token.kind == "operator" and token.text in ")]}":
            del opened[-1:]
        elif token.text == "," and opened:
            opened[-1] = (opened[-1][0], opened[-1][1] + 1)
        name = token.text if token.kind == "name" else ""
    return next((Call(function, at) for function, at in reversed(opened) if function is not None), None)


def signature(call: Call, cells: int) -> Line:
    """The function's form with the parameter at the caret marked, what it returns, an example; in so many cells."""
    function = call.function
    last = len(function.params) - 1
    here = last if last >= 0 and call.argument > last and function.params[last].variadic else call.argument
    line: list[tuple[str, str]] = [(f"{function.name}(", "accent")]
    for at, parameter in enumerate(function.params):
        name = f"{parameter.name}..." if parameter.variadic else parameter.name
        shown = f"[{name}]" if parameter.optional and not parameter.variadic else name
        line += [(", " if at else "", "muted"), (shown, "strong" if at == here else "muted")]
    line += [(")", "accent"), (f" -> {function.returns}", "")]
    room = cells - sum(width(text) for text, _ in line)
    more = f"   {function.example}   {function.description}"
    return (*line, (cut(more, room), "muted")) if room > 0 else tuple(line)
