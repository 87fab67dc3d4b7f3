"""From a place in the storage to what a pipeline reads: paths, patterns, names, format. Shows nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from aeptui.models.connections import ExploredItem, FileFormat

_DEEPEST = 8
"""Folders looked into for one file."""


@dataclass(frozen=True)
class PickedPath:
    """What was picked: the same words as a pipeline's `[source]`."""

    base_connection: str
    """Its id."""
    path: str
    type: Literal["file", "folder"]
    """A pattern is a folder too."""
    recursive: bool
    file_format: FileFormat | None
    """None: no file was there to tell it from."""


def joined(folder: str | None, name: str) -> str:
    """A path below a folder; None is the root."""
    return f"{(folder or '/').rstrip('/')}/{name}"


def folder_above(path: str) -> str | None:
    """The folder that holds this, None for the root: of a pattern, the one that can be listed."""
    parts = [part for part in path.split("/") if part][:-1]
    while any("*" in part for part in parts):
        parts.pop()
    return "/" + "/".join(parts) if parts else None


def suggested_pattern(folder: str | None, file: str) -> str:
    """`/members/*.tsv` for a file of that folder; every ending counts, as in `*.jsonl.gz`."""
    _, dot, ending = file.partition(".")
    return joined(folder, f"*.{ending}" if dot and ending else "*")


def pattern_problem(text: str) -> str:
    """What is wrong with a pattern; empty: nothing."""
    path = text.strip()
    if not path.startswith("/"):
        return "A pattern starts with /."
    if "*" not in path:
        return "A pattern has a * in it; f picks one file, o a folder."
    if path.endswith("/"):
        return "Say which files: * alone takes all of a folder."
    return ""


def suggested_title(path: str) -> str:
    """A name for a pipeline: the last part of the path that means something, like `Members`."""
    parts = [part.partition(".")[0] for part in path.split("/") if part and "*" not in part]
    words = next((part for part in reversed(parts) if any(letter.isalpha() for letter in part)), "")
    words = words.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:] if words else "New pipeline"


def what_is_read(picked: PickedPath) -> str:
    """`the folder /web with all its sub-folders`."""
    if picked.type == "file":
        return f"the file {picked.path}"
    what = f"files like {picked.path}" if "*" in picked.path else f"the folder {picked.path}"
    return f"{what}, sub-folders too" if picked.recursive else what


def pipeline_text(title: str, base_connection: str, picked: PickedPath) -> str:
    """The document of a new pipeline that reads this."""
    from aeptui.chain.document import pipeline_to_toml
    from aeptui.chain.pipeline import Source, new_pipeline

    source = Source(base_connection=base_connection, path=picked.path, type=picked.type, recursive=picked.recursive)
    found = picked.file_format
    if found is not None:
        known = {
            "format": found.format,
            "column_delimiter": found.column_delimiter if found.format == "delimited" else None,
            "compression": found.compression,
            "encoding": found.encoding if found.format == "delimited" else None,
        }
        source = source.model_copy(update=known)
    return pipeline_to_toml(new_pipeline(title, source))


async def format_for(
    path: str,
    *,
    is_file: bool,
    known: Mapping[str, FileFormat],
    prefer: Mapping[str, FileFormat],
    explore: Callable[[str | None], Awaitable[Sequence[ExploredItem]]],
    sniff: Callable[[str], Awaitable[FileFormat]],
) -> FileFormat | None:
    """How the files of a picked path are written; None when there is no file to tell it from.

    Args:
        known: Formats of files that were looked at.
        prefer: Those among them that the user chose: one inside the path counts for all of it.
    Raises:
        AeptuiError: a file could not be read.
    """
    if is_file:
        return known.get(path) or await sniff(path)
    pattern = path if "*" in path else joined(path, "*")
    for formats in (prefer, known):
        inside = [found for file, found in formats.items() if fnmatchcase(file, pattern)]
        if inside:
            return inside[-1]
    folder = folder_above(pattern)
    last = pattern.rsplit("/", 1)[-1]
    for _ in range(_DEEPEST):
        items = await explore(folder)
        file = next((item.path for item in items if not item.is_folder and fnmatchcase(item.name, last)), None)
        if file is not None:
            return await sniff(file)
        # One folder of each level is enough to find one file.
        inner = next((item.path for item in items if item.is_folder), None)
        if inner is None:
            break
        folder = inner
    return None
