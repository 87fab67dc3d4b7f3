"""Saved pipelines and drafts: text files in folders of the user. What is in them is the chain's business."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aeptui.chain.document import ParsedPipeline, parse_pipeline
from aeptui.clock import Clock, IdSource
from aeptui.config import Paths, read_whole, write_private
from aeptui.errors import ConfigError
from aeptui.session.edit_log import SUFFIX as EDITS
from aeptui.session.edit_log import is_open
from aeptui.session.edit_opening import Told, open_editing, with_edits
from aeptui.session.editing import Editing
from aeptui.session.saved_text import LARGEST

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.chain.pipeline import Pipeline
    from aeptui.chain.plan import Plan
    from aeptui.chain.preflight import Preflight
    from aeptui.chain.problems import Problem

_SUFFIX = ".toml"


@dataclass(frozen=True)
class SavedPipeline:
    """One pipeline by name."""

    name: str
    path: Path
    title: str
    modified_at: datetime
    has_draft: bool
    """There are edits that were not saved."""
    problems: int
    """Mistakes the document alone shows."""
    pipeline: Pipeline | None
    """What it says as far as that can be read; None: not at all."""


class Pipelines:
    """Pipelines by name, and what the platform says of them."""

    def __init__(self, paths: Paths, client: AepClient, clock: Clock, ids: IdSource, margin_s: float) -> None:
        self._paths = paths
        self._client = client
        self._clock = clock
        self._ids = ids
        self._margin_s = margin_s
        self._rows: dict[str, tuple[object, SavedPipeline]] = {}
        """What was listed, with the stamps of the files it was read from."""

    async def list(self) -> tuple[SavedPipeline, ...]:
        """Every pipeline, saved or only a draft, by name."""
        return await asyncio.to_thread(self._list)

    async def load(self, name: str) -> ParsedPipeline:
        """A pipeline by name, with all edits that were not saved yet."""
        return (await asyncio.to_thread(self._newest, name))[0]

    async def open(self, name: str, told: Told) -> Editing:
        """Open a pipeline to be edited, with all edits that were not saved yet, however they were left.

        Args:
            told: Called when edits cannot be kept, with the reason, and with None when they can again.
        """
        files = {"saved": self._saved(name), "draft": self._draft(name), "edits": self._edits(name)}
        return await open_editing(partial(self._text, name), **files, told=told)

    async def save(self, name: str, text: str) -> None:
        """Keep a pipeline, complete or not, and drop its draft.

        Raises:
            ConfigError: it cannot be written.
        """
        with _told_as_error(self._saved(name)):
            await asyncio.to_thread(write_private, self._saved(name), text)
        await self.discard_draft(name)

    async def bring_back(self, name: str, text: str) -> str:
        """Save what was deleted, under another name when there is one of its name again; answers under which.

        Raises:
            ConfigError: it cannot be written.
        """
        name = self._free(name)
        await self.save(name, text)
        return name

    async def save_draft(self, name: str, text: str) -> None:
        """Keep edits apart from the saved pipeline.

        Raises:
            ConfigError: they cannot be written.
        """
        with _told_as_error(self._draft(name)):
            await asyncio.to_thread(write_private, self._draft(name), text)

    async def discard_draft(self, name: str) -> None:
        """Forget the edits.

        Raises:
            ConfigError: they cannot be deleted.
        """
        for file in (self._edits(name), self._draft(name)):
            with _told_as_error(file, "deleted"):
                await asyncio.to_thread(file.unlink, missing_ok=True)

    async def delete(self, name: str) -> str:
        """Delete a pipeline and its edits; the answer is its newest text, so that the deletion can be undone.

        Raises:
            ConfigError: it is open in an editor, or cannot be read or deleted.
        """
        if is_open(self._edits(name)):
            raise ConfigError(f"{name} is open in another editor.", "Close it there, then delete it.")
        parsed = await self.load(name)
        with _told_as_error(self._saved(name), "deleted"):
            await asyncio.to_thread(self._saved(name).unlink, missing_ok=True)
        await self.discard_draft(name)
        return parsed.text

    async def new_name(self, title: str) -> str:
        """A free name made of a title."""
        plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
        return self._free(re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:60] or "pipeline")

    async def check(self, parsed: ParsedPipeline) -> tuple[Problem, ...]:
        """Every problem of the document and of what it meets on the platform. Nothing is created."""
        return (await self._preflight(parsed)).problems

    async def plan(self, parsed: ParsedPipeline) -> Plan:
        """What running it would do.

        Raises:
            PipelineError: it would not run; lists every problem.
        """
        from aeptui.chain.errors import PipelineError
        from aeptui.chain.journal import new_execution_id
        from aeptui.chain.plan import make_plan

        checked = await self._preflight(parsed)
        if checked.resolved is None:
            raise PipelineError(checked.problems, parsed.file)
        execution = new_execution_id(self._clock, self._ids)
        return make_plan(
            parsed.pipeline,
            checked.resolved,
            execution=execution,
            now=self._client.now(),
            margin_s=self._margin_s,
        )

    async def _preflight(self, parsed: ParsedPipeline) -> Preflight:
        from aeptui.chain.preflight import preflight

        return await preflight(parsed, self._client, now=self._client.now())

    def install(self, ready: Mapping[str, str]) -> None:
        """Put ready pipelines into a folder that is not there yet; never bring back what the user deleted."""
        if self._paths.pipelines.exists():
            return
        for name, text in ready.items():
            write_private(self._saved(name), text)

    def _free(self, stem: str) -> str:
        """A name that nothing has: itself, or with a number behind it."""
        name, number = stem, 2
        while any(file.exists() for file in (self._draft(name), self._saved(name), self._edits(name))):
            name, number = f"{stem}-{number}", number + 1
        return name

    def _list(self) -> tuple[SavedPipeline, ...]:
        names = {
            file.stem
            for folder in (self._paths.pipelines, self._paths.drafts)
            if folder.is_dir()
            for file in folder.glob(f"*{_SUFFIX}")
            if not file.name.startswith(".")
        }
        return tuple(self._known_row(name) for name in sorted(names))

    def _known_row(self, name: str) -> SavedPipeline:
        """The row as it was read last, as long as no file of it changed: a long pipeline takes a while to check."""
        stamps = tuple(_stamp(file) for file in (self._saved(name), self._draft(name), self._edits(name)))
        known = self._rows.get(name)
        if known is None or known[0] != stamps:
            known = self._rows[name] = (stamps, self._row(name))
        return known[1]

    def _row(self, name: str) -> SavedPipeline:
        saved, has_draft = self._saved(name), self._draft(name).exists()
        files = [self._draft(name) if has_draft else saved]
        pipeline, problems = None, 1
        with contextlib.suppress(ConfigError):
            parsed, has_edits = self._newest(name)
            pipeline, problems = parsed.pipeline, len(parsed.errors)
            if has_edits:
                files.append(self._edits(name))
                has_draft = True
        title = pipeline.name if pipeline is not None and pipeline.name else name
        changed = 0.0
        for file in files:
            with contextlib.suppress(FileNotFoundError):
                changed = max(changed, file.stat().st_mtime)
        return SavedPipeline(name, saved, title, datetime.fromtimestamp(changed, UTC), has_draft, problems, pipeline)

    def _newest(self, name: str) -> tuple[ParsedPipeline, bool]:
        """The text with all edits, and whether there are some that it did not say."""
        return with_edits(self._text(name), self._edits(name))

    def _text(self, name: str) -> ParsedPipeline:
        draft, saved = self._draft(name), self._saved(name)
        return parse_pipeline(read_text(draft if draft.exists() else saved), file=saved.name)

    def _saved(self, name: str) -> Path:
        return self._paths.pipelines / _file_name(name)

    def _draft(self, name: str) -> Path:
        return self._paths.drafts / _file_name(name)

    def _edits(self, name: str) -> Path:
        return self._draft(name).with_suffix(EDITS)


def _stamp(file: Path) -> tuple[int, int, int] | None:
    """What tells that a file is another one, or says something else; None: there is none."""
    try:
        facts = file.stat()
    except OSError:
        return None
    return facts.st_ino, facts.st_ctime_ns, facts.st_size


def read_pipeline(paths: Paths, file_or_name: str, variables: Mapping[str, str] | None = None) -> ParsedPipeline:
    """A pipeline from a path, or by the name it was saved under. Drafts are not asked: they are not finished.

    Raises:
        ConfigError: there is no such file or name, or it cannot be read.
    """
    text = read_text(find_pipeline(paths, file_or_name))
    return parse_pipeline(text, variables=variables or {}, file=file_or_name)


def find_pipeline(paths: Paths, file_or_name: str) -> Path:
    """Where the pipeline is that is named by its path, or by the name it was saved under.

    Raises:
        ConfigError: there is no such file or name.
    """
    path = Path(file_or_name)
    if not path.is_file() and path.name == file_or_name and path.suffix in ("", _SUFFIX):
        saved = paths.pipelines / _file_name(path.stem if path.suffix == _SUFFIX else file_or_name)
        if saved.is_file():
            path = saved
    if not path.is_file():
        known = sorted(file.stem for file in paths.pipelines.glob(f"*{_SUFFIX}")) if paths.pipelines.is_dir() else []
        raise ConfigError(
            f"There is no file {file_or_name!r} and no saved pipeline of that name.",
            f"Saved pipelines: {', '.join(known)}." if known else "Name a pipeline file, such as ./members.toml.",
        )
    return path


def has_unsaved_edits(paths: Paths, path: Path) -> bool:
    """Is it a saved pipeline that an editor has open, or that has edits which were not saved?"""
    if path.resolve().parent != paths.pipelines.resolve():
        return False
    draft = paths.drafts / path.name
    edits = draft.with_suffix(EDITS)
    return draft.exists() or is_open(edits) or with_edits(parse_pipeline(read_text(path)), edits)[1]


def file_of(parsed: ParsedPipeline) -> str:
    """Where a pipeline came from, absolute; empty for one that was not a file somebody named."""
    path = Path(parsed.file) if parsed.file else None
    return str(path.absolute()) if path is not None and path.is_file() else ""


def read_text(path: Path) -> str:
    """The text of a pipeline file.

    Raises:
        ConfigError: it cannot be read, or is not UTF-8 text of a sensible size.
    """
    try:
        return io.IncrementalNewlineDecoder(None, translate=True).decode(
            read_whole(path, LARGEST).decode("utf-8"), final=True
        )
    except FileNotFoundError as error:
        raise ConfigError(f"There is no pipeline named {path.stem!r}.", "The list shows the names.") from error
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigError(f"{path} cannot be read: {why}.", "Mend the file, or name another one.") from error


@contextlib.contextmanager
def _told_as_error(path: Path, done: str = "written") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = f"{path} cannot be {done}: {error.strerror or error}."
        raise ConfigError(what, "Make room, or make the folder writable.") from error


def _file_name(name: str) -> str:
    if not name or "/" in name or "\0" in name or name.startswith("."):
        raise ConfigError(f"{name!r} cannot be the name of a pipeline.", "Use letters, digits, - and _.")
    return f"{name}{_SUFFIX}"
