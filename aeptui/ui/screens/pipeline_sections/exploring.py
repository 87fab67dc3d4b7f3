"""From the document to the storage and back: where to look, which file to look into, what was picked there."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Protocol

from aeptui.errors import AeptuiError
from aeptui.ui.screens.pipeline_sections.state import EditorState

if TYPE_CHECKING:
    from aeptui.chain.pipeline import Pipeline, Source
    from aeptui.models.connections import FileFormat
    from aeptui.session import Session

_DEEPEST = 8


class Picked(Protocol):
    """What explore answers."""

    @property
    def path(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def recursive(self) -> bool: ...
    @property
    def file_format(self) -> FileFormat | None: ...


def base_connection_id(state: EditorState) -> str | None:
    """The id of what is explored, whether the document names it or gives its id; None when it is unknown.

    It is a base connection, or the connection spec of the Data Landing Zone, which needs none.
    """
    from aeptui.chain.connectors import LANDING_ZONE_ID, is_landing_zone

    chosen = state.pipeline.source.base_connection
    if is_landing_zone(chosen):
        return LANDING_ZONE_ID
    known = state.base_connections or ()
    for one in known:
        if str(one.id) == chosen:
            return chosen
    named = [str(one.id) for one in known if one.name == chosen]
    return named[0] if len(named) == 1 else None


def folder_of(source: Source) -> str | None:
    """The folder to begin with: the one the path names, or the one that holds it; None is the root."""
    parts = [part for part in source.path.split("/") if part]
    if parts and (source.type == "file" or "*" in parts[-1]):
        parts.pop()
    while parts and any("*" in part for part in parts):
        parts.pop()
    return "/" + "/".join(parts) if parts else None


def with_picked(pipeline: Pipeline, picked: Picked) -> Pipeline:
    """The pipeline that reads what was picked, in the format that was found."""
    changes: dict[str, object] = {"path": picked.path, "type": picked.type, "recursive": picked.recursive}
    source = pipeline.source.model_copy(update=changes)
    changed = pipeline.model_copy(update={"source": source})
    return with_format(changed, picked.file_format) if picked.file_format is not None else changed


def with_format(pipeline: Pipeline, found: FileFormat) -> Pipeline:
    """The pipeline that reads files of this format; an encoding that was not found stays as the user said it."""
    changes: dict[str, object] = {
        "format": found.format,
        "column_delimiter": found.column_delimiter if found.format == "delimited" else None,
        "compression": found.compression,
        "encoding": (found.encoding or pipeline.source.encoding) if found.format == "delimited" else None,
    }
    return pipeline.model_copy(update={"source": pipeline.source.model_copy(update=changes)})


async def detect_format(session: Session, state: EditorState) -> FileFormat:
    """How the first file of the source is written.

    Raises:
        AeptuiError: there is no such file, or it cannot be read.
    """
    identifier = base_connection_id(state)
    source = state.pipeline.source
    if identifier is None or not source.path:
        raise AeptuiError("There is no file to look into.", "Choose a base connection and a path first.")
    path = source.path
    if source.type == "folder" or "*" in path:
        path = await _first_file(session, identifier, source)
    return await session.sources.sniff(identifier, path)


async def _first_file(session: Session, identifier: str, source: Source) -> str:
    patterns = [part for part in source.path.split("/") if part]
    fixed = 0
    while fixed < len(patterns) and "*" not in patterns[fixed]:
        fixed += 1
    folders = ["/" + "/".join(patterns[:fixed])]
    for depth in range(fixed, fixed + _DEEPEST):
        pattern = patterns[depth] if depth < len(patterns) else "*"
        last = depth >= len(patterns) - 1
        inner: list[str] = []
        for folder in folders:
            items = await session.sources.explore(identifier, folder)
            fitting = sorted((one for one in items if fnmatchcase(one.name, pattern)), key=lambda one: one.name)
            files = [one.path for one in fitting if not one.is_folder]
            if last and files:
                return files[0]
            inner += [one.path for one in fitting if one.is_folder]
        # One folder of each level is enough to find one file.
        folders = inner[:1]
        if not folders or (last and not (source.recursive or depth < len(patterns))):
            break
    raise AeptuiError(f"No file matches {source.path}.", "Look into the storage with x, and choose what is there.")
