"""Writes records as Parquet, typed by the XDM schema: nested structs, lists, maps, date32 and UTC milliseconds.

A file holds the whole of every top-level object that a mapping writes into, so readers see the schema's shape and not
the mapping's. Fields no mapping reaches are added as null columns, which costs no work per row.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from aeptui.emulator.ingest.xdm import MAX_DEPTH, Node, type_word

ROWS_PER_GROUP: Final = 10_000
BYTES_PER_GROUP: Final = 16 * 1024 * 1024
ROWS_PER_FILE: Final = 500_000

_SCALARS: Final[dict[str, pa.DataType]] = {
    "string": pa.string(),
    "boolean": pa.bool_(),
    "integer": pa.int32(),
    "long": pa.int64(),
    "short": pa.int16(),
    "byte": pa.int8(),
    "number": pa.float64(),
    "date": pa.date32(),
    "date-time": pa.timestamp("ms", tz="UTC"),
}

CONVERSION_ERRORS: Final = (pa.ArrowException, TypeError, ValueError, OverflowError)

Columns = Sequence[Sequence[object]]

Reached = dict[str, "Reached"]
"""The part of a schema that mappings write into; an empty one means everything below."""


class OutputFile(NamedTuple):
    """One written file."""

    name: str
    records: int
    size: int


def reached(destinations: Iterable[Sequence[object]]) -> Reached:
    """Merge destination paths, given as segments; what follows an index or `[*]` counts as everything below."""
    root: Reached = {}
    closed: set[int] = set()
    for segments in destinations:
        at = root
        for place, segment in enumerate(segments):
            if id(at) in closed:
                break
            if not isinstance(segment, str):
                at.clear()
                closed.add(id(at))
                break
            at = at.setdefault(segment, {})
            if place == len(segments) - 1:
                at.clear()
                closed.add(id(at))
    return root


def _places(destinations: Sequence[Sequence[object]]) -> _Places:
    """Where each destination stands; of destinations that meet, the last, for such are never given as columns."""
    root: _Places = {}
    for place, segments in enumerate(destinations):
        at = root
        for name in segments[:-1]:
            below = at.get(str(name))
            if not isinstance(below, dict):
                below = at[str(name)] = {}
            at = below
        at[str(segments[-1])] = place
    return root


def arrow_type(node: Node, within: Reached | None = None, depth: int = 0) -> pa.DataType | None:
    """The Arrow type of a schema node, only what `within` reaches; None for an object without fields."""
    word = type_word(node)
    if word in _SCALARS:
        return _SCALARS[word]
    if depth > MAX_DEPTH:
        return None
    if word == "array":
        items = node.get("items")
        inner = arrow_type(items, None, depth + 1) if isinstance(items, Mapping) else pa.string()
        return pa.list_(inner) if inner is not None else None
    if word == "map":
        inner = arrow_type(node["additionalProperties"], None, depth + 1)
        return pa.map_(pa.string(), inner) if inner is not None else None
    fields = []
    for name, child in node.get("properties", {}).items():
        if within and name not in within:
            continue
        kind = arrow_type(child, within.get(name) if within else None, depth + 1)
        if kind is not None:
            fields.append(pa.field(name, kind))
    return pa.struct(fields) if fields else None


def _preparer(kind: pa.DataType) -> Callable[[Any], Any] | None:
    """What values of a type need before Arrow takes them: a map must come as pairs. None when nothing."""
    types = pa.types
    if types.is_map(kind):
        inner = _preparer(kind.item_type)
        return lambda value: None if value is None else [(k, inner(v) if inner else v) for k, v in value.items()]
    if types.is_list(kind):
        inner = _preparer(kind.value_type)
        return inner and (lambda value: None if value is None else [inner(item) for item in value])
    if types.is_struct(kind):
        inners = [(field.name, prepare) for field in kind if (prepare := _preparer(field.type)) is not None]
        if inners:
            return lambda value: value and {**value, **{n: prepare(value.get(n)) for n, prepare in inners}}
    return None


def _widened(array: Any, full: pa.DataType) -> Any:
    """The same values in a struct type with more fields."""
    if array.type.equals(full):
        return array
    narrow = array.type
    children = []
    for field in full:
        index = narrow.get_field_index(field.name)
        children.append(pa.nulls(len(array), field.type) if index < 0 else _widened(array.field(index), field.type))
    return pa.StructArray.from_arrays(children, fields=list(full), mask=array.is_null())


_Places = dict[str, "int | _Places"]
"""Which column becomes which field, by the names of the fields."""


def _struct(full: pa.StructType, narrow: pa.StructType, places: _Places, columns: Columns, length: int) -> Any:
    """An object of type `full`, its fields made of columns; null where every one of them is."""
    children = []
    absent: Any = None
    for field in full:
        place = places.get(field.name)
        if place is None:
            children.append(pa.nulls(length, field.type))
            continue
        within = narrow.field(field.name).type
        child = _built(field.type, within, place, columns, length)
        absent = child.is_null() if absent is None else pc.and_(absent, child.is_null())
        children.append(child)
    return pa.StructArray.from_arrays(children, fields=list(full), mask=absent)


def _built(full: pa.DataType, narrow: pa.DataType, place: int | _Places, columns: Columns, length: int) -> Any:
    if isinstance(place, dict):
        return _struct(full, narrow, place, columns, length)
    values, prepare = columns[place], _preparer(narrow)
    array = pa.array([prepare(value) for value in values] if prepare else values, type=narrow)
    return _widened(array, full) if pa.types.is_struct(full) else array


class ParquetOutput:
    """The Parquet files of one batch, in one folder. A thread of its own writes them.

    Args:
        folder: None: nothing is written, and nothing kept; what Arrow cannot hold is refused all the same.
        destinations: Destination paths of the mappings, as segments: they decide which objects the files have.
        refuse: Called with a record's tag and the reason when Arrow cannot hold one of its values.
    """

    def __init__(
        self,
        folder: Path | None,
        schema: Node,
        destinations: Iterable[Sequence[object]],
        refuse: Callable[[Any, str], None],
    ) -> None:
        self._folder, self._writes = folder or Path(), folder is not None
        self._refuse = refuse
        self._buffer: list[dict[str, Any]] = []
        self._tags: list[Any] = []
        self._waiting: list[Any] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="parquet")
        self._writing: Future[None] | None = None
        self._writer: Any = None
        self._in_file = 0
        self._files: list[tuple[str, int]] = []
        paths = list(destinations)
        self._places = _places(paths)
        within = reached(paths)
        narrow = (arrow_type(schema, within) if within else None) or pa.struct([])
        wide = arrow_type(schema, {name: {} for name in within}) if within else None
        self._narrow: pa.StructType = narrow
        self.schema: pa.Schema = pa.schema(list(wide or []))
        self._prepare = _preparer(narrow)

    def add(self, record: dict[str, Any], tag: object) -> None:
        """Take one record; it is written with its row group. The tag says which one it was, should it be refused."""
        self._buffer.append(record)
        self._tags.append(tag)
        if len(self._buffer) >= ROWS_PER_GROUP:
            self._take_buffer()

    def batch_of(self, columns: Columns, length: int) -> Any:
        """Rows as a record batch, from columns in the order of the destinations, which must all be names of fields.

        Raises:
            one of CONVERSION_ERRORS: Arrow cannot hold one of the values.
        """
        arrays = [
            _built(field.type, self._narrow.field(field.name).type, self._places[field.name], columns, length)
            for field in self.schema
        ]
        return pa.record_batch(arrays, schema=self.schema)

    def add_batch(self, batch: Any) -> None:
        """Take what `batch_of` made, after everything that was added before."""
        self._take_buffer()
        self._queue(batch)

    def flush(self) -> None:
        """Hand everything over to be written."""
        self._take_buffer()
        self._hand_over()

    def _take_buffer(self) -> None:
        records, self._buffer = self._buffer, []
        tags, self._tags = self._tags, []
        if not records:
            return
        try:
            array = self._array(records)
        except CONVERSION_ERRORS:
            array = self._array(self._convertible(records, tags))
        if len(array):
            columns = [_widened(array.field(self._narrow.get_field_index(f.name)), f.type) for f in self.schema]
            self._queue(pa.record_batch(columns, schema=self.schema))

    def _queue(self, batch: Any) -> None:
        if not self._writes:
            return
        self._waiting.append(batch)
        full = sum(waiting.num_rows for waiting in self._waiting) >= ROWS_PER_GROUP
        if full or sum(waiting.nbytes for waiting in self._waiting) >= BYTES_PER_GROUP:
            self._hand_over()

    def _hand_over(self) -> None:
        """Give the thread what is waiting, once it has written what it got before: two row groups are in memory."""
        if self._writing is not None:
            self._writing.result()
            self._writing = None
        if self._waiting:
            table, self._waiting = pa.Table.from_batches(self._waiting), []
            self._writing = self._thread.submit(self._write, table)

    def _array(self, records: list[dict[str, Any]]) -> Any:
        values = [self._prepare(record) for record in records] if self._prepare else records
        return pa.array(values, type=self._narrow)

    def _convertible(self, records: list[dict[str, Any]], tags: list[Any]) -> list[dict[str, Any]]:
        """The records that Arrow takes, asked one by one; the others are refused."""
        taken: list[dict[str, Any]] = []
        for record, tag in zip(records, tags, strict=True):
            try:
                self._array([record])
            except CONVERSION_ERRORS as error:
                self._refuse(tag, str(error))
            else:
                taken.append(record)
        return taken

    def _write(self, table: Any) -> None:
        if self._writer is None:
            name = f"part-{len(self._files):05d}.parquet"
            self._files.append((name, 0))
            self._in_file = 0
            self._writer = pq.ParquetWriter(self._folder / name, self.schema, compression="snappy")
        self._writer.write_table(table, row_group_size=len(table))
        self._in_file += len(table)
        self._files[-1] = (self._files[-1][0], self._in_file)
        if self._in_file >= ROWS_PER_FILE:
            self._end_file()

    def _end_file(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def close(self) -> list[OutputFile]:
        """Write the rest and end the last file; gives all files."""
        self.flush()
        self._hand_over()
        self._thread.shutdown()
        self._end_file()
        return [OutputFile(name, records, (self._folder / name).stat().st_size) for name, records in self._files]

    def discard(self) -> None:
        """End without a result: the files are removed."""
        self._buffer, self._tags, self._waiting = [], [], []
        self._thread.shutdown()
        with contextlib.suppress(*CONVERSION_ERRORS, OSError):
            self._end_file()
        for name, _ in self._files:
            (self._folder / name).unlink(missing_ok=True)
        self._files = []
