"""Records of a Parquet file as JSON values. pyarrow is imported only when one is read."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, Any, Final

from aeptui.emulator.ingest.members import COPY_FAILED, SourceError
from aeptui.emulator.ingest.rows import Row, uncounted

BATCH_ROWS: Final = 2000


def _text_of_bytes(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(value).decode("ascii")


def _number(value: float | None) -> float | None:
    """NaN, which JSON does not have, is null; an infinity stays, for the mapper to refuse."""
    return None if value != value else value


def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat()
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def json_value(value: Any) -> Any:
    """A Parquet value as JSON has it: dates as ISO text, decimals as numbers, maps as objects."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return _number(value)
        case datetime():
            return _instant(value)
        case date() | time():
            return value.isoformat()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case bytes():
            return _text_of_bytes(value)
        case timedelta():
            return value.total_seconds()
        case dict():
            return {key: json_value(item) for key, item in value.items()}
        case list():
            if value and all(isinstance(item, tuple) for item in value):
                return {str(json_value(key)): json_value(item) for key, item in value}
            return [json_value(item) for item in value]
        case _:
            return str(value)


def _converter(kind: Any) -> Callable[[Any], Any] | None:
    """What a column of that Arrow type needs; None when its values are JSON already."""
    import pyarrow as pa

    types = pa.types
    if types.is_string(kind) or types.is_large_string(kind) or types.is_boolean(kind) or types.is_integer(kind):
        return None
    if types.is_floating(kind):
        return _number
    if (types.is_list(kind) or types.is_large_list(kind)) and _converter(kind.value_type) is None:
        return None
    return json_value


def parquet_rows(stream: IO[bytes], *, path: str, count: Callable[[int], None] = uncounted) -> Iterator[Row]:
    """Records of a Parquet file, in small batches.

    Raises:
        SourceError: it is no Parquet file, or a page of it is broken.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        file = pq.ParquetFile(stream)
        converters = [(field.name, _converter(field.type)) for field in file.schema_arrow]
        changed = [(name, convert) for name, convert in converters if convert is not None]
        for batch in file.iter_batches(batch_size=BATCH_ROWS, use_threads=False):
            count(batch.nbytes)
            for values in _microseconds(batch).to_pylist():
                number += 1
                for name, convert in changed:
                    values[name] = convert(values[name])
                yield Row(number, values)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(COPY_FAILED, f"{path} cannot be read as Parquet: {error}.") from error


def _microseconds(batch: Any) -> Any:
    """Nanosecond columns as microseconds: Python has no finer time."""
    import pyarrow as pa

    for index, field in enumerate(batch.schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
            finer = batch.column(index).cast(pa.timestamp("us", field.type.tz), safe=False)
            batch = batch.set_column(index, field.name, finer)
    return batch
