"""The target schema as the mapper needs it: a tree of fields, found by path, and converters for whole subtrees.

Fields come as `destination path -> XDM type`. Arrays of objects may be written `list[*].name` or `list.name`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .coercion import Coercer, coercer
from .errors import CoercionError, PathError
from .paths import DestinationPath, Segment


@dataclass(slots=True)
class Shape:
    """One field. `type` is empty for a parent that was not listed itself; no children means a free-form object."""

    type: str = ""
    children: dict[str, Shape] = field(default_factory=dict)
    element: Shape | None = None

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Shape:
        """The tree of a flat listing of fields."""
        root = cls("object")
        for path, type_name in fields.items():
            try:
                segments = DestinationPath.parse(path).segments
            except PathError:
                segments = tuple(path.split("."))  # a schema may name its fields as it likes
            root._grow(segments).type = type_name
        return root

    def _grow(self, segments: tuple[Segment, ...]) -> Shape:
        shape = self
        for segment in segments:
            if isinstance(segment, str):
                shape = shape.children.setdefault(segment, Shape())
            else:
                shape.element = shape.element or Shape()
                shape = shape.element
        return shape

    @property
    def item(self) -> Shape | None:
        """The shape of an array's elements."""
        if self.element is not None:
            # `list[*]` and `list.name` may describe the same element between them.
            return Shape(self.element.type, {**self.children, **self.element.children}, self.element.element)
        return Shape("object", self.children) if self.children else None

    def find(self, segments: tuple[Segment, ...]) -> Shape | None:
        """The field at a path; None when the schema has none. Keys of maps and free-form objects always exist."""
        shape: Shape | None = self
        for segment in segments:
            if shape is None:
                return None
            if shape.is_free_form or (shape.type == "map" and isinstance(segment, str)):
                shape = shape.element or Shape()
            elif isinstance(segment, str):
                shape = None if shape.type == "array" else shape.children.get(segment)
            else:
                shape = shape.item or Shape() if shape.type in ("array", "") or shape.element else None
        return shape

    @property
    def is_free_form(self) -> bool:
        """An object whose fields the schema does not name."""
        return self.type == "object" and not self.children

    def converter(self) -> Coercer:
        """A function that makes a value of this field, dropping children that the schema does not have."""
        if self.type == "array" or (self.element is not None and self.type in ("", "array")):
            return _array_converter(self.item)
        if self.type == "map":
            return _map_converter(self.element)
        if self.children:
            return _object_converter({name: child.converter() for name, child in self.children.items()})
        if self.type == "object":
            as_object = coercer("object")
            return lambda value: copied(as_object(value))
        return coercer(self.type) if self.type else copied


def copied(value: object) -> object:
    """A deep copy, so that a record never shares parts with its row; null and empty text are null."""
    if type(value) is str:
        return value or None
    if isinstance(value, Mapping):
        return {key: made for key, item in value.items() if (made := copied(item)) is not None}
    if isinstance(value, (list, tuple)):
        return [copied(item) for item in value]
    return value


def _within(name: str, error: CoercionError) -> CoercionError:
    return CoercionError(f"{name}: {error.why}", type_name=error.type_name)


def _object_converter(children: dict[str, Coercer]) -> Coercer:
    as_object = coercer("object")

    def convert(value: object) -> object:
        source = as_object(value)
        if not isinstance(source, Mapping):
            return None
        record: dict[str, object] = {}
        for name, item in source.items():
            converter = children.get(name)
            if converter is None:
                continue
            try:
                converted = converter(item)
            except CoercionError as error:
                raise _within(str(name), error) from error
            if converted is not None:
                record[name] = converted
        return record

    return convert


def _array_converter(item: Shape | None) -> Coercer:
    as_array = coercer("array")
    of_item = item.converter() if item is not None else copied

    def convert(value: object) -> object:
        source = as_array(value)
        if not isinstance(source, list):
            return None
        result = []
        for place, element in enumerate(source):
            try:
                result.append(of_item(element))
            except CoercionError as error:
                raise _within(f"[{place}]", error) from error
        return result

    return convert


def _map_converter(item: Shape | None) -> Coercer:
    as_map = coercer("map")
    of_item = item.converter() if item is not None else copied

    def convert(value: object) -> object:
        source = as_map(value)
        if not isinstance(source, Mapping):
            return None
        return {str(key): made for key, entry in source.items() if (made := of_item(entry)) is not None}

    return convert
