"""Which file of a source stands for all of them, and what is wrong with a path that leads to none.

It looks with explore only, folder by folder, and never at more folders than it must.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from aeptui.api.errors import BadRequest, NotFound
from aeptui.chain.problems import closest

if TYPE_CHECKING:
    from aeptui.chain.pipeline import Source
    from aeptui.models.connections import ExploredItem

Explore = Callable[[str | None], Awaitable[Sequence["ExploredItem"]]]
"""The entries of a folder; None is the root."""

MOST_FOLDERS: Final = 4
"""Folders looked into for one path. What lies deeper is left to the run."""
_SHOWN: Final = 3


class SeenFile(NamedTuple):
    """A file that a source means."""

    path: str
    modified_at: datetime | None = None
    """None: the listing does not say."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """What was found at a path. `path` None with no `what`: nothing is wrong, but no file was seen either."""

    path: str | None = None
    key: str = "path"
    """The key of `[source]` that has to change."""
    what: str = ""
    fix: str = ""
    is_warning: bool = False
    files: tuple[SeenFile, ...] = field(default=(), compare=False)
    """The files that were seen, `path` the first of them."""
    is_all: bool = field(default=True, compare=False)
    """Whether those are all files that the source means; other folders were not looked into then."""


async def find_sample(source: Source, explore: Explore) -> FoundFile:
    """The first file a source means, or what is wrong with its path.

    Raises:
        ApiError: explore failed for another reason than a missing folder.
    """
    return await _Search(source, explore).find()


class _Search:
    def __init__(self, source: Source, explore: Explore) -> None:
        self._source = source
        self._explore = explore
        self._looked = 0
        self._files: tuple[SeenFile, ...] = ()
        self._is_all = True

    async def find(self) -> FoundFile:
        parts = [part for part in self._source.path.split("/") if part]
        if any("*" in part for part in parts):
            return await self._pattern(parts)
        if self._source.type == "file":
            return await self._file(parts)
        return await self._folder(parts)

    async def _list(self, parts: Sequence[str]) -> list[ExploredItem] | None:
        """The entries of a folder; None when there is no such folder."""
        self._looked += 1
        try:
            return list(await self._explore(f"/{'/'.join(parts)}" if parts else None))
        except (NotFound, BadRequest):
            # A missing folder is a 400 of the connector (1337) as often as a 404.
            return None

    async def _missing(self, parts: Sequence[str], noun: str) -> FoundFile:
        """The path does not exist: find the first part that is wrong, and what is there instead."""
        for length in range(len(parts), 0, -1):
            if self._looked > MOST_FOLDERS:
                break
            entries = await self._list(parts[: length - 1])
            if entries is None:
                continue
            names = [_name(entry) for entry in entries]
            near = closest(parts[length - 1], names)
            if near is not None:
                fix = f"Did you mean /{'/'.join([*parts[: length - 1], near, *parts[length:]])}?"
            else:
                fix = _listed(names, f"/{'/'.join(parts[: length - 1])}")
            return FoundFile(what=f"There is no {noun} {self._source.path}", fix=fix)
        return FoundFile(what=f"There is no {noun} {self._source.path}", fix="Choose a path that exists")

    async def _file(self, parts: Sequence[str]) -> FoundFile:
        if not parts:
            return FoundFile(what="The path is the root, not a file", fix="Choose a file", key="path")
        entries = await self._list(parts[:-1])
        match = next((entry for entry in entries or () if _name(entry) == parts[-1]), None)
        if match is None:
            return await self._missing(parts, "file") if entries is None else self._absent(parts, entries, "file")
        if match.is_folder:
            what = f"{self._source.path} is a folder, and the type is file"
            return FoundFile(key="type", what=what, fix='Write type = "folder"')
        return self._found(self._taken(parts[:-1], [match]))

    def _absent(self, parts: Sequence[str], entries: Sequence[ExploredItem], noun: str) -> FoundFile:
        names = [_name(entry) for entry in entries]
        near = closest(parts[-1], names)
        fix = f"Did you mean /{'/'.join([*parts[:-1], near])}?" if near else _listed(names, "/" + "/".join(parts[:-1]))
        return FoundFile(what=f"There is no {noun} {self._source.path}", fix=fix)

    async def _folder(self, parts: Sequence[str]) -> FoundFile:
        entries = await self._list(parts)
        if entries is None:
            above = await self._list(parts[:-1]) if parts else None
            match = next((entry for entry in above or () if _name(entry) == parts[-1]), None)
            if match is not None and not match.is_folder:
                what = f"{self._source.path} is a file, and the type is folder"
                return FoundFile(key="type", what=what, fix='Write type = "file"')
            if above is not None:
                return self._absent(parts, above, "folder")
            return await self._missing(parts, "folder")
        found = await self._first_file(parts, entries)
        if found is not None or self._source.recursive:
            return self._found(found)
        if any(entry.is_folder for entry in entries):
            what = f"{self._source.path} holds sub-folders only, and they are not read"
            return FoundFile(key="recursive", what=what, fix="Write recursive = true, or choose a folder with files")
        what = f"{self._source.path} holds no file now"
        return FoundFile(what=what, fix="The flow will take files that appear there later", is_warning=True)

    async def _first_file(self, parts: Sequence[str], entries: Sequence[ExploredItem]) -> str | None:
        files = [entry for entry in entries if not entry.is_folder]
        if files:
            return self._taken(parts, files, has_more=self._source.recursive and len(files) < len(entries))
        if self._source.recursive:
            folders = sorted(_name(entry) for entry in entries if entry.is_folder)
            for folder in folders:
                if self._looked >= MOST_FOLDERS:
                    break
                below = await self._list([*parts, folder])
                found = await self._first_file([*parts, folder], below) if below else None
                if found is not None:
                    self._is_all &= folder == folders[-1]
                    return found
        return None

    async def _pattern(self, parts: Sequence[str]) -> FoundFile:
        """Follow a path with `*`, one folder level at a time, first match first."""
        fixed = next(number for number, part in enumerate(parts) if "*" in part)
        entries = await self._list(parts[:fixed])
        if entries is None:
            return await self._missing(parts[:fixed], "folder")
        found = await self._matching(list(parts[:fixed]), parts[fixed:], entries)
        if found is not None:
            return self._found(found)
        if self._looked >= MOST_FOLDERS:
            return FoundFile()  # not everything was looked at, so nothing can be said
        names = [_name(entry) for entry in entries if not entry.is_folder] or [_name(entry) for entry in entries]
        fix = _listed(names, f"/{'/'.join(parts[:fixed])}")
        return FoundFile(what=f"No file matches {self._source.path}", fix=fix)

    async def _matching(self, above: list[str], parts: Sequence[str], entries: Sequence[ExploredItem]) -> str | None:
        wanted = glob_pattern(parts[0])
        is_last = len(parts) == 1
        if is_last:
            files = [entry for entry in entries if not entry.is_folder and wanted.fullmatch(_name(entry))]
            if files:
                has_more = self._source.recursive and any(entry.is_folder for entry in entries)
                return self._taken(above, files, has_more=has_more)
        folders = sorted(_name(entry) for entry in entries if entry.is_folder)
        for folder in folders:
            matches = wanted.fullmatch(folder) is not None
            if self._looked >= MOST_FOLDERS or not (self._source.recursive if is_last else matches):
                continue
            below = await self._list([*above, folder])
            if below is None:
                continue
            if is_last and matches:
                found = await self._first_file([*above, folder], below)
            else:
                found = await self._matching([*above, folder], parts if is_last else parts[1:], below)
            if found is not None:
                self._is_all &= folder == folders[-1]
                return found
        return None

    def _taken(self, folder: Sequence[str], files: Sequence[ExploredItem], *, has_more: bool = False) -> str:
        """Keep the files of a folder, by name; the path of the first."""
        self._files = tuple(
            SeenFile(f"/{'/'.join([*folder, _name(entry)])}", entry.modified_at) for entry in sorted(files, key=_name)
        )
        self._is_all &= not has_more
        return self._files[0].path

    def _found(self, path: str | None) -> FoundFile:
        return FoundFile(path, files=self._files, is_all=self._is_all)


def glob_pattern(part: str) -> re.Pattern[str]:
    """One part of a path as a pattern; only `*` is a wildcard."""
    return re.compile(".*".join(re.escape(piece) for piece in part.split("*")), re.DOTALL)


def _name(entry: ExploredItem) -> str:
    return entry.name.strip("/").rpartition("/")[2]


def _listed(names: Sequence[str], folder: str) -> str:
    if not names:
        return f"{folder} is empty"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"In {folder} there are {', '.join(names[:_SHOWN])}{more}"
