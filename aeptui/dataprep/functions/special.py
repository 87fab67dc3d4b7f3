"""Functions whose result is not a function of the row: random identifiers."""

from __future__ import annotations

from aeptui.dataprep.nodes import Node

from .registry import Category, Evaluator

FUNCTIONS = Category("special")


@FUNCTIONS.built("uuid()", "A random UUID.", "uuid()", "string")
def _uuid(_arguments: tuple[Evaluator, ...], _nodes: tuple[Node, ...]) -> Evaluator:
    return lambda _row, context: str(context.new_uuid())


FUNCTIONS.alias("guid", of="uuid")
