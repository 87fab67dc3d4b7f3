"""`observableSchema`: a JSON Schema of the fields that a dataset's files really have. Reads footers only, no rows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow

JsonSchema = dict[str, Any]


def observed_schema(files: Iterable[Path]) -> JsonSchema:
    """One schema over Parquet files; `{}` for none, and for files that are gone meanwhile.

    A file has a column for every field of the schema; one counts as observed when it has a value anywhere.
    """
    import pyarrow.parquet as parquet  # heavy, and needed by this one call

    properties: JsonSchema = {}
    for file in files:
        try:
            with parquet.ParquetFile(file) as opened:
                fields, columns = opened.schema_arrow, _columns_with_values(opened.metadata)
        except OSError:
            continue
        for field in fields:
            if (node := _node(field.type, field.name, columns)) is not None:
                _merge(properties, field.name, node)
    return {"type": "object", "meta:xdmType": "object", "properties": properties} if properties else {}


def _columns_with_values(metadata: Any) -> set[str]:
    """The leaf columns that are not null throughout, as paths of Parquet."""
    found: set[str] = set()
    for group in range(metadata.num_row_groups):
        for number in range(metadata.num_columns):
            column = metadata.row_group(group).column(number)
            statistics = column.statistics
            counted = statistics is not None and statistics.has_null_count
            if not counted or statistics.null_count < column.num_values:
                found.add(column.path_in_schema)
    return found


def _merge(properties: JsonSchema, name: str, node: JsonSchema) -> None:
    """Files of one dataset may have different fields: a later one adds to what is there."""
    known = properties.setdefault(name, node)
    for key in ("properties", "items", "additionalProperties"):
        if isinstance(known.get(key), dict) and isinstance(node.get(key), dict):
            if key == "properties":
                for inner, child in node[key].items():
                    _merge(known[key], inner, child)
            else:
                _merge(known, key, node[key])


def _node(kind: pyarrow.DataType, path: str, columns: set[str]) -> JsonSchema | None:
    """The field at a path; None when it has no value anywhere."""
    import pyarrow.types as types

    if types.is_struct(kind):
        fields = (kind.field(number) for number in range(kind.num_fields))
        below = {field.name: _node(field.type, f"{path}.{field.name}", columns) for field in fields}
        observed = {name: node for name, node in below.items() if node is not None}
        return {"type": "object", "meta:xdmType": "object", "properties": observed} if observed else None
    if types.is_map(kind):
        inner = _node(kind.item_type, f"{path}.key_value.value", columns)
        return None if inner is None else {"type": "object", "meta:xdmType": "map", "additionalProperties": inner}
    if types.is_list(kind) or types.is_large_list(kind):
        inner = _node(kind.value_type, f"{path}.list.element", columns)
        return None if inner is None else {"type": "array", "meta:xdmType": "array", "items": inner}
    return _scalar(kind) if path in columns else None


def _scalar(kind: pyarrow.DataType) -> JsonSchema:
    import pyarrow.types as types

    if types.is_boolean(kind):
        return {"type": "boolean", "meta:xdmType": "boolean"}
    if types.is_timestamp(kind):
        return {"type": "string", "format": "date-time", "meta:xdmType": "date-time"}
    if types.is_date(kind):
        return {"type": "string", "format": "date", "meta:xdmType": "date"}
    if types.is_integer(kind):
        word = {8: "byte", 16: "short", 32: "integer"}.get(kind.bit_width, "long")
        return {"type": "integer", "meta:xdmType": word}
    if types.is_floating(kind) or types.is_decimal(kind):
        return {"type": "number", "meta:xdmType": "number"}
    return {"type": "string", "meta:xdmType": "string"}
