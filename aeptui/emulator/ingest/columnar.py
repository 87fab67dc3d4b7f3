"""Records of a Parquet file as JSON values. pyarrow is imported only when one is read."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, Any, Final

from aeptui.emulator.ingest.rows import Row, uncounted
from aeptui.emulator.ingest.storage import COPY_FAILED, SourceError

BATCH_ROWS: Final = 2000
PAGE_BYTES: Final = 1024 * 1024
FOOTER_BYTES: Final = 16 * 1024 * 1024
"""The longest text in a footer; Arrow's own schema is kept there as one."""
FOOTER_ITEMS: Final = 1_000_000
ROW_BYTES: Final = 16
"""What a row counts at least, for there is work in a row of nothing too."""


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


def parquet_rows(
    stream: IO[bytes],
    *,
    path: str,
    most: int,
    batch_rows: int = BATCH_ROWS,
    count: Callable[[int], None] = uncounted,
) -> Iterator[Row]:
    """Records of a Parquet file, in small batches.

    Args:
        most: How many bytes its rows may have. A few bytes can stand for a billion rows.
    Raises:
        SourceError: it is no Parquet file, a page of it is broken, or it has more rows than a file of its size may.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        # With a buffer pages are read one by one; without, a whole column of a row group, which may be the whole file.
        file = pq.ParquetFile(
            stream, buffer_size=PAGE_BYTES, pre_buffer=False, thrift_string_size_limit=FOOTER_BYTES,
            thrift_container_size_limit=FOOTER_ITEMS,
        )  # fmt: skip
        expected = _rows_promised(file.metadata)
        converters = [(field.name, _converter(field.type)) for field in file.schema_arrow]
        changed = [(name, convert) for name, convert in converters if convert is not None]
        for batch in file.iter_batches(batch_size=batch_rows, use_threads=False):
            most -= max(batch.nbytes, len(batch) * ROW_BYTES)
            if most < 0:
                raise SourceError(COPY_FAILED, f"{path} has far more rows than a file of its size may hold.")
            count(batch.nbytes)
            for values in _microseconds(batch).to_pylist():
                number += 1
                for name, convert in changed:
                    values[name] = convert(values[name])
                yield Row(number, values)
        if number != expected:
            raise SourceError(COPY_FAILED, f"{path} promises {expected} rows and has {number}.")
    except MemoryError as error:
        raise SourceError(COPY_FAILED, f"{path} needs far more memory than a file should.") from error
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise SourceError(COPY_FAILED, f"{path} cannot be read as Parquet: {error}.") from error


def _rows_promised(footer: Any) -> int:
    """How many rows a footer promises. It has no check sum: raises ValueError when it contradicts itself."""
    groups = [footer.row_group(place) for place in range(footer.num_row_groups)]
    flat = next((n for n in range(footer.num_columns) if footer.schema.column(n).max_repetition_level == 0), None)
    total = sum(group.num_rows for group in groups)
    if total != footer.num_rows or any(
        group.num_rows < 0 or (flat is not None and group.column(flat).num_values != group.num_rows) for group in groups
    ):
        raise ValueError("its footer gives different numbers of rows")
    return int(total)


def _microseconds(batch: Any) -> Any:
    """Nanosecond columns as microseconds: Python has no finer time."""
    import pyarrow as pa

    for index, field in enumerate(batch.schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
            finer = batch.column(index).cast(pa.timestamp("us", field.type.tz), safe=False)
            batch = batch.set_column(index, field.name, finer)
    return batch
