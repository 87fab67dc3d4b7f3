"""Mapping rows between pipelines, files and the sandbox. Only reads there, and writes only the file it was told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aeptui.config import read_whole, write_private
from aeptui.errors import ConfigError

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.chain.mapping_exchange import Layout, ReadTable
    from aeptui.chain.mapping_tables import Surroundings
    from aeptui.chain.pipeline import MappingRow

LARGEST = 20_000_000
"""Bytes of a file that may hold mapping rows; a hundred thousand of them need less."""
FORMATS = (".csv", ".tsv", ".json")
"""Endings of the files that rows can be written to."""


class FileThere(ConfigError):
    """The file that was to be written is there already."""


@dataclass(frozen=True)
class MappingSetSummary:
    """A mapping set of the sandbox, to be chosen from."""

    id: str
    name: str
    """Without what an execution writes into it."""
    version: int | None
    mappings: int
    changed_at: datetime | None


class MappingExchange:
    """Where mapping rows can come from."""

    def __init__(self, client: AepClient) -> None:
        """Args:
        client: One that only reads.
        """
        self._client = client

    async def sets(self, say: Callable[[str], None] = lambda _words: None) -> tuple[MappingSetSummary, ...]:
        """Every mapping set of the sandbox, those that changed last first.

        Args:
            say: Is told how far it is.
        """
        from aeptui.chain.export import MARKER

        found: list[MappingSetSummary] = []
        async for one in self._client.mapping_sets.list():
            name = MARKER.sub("", one.name or "").strip()
            changed = one.updated_at or one.created_at
            found.append(MappingSetSummary(one.id, name, one.version, len(one.mappings), changed))
            if len(found) % 50 == 0:
                say(f"{len(found):,} read")
        return tuple(sorted(found, key=lambda one: one.changed_at.timestamp() if one.changed_at else 0.0, reverse=True))

    async def of_set(self, identifier: str) -> ReadTable:
        """The rows of a mapping set, in its newest version."""
        from aeptui.chain.export import read_mapping_set

        return read_mapping_set(await self._client.mapping_sets.get(identifier))

    async def of_flow(self, flow_id: str) -> ReadTable:
        """The rows a dataflow maps by, in the version it uses.

        Raises:
            ConfigError: it has no mapping set.
        """
        from aeptui.chain.export import read_mapping_set

        flow = await self._client.flows.get(flow_id)
        if flow.mapping_set_id is None:
            raise ConfigError(f"The dataflow {flow.name or flow_id} has no mapping set.", "Choose another one.")
        return read_mapping_set(await self._client.mapping_sets.get(flow.mapping_set_id, version=flow.mapping_version))

    async def read_file(self, name: str) -> str:
        """The text of a file.

        Raises:
            ConfigError: it cannot be read as text, or is too large.
        """
        return await asyncio.to_thread(read_rows_file, Path(name))

    async def write_file(self, name: str, rows: tuple[MappingRow, ...], title: str, schema_id: str | None) -> Path:
        """Write rows into a new file, as its ending says; answers where it is.

        Raises:
            FileThere: there is one already.
            ConfigError: it cannot be written.
        """
        return await asyncio.to_thread(write_rows_file, Path(name), rows, title, schema_id)

    async def replace_file(self, name: str, rows: tuple[MappingRow, ...], title: str, schema_id: str | None) -> Path:
        """The same, in the place of a file that is there."""
        return await asyncio.to_thread(write_rows_file, Path(name), rows, title, schema_id, replace=True)

    async def complete(self, begun: str) -> str:
        """A path that begins as what was typed: the first one there is; empty when there is none."""
        return await asyncio.to_thread(_completed, begun)


def read_rows(text: str, around: Surroundings, layout: Layout | None = None, *, is_file: bool = False) -> ReadTable:
    """Rows of a text, be it a table or a mapping set in JSON."""
    from aeptui.chain.mapping_set_json import looks_like_json, read_json
    from aeptui.chain.mapping_tables import read_table

    return read_json(text) if looks_like_json(text) else read_table(text, around, layout, is_file=is_file)


def read_rows_file(path: Path) -> str:
    """The text of a file with mapping rows: UTF-8, or UTF-16 as spreadsheets write it.

    Raises:
        ConfigError: it cannot be read as text, or is too large.
    """
    path = _expanded(path)
    fix = "Name a CSV file, or a mapping set in JSON."
    try:
        return decoded(read_whole(path, LARGEST), str(path))
    except FileNotFoundError as error:
        raise ConfigError(f"There is no file {path}.", "tab completes what is typed.") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}.", fix) from error


def decoded(data: bytes, name: str) -> str:
    """What was read, as text.

    Raises:
        ConfigError: it is none.
    """
    fix = "Save it as UTF-8; spreadsheets call it CSV UTF-8."
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name} is not UTF-8 text: at byte {error.start:,} stands what no text has.", fix) from error
    if "\0" in text:  # UTF-16 without its mark, an archive, a workbook
        at = data.index(b"\0")
        raise ConfigError(f"{name} is not UTF-8 text: at byte {at:,} stands a zero, which no text has.", fix)
    return text


def write_rows_file(
    path: Path, rows: tuple[MappingRow, ...], title: str, schema_id: str | None, *, replace: bool = False
) -> Path:
    """Write rows, readable by their owner only: CSV, lines with tabs, or JSON, as the file's ending says.

    Raises:
        FileThere: there is one already, and it is not to be replaced.
        ConfigError: it has another ending, or cannot be written.
    """
    path = _resolved(_expanded(path))
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise ConfigError(f"{path.name} does not say what to write.", f"Let it end in {', '.join(FORMATS)}.")
    text = rows_text(rows, ending, title, schema_id)
    try:
        if path.is_dir() or not path.parent.is_dir():
            what = f"{path} is a folder." if path.is_dir() else f"There is no folder {path.parent}."
            raise ConfigError(what, "Name a file in a folder that is there.")
        if path.exists() and not path.is_file():
            raise ConfigError(f"{path} is no file that could be replaced.", "Name another one.")
        if path.exists() and not replace:
            raise FileThere(f"{path} is there already.", "Name another file, or replace it.")
        write_private(path, text)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}.", "Name another file.") from error
    return path


def rows_text(rows: Sequence[MappingRow], ending: str, title: str, schema_id: str | None) -> str:
    """Rows as the text of a file with that ending, one of `FORMATS`.

    Args:
        title: The name of a mapping set made of them.
        schema_id: The schema it writes into; None: it is not made yet.
    """
    from aeptui.chain.mapping_set_json import to_json
    from aeptui.chain.mapping_tables import to_csv, to_tsv

    if ending == ".json":
        return to_json(rows, title, schema_id)
    return to_csv(rows) if ending == ".csv" else to_tsv(rows, headed=True) + "\n"


def _completed(begun: str) -> str:
    """What was typed stays as it is; what follows is added, with a slash behind a folder."""
    try:
        typed = _expanded(Path(begun))
    except ConfigError:
        return ""
    folder, start = (typed, "") if begun.endswith("/") else (typed.parent, typed.name)
    head = begun[: len(begun) - len(start)]
    if begun == "~" or start in (".", ".."):
        return f"{begun}/"
    try:
        names = sorted(
            (not entry.is_dir() and entry.suffix.lower() not in FORMATS, entry.name + "/" * entry.is_dir())
            for entry in folder.iterdir()
            if entry.name.startswith(start) and (start or not entry.name.startswith("."))
        )
    except OSError:
        return ""
    return f"{head}{names[0][1]}" if names else ""


def _resolved(path: Path) -> Path:
    """Where a file is, or will be: what a link leads to is written, and the link stays one."""
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:
        raise ConfigError(f"{path} leads nowhere: {error}.", "Name another file.") from error


def _expanded(path: Path) -> Path:
    if "\0" in str(path):
        raise ConfigError("No path has a zero in it.", "Write the path once more.")
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ConfigError(f"There is no home folder {path.parts[0]}.", "Write the whole path.") from error
