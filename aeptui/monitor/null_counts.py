"""How often each target field is empty in what a batch wrote: read from the dataset's own Parquet files.

Bounded: files go to a temporary file on disk, rows through memory a few thousand at a time, and neither more than a
limit of each. What was left out is told.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.models.data_access import DatasetFile

MOST_BYTES = 256 * 1024 * 1024
"""Of all files together."""
MOST_ROWS = 2_000_000
_ROWS_AT_ONCE = 8192
_BROKEN = "cannot be read as Parquet"


@dataclass(frozen=True)
class FileNulls:
    """One file of the dataset: its rows, and in how many of them each field is empty."""

    name: str
    rows: int
    """Those that were looked at."""
    nulls: dict[str, int]


@dataclass(frozen=True)
class Nulls:
    """All files of a batch, as far as they were looked at."""

    files: tuple[FileNulls, ...] = ()
    left_out: tuple[str, ...] = ()
    """Why something was not looked at, in words; empty: all of it was."""

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def fields(self) -> dict[str, int]:
        """Empty values by target field, all files together."""
        total: dict[str, int] = {}
        for file in self.files:
            for name, nulls in file.nulls.items():
                total[name] = total.get(name, 0) + nulls
        return total


async def count_nulls(client: AepClient, files: Sequence[DatasetFile], targets: Sequence[str]) -> Nulls:
    """Count the empty values of the target fields in the files of a batch.

    Args:
        targets: Destinations of the mapping; none: every field the files have.
    """
    if not files:
        return Nulls()
    try:
        import pyarrow.parquet  # noqa: F401 - whether it is there is asked before anything is fetched
    except ImportError:
        words = "reading the dataset's files needs pyarrow, which comes with aeptui[local]"
        return Nulls(left_out=(words,))
    bytes_left, rows_left = MOST_BYTES, MOST_ROWS
    found: list[FileNulls] = []
    left_out: list[str] = []
    for file in files:
        for part in await client.data_access.parts(file.id):
            name = part.name.rpartition("/")[2]
            if not name.endswith(".parquet"):
                left_out.append(f"{name} is no Parquet file")
                continue
            if rows_left <= 0 or part.length is None or part.length > bytes_left:
                left_out.append(f"{name} was not looked at: too large, or of unknown size")
                continue
            with tempfile.TemporaryFile() as held:
                await client.data_access.download_part(file.id, part.name, held)
                counted = await asyncio.to_thread(_counted, held, name, targets, rows_left)
            if isinstance(counted, str):
                left_out.append(f"{name} {counted}")
                continue
            bytes_left -= part.length
            rows_left -= counted[0].rows
            found.append(counted[0])
            if counted[1]:
                left_out.append(f"of {name} only the first {counted[0].rows:,} rows were looked at")
    return Nulls(tuple(found), tuple(left_out))


def field_of(destination: str) -> str:
    """The field a mapping writes into; inside a list, the list."""
    return destination.strip().removeprefix("xdm:").partition("[")[0].rstrip(".")


def _counted(held: BinaryIO, name: str, targets: Sequence[str], most: int) -> tuple[FileNulls, bool] | str:
    """(the file, whether rows were left out), or what is wrong with it."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    held.seek(0)
    try:
        with parquet.ParquetFile(held) as opened:
            schema = opened.schema_arrow
            wanted = dict.fromkeys(filter(None, map(field_of, targets))) or dict.fromkeys(_leaves(schema, ""))
            places = {target: _place(schema, target) for target in wanted}
            nulls, rows = dict.fromkeys(wanted, 0), 0
            columns = sorted({".".join(place) for place in places.values() if place})
            batches = opened.iter_batches(_ROWS_AT_ONCE, columns=columns) if columns else ()
            for batch in batches:
                part = batch.slice(0, most - rows)
                rows += part.num_rows
                for target, place in places.items():
                    if place:
                        nulls[target] += _column(part, place).null_count
                if rows >= most:
                    break
            whole = int(opened.metadata.num_rows)
    except (pa.ArrowException, OSError, ValueError):
        return _BROKEN
    looked_at = rows if columns else min(whole, most)
    for target, place in places.items():
        if not place:  # a field that the file does not have is empty in all of its rows
            nulls[target] = looked_at
    return FileNulls(name, looked_at, nulls), looked_at < whole


def _column(batch: Any, place: Sequence[str]) -> Any:
    """The values of a field; empty also where an object around it is."""
    array = batch.column(batch.schema.get_field_index(place[0]))
    for name in place[1:]:
        array = array.flatten()[array.type.get_field_index(name)]
    return array


def _place(schema: Any, target: str) -> tuple[str, ...]:
    """The names that lead to a field, down to where objects end; none: there is no such field."""
    place: list[str] = []
    fields: Any = schema
    for name in target.split("."):
        at = fields.get_field_index(name)
        if at < 0:
            return ()
        place.append(name)
        kind = fields.field(at).type
        if not _is_object(kind):
            break
        fields = kind
    return tuple(place)


def _leaves(fields: Any, prefix: str) -> list[str]:
    found: list[str] = []
    for field in fields:
        if _is_object(field.type):
            found += _leaves(field.type, f"{prefix}{field.name}.")
        else:
            found.append(f"{prefix}{field.name}")
    return found


def _is_object(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_struct(kind))
