"""Array functions. They make new arrays and leave their input as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from aeptui.dataprep.effort import check_compared, check_items
from aeptui.dataprep.errors import TransformError, shown
from aeptui.dataprep.methods import size
from aeptui.dataprep.values import compare, truth

from .registry import Category, integer_argument, text_argument

FUNCTIONS = Category("array")


def array_argument(value: object, argument: str) -> Sequence[object]:
    """The argument as an array; null is an empty one."""
    if value is None:
        return ()
    if isinstance(value, (list, tuple)):
        return value
    raise TransformError(f"{shown(value)} is not an array", argument=argument)


def _spread(values: tuple[object, ...]) -> Sequence[object]:
    """The elements of one array, or the arguments themselves."""
    if len(values) == 1 and isinstance(values[0], (list, tuple)):
        return values[0]
    return values


@FUNCTIONS.plain(
    "first(value...)", "Gives the first value or element; null of none.", 'first("1", "2", "3")', "any", nulls="given"
)
def _first(*values: object) -> object:
    items = _spread(values)
    return items[0] if items else None


@FUNCTIONS.plain(
    "last(value...)", "Gives the last value or element; null of none.", 'last("1", "2", "3")', "any", nulls="given"
)
def _last(*values: object) -> object:
    items = _spread(values)
    return items[-1] if items else None


@FUNCTIONS.plain(
    "to_array(include_nulls, value...)",
    "Makes an array of values, with or without the nulls.",
    "to_array(false, 1, null, 2, 3)",
    "array",
    nulls="given",
)
def _to_array(include_nulls: object, *values: object) -> list[object]:
    keep = truth(include_nulls)
    return [value for value in values if keep or value is not None]


@FUNCTIONS.plain(
    "add_to_array(array, value...)",
    "Adds values to the end of an array.",
    "add_to_array(['a', 'b'], 'c', 'd')",
    "array",
    nulls="given",
)
def _add_to_array(array: object, *values: object) -> list[object]:
    return [*array_argument(array, "array"), *values]


@FUNCTIONS.plain(
    "join_arrays(array, more...)",
    "Joins arrays to one.",
    "join_arrays(['a', 'b'], ['c'], ['d', 'e'])",
    "array",
    nulls="given",
)
def _join_arrays(*arrays: object) -> list[object]:
    given = [array_argument(array, "array") for array in arrays]
    check_items(sum(map(len, given)))
    return [item for array in given for item in array]


@FUNCTIONS.plain(
    "size_of(value)",
    "Counts the elements of an array, the fields of an object or the characters of a text.",
    "size_of([1, 2, 3, 4])",
    "integer",
)
def _size_of(value: object) -> int | None:
    return size(value)


@FUNCTIONS.plain(
    "upsert_array_append(array)",
    "Gives the array; it acts on streaming updates only.",
    "upsert_array_append([123, 456])",
    "array",
)
def _upsert_array_append(array: object) -> object:
    return list(array_argument(array, "array"))


@FUNCTIONS.plain(
    "upsert_array_replace(array, [index])",
    "Gives the array; it acts on streaming updates only.",
    "upsert_array_replace([123, 456], 1)",
    "array",
    nulls="given",
)
def _upsert_array_replace(array: object, index: object = None) -> object:
    if index is not None:
        integer_argument(index, "index")
    return None if array is None else list(array_argument(array, "array"))


@FUNCTIONS.plain(
    "arrays_to_objects(key, array, more...)",
    "Zips arrays to an array of objects; short arrays are filled with null.",
    "arrays_to_objects('sku', explode(\"id1|id2\", '\\\\|'), 'price', [22.5, 14.35])",
    "array",
    nulls="given",
    pairs=True,
)
def _arrays_to_objects(*pairs: object) -> list[object]:
    columns = {
        text_argument(key, "key"): array_argument(array, "array")
        for key, array in zip(pairs[0::2], pairs[1::2], strict=True)
    }
    length = max(map(len, columns.values()), default=0)
    check_items(length * len(columns))
    return [
        {key: column[place] if place < len(column) else None for key, column in columns.items()}
        for place in range(length)
    ]


FUNCTIONS.alias("arrays_to_object", of="arrays_to_objects")


def _extreme(values: tuple[object, ...], wins: Callable[[int], bool]) -> object:
    best: object = None
    items = _spread(values)
    check_compared(len(items))
    for value in items:
        if isinstance(value, (Mapping, list)):
            raise TransformError(f"{shown(value)} has no order")
        if value is not None and (best is None or wins(compare(value, best))):
            best = value
    return best


@FUNCTIONS.plain("min(value...)", "Gives the least value; nulls are ignored.", "min(3, 1, 4)", "any", nulls="given")
def _min(*values: object) -> object:
    return _extreme(values, lambda order: order < 0)


@FUNCTIONS.plain("max(value...)", "Gives the greatest value; nulls are ignored.", "max(3, 1, 4)", "any", nulls="given")
def _max(*values: object) -> object:
    return _extreme(values, lambda order: order > 0)
