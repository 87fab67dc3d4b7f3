"""Map functions: objects whose keys are data."""

from __future__ import annotations

from collections.abc import Mapping

from aeptui.dataprep.errors import TransformError
from aeptui.dataprep.nodes import Name, Node
from aeptui.dataprep.values import canonical_key, to_text

from .arrays import array_argument
from .objects import object_argument, pairs_of
from .registry import CATCHABLE, Category, Context, Evaluator, Row, named_failure, text_argument

FUNCTIONS = Category("map")


@FUNCTIONS.plain(
    "to_map(key, value, more...)",
    "Makes a map; keys become text.",
    'to_map("firstName", "John")',
    "map",
    nulls="given",
    pairs=True,
)
def _to_map(*values: object) -> dict[str, object]:
    return pairs_of(values)


def _by_attribute(array: object, attribute: object) -> dict[str, object]:
    name = text_argument(attribute, "attribute")
    found: dict[str, object] = {}
    for item in array_argument(array, "array"):
        key = object_argument(item, "array").get(name)
        if key is not None:
            found[to_text(key)] = item
    return found


@FUNCTIONS.built(
    "object_to_map(object_or_key, [attribute_or_value], [more...])",
    "Makes a map of an object's fields, of an array of objects by one attribute, or of keys and values.",
    "object_to_map(addresses, type)",
    "map",
    names_attribute=1,
    attribute_or_value=True,
    pairs=True,
)
def _object_to_map(arguments: tuple[Evaluator, ...], nodes: tuple[Node, ...]) -> Evaluator:
    second = nodes[1] if len(nodes) == 2 else None
    bare = second.parts[-1] if isinstance(second, Name) else None

    def run(row: Row, context: Context) -> object:
        first = arguments[0](row, context)
        try:
            if len(arguments) == 1:
                return None if first is None else dict(object_argument(first, "object"))
            if len(arguments) == 2 and isinstance(first, (list, tuple)):
                return _by_attribute(first, bare if bare is not None else arguments[1](row, context))
            if first is None and bare is not None:
                return None
            return pairs_of((first, *(argument(row, context) for argument in arguments[1:])))
        except (TransformError, *CATCHABLE) as error:
            raise named_failure("object_to_map", error) from error.__cause__

    return run


@FUNCTIONS.built(
    "array_to_map(array, attribute)",
    "Makes a map of an array of objects, keyed by one attribute.",
    'array_to_map(addresses, "type")',
    "map",
    names_attribute=1,
)
def _array_to_map(arguments: tuple[Evaluator, ...], nodes: tuple[Node, ...]) -> Evaluator:
    bare = nodes[1].parts[-1] if isinstance(nodes[1], Name) else None

    def run(row: Row, context: Context) -> object:
        array = arguments[0](row, context)
        if array is None:
            return None
        try:
            return _by_attribute(array, bare if bare is not None else arguments[1](row, context))
        except (TransformError, *CATCHABLE) as error:
            raise named_failure("array_to_map", error) from error.__cause__

    return run


@FUNCTIONS.plain(
    "map_get_values(map, keys)",
    "Gives the value of a key, or the values of an array of keys without repetition.",
    'map_get_values(to_map("a", 1, "b", 2), "a")',
    "any",
)
def _map_get_values(given: object, keys: object) -> object:
    known: Mapping[str, object] = object_argument(given, "map")
    if not isinstance(keys, (list, tuple)):
        return known.get(text_argument(keys, "keys"))
    found = [known[to_text(key)] for key in keys if key is not None and to_text(key) in known]
    return list({canonical_key(value): value for value in found}.values())


@FUNCTIONS.plain(
    "map_has_keys(map, keys)",
    "True when the map has the key, or any of an array of keys.",
    'map_has_keys(to_map("a", 1, "b", 2), ["a", "c"])',
    "boolean",
)
def _map_has_keys(given: object, keys: object) -> bool:
    known = object_argument(given, "map")
    wanted = keys if isinstance(keys, (list, tuple)) else [keys]
    return any(key is not None and text_argument(key, "keys") in known for key in wanted)


@FUNCTIONS.plain(
    "add_to_map(map, more...)",
    "Merges maps; the first value of a repeated key stays.",
    'add_to_map(to_map("a", 1), to_map("a", 2, "b", 3))',
    "map",
    nulls="given",
)
def _add_to_map(*maps: object) -> dict[str, object]:
    merged: dict[str, object] = {}
    for given in maps:
        if given is not None:
            for key, value in object_argument(given, "map").items():
                merged.setdefault(key, value)
    return merged
