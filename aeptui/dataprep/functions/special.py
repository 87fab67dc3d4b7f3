"""Random identifiers, and the one function whose algorithm nobody outside the platform knows."""

from __future__ import annotations

from aeptui.dataprep.errors import TransformError
from aeptui.dataprep.nodes import Node

from .registry import Category, Evaluator

FUNCTIONS = Category("special")


@FUNCTIONS.built("uuid()", "A random UUID.", "uuid()", "string")
def _uuid(_arguments: tuple[Evaluator, ...], _nodes: tuple[Node, ...]) -> Evaluator:
    return lambda _row, context: str(context.new_uuid())


FUNCTIONS.alias("guid", of="uuid")


@FUNCTIONS.plain(
    "fpid_to_ecid(fpid)",
    "An ECID made of a first-party id. Only the platform can: its algorithm is not published.",
    'fpid_to_ecid("4ed70bee-b654-420a-a3fd-b58b6b65e991")',
    "string",
)
def _fpid_to_ecid(fpid: object) -> str:
    raise TransformError("an ECID is not emulated: the algorithm is not published, and one must never be invented")
