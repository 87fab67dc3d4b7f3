"""The pipeline file: read tolerantly, checked without I/O, written back with the user's comments.

Nothing here raises for what stands in a file; whatever is wrong becomes a `Problem`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from aeptui.chain.document_checks import document_problems
from aeptui.chain.mapping_checks import RowChecks
from aeptui.chain.pipeline import Pipeline
from aeptui.chain.places import Places
from aeptui.chain.problems import Problem, by_line
from aeptui.chain.toml_lines import KeyPath, path_name
from aeptui.chain.toml_reading import read_document
from aeptui.chain.toml_rows import read_toml


class KeyNames(Mapping[str, int]):
    """Lines by the names of their keys; a long document's names are made when one is asked for."""

    def __init__(self, lines: Mapping[KeyPath, int]) -> None:
        self._lines = lines

    @cached_property
    def _names(self) -> dict[str, int]:
        return {path_name(path): line for path, line in self._lines.items()}

    def __getitem__(self, name: str) -> int:
        return self._names[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._lines)

    def __repr__(self) -> str:
        return repr(self._names)


@dataclass(frozen=True)
class ParsedPipeline:
    """A pipeline file as far as it could be read."""

    pipeline: Pipeline
    """Everything that could be read; keys with problems of their own are left out."""
    unread: tuple[Problem, ...]
    """What could not be read."""
    lines: Mapping[str, int]
    """Key to line: `schedule.interval`, `mapping[2].target`, `mapping[2]`, `source`."""
    text: str
    file: str = ""
    """The file as the user named it; empty for a text that was never saved."""
    places: Places = field(default_factory=Places, repr=False, compare=False)
    variables: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Values that won over those of `[vars]`."""
    is_toml: bool = True

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """Everything the document alone shows, in the order of the file; checked when it is first asked for."""
        return self.check()

    def check(self, checks: RowChecks | None = None, *, rows: bool = True) -> tuple[Problem, ...]:
        """Check the document now.

        Args:
            checks: What is known of the mapping rows of an earlier state of the document.
            rows: Check the mapping rows, of which there may be thousands.
        """
        if not self.is_toml:
            return self.unread
        return by_line([*self.unread, *document_problems(self.pipeline, self.places, checks, rows=rows)])

    def filled(self, **parts: Any) -> ParsedPipeline:
        """The same document with what it only names put in; the document's problems stay those of what it says."""
        made = replace(self, **parts)
        made.__dict__["problems"] = self.problems
        return made

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stop the pipeline."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


def parse_pipeline(text: str, *, variables: Mapping[str, str] | None = None, file: str = "") -> ParsedPipeline:
    """Read a pipeline file.

    Args:
        variables: Values that win over those of `[vars]` (`--var`).
        file: Its name as problems shall show it.
    """
    read = read_toml(text.removeprefix("\ufeff"))
    given = dict(variables or {})
    if isinstance(read, Problem):
        return ParsedPipeline(Pipeline(), (read,), {}, text, file, variables=given, is_toml=False)
    document, lines = read
    reader = read_document(document, Places(lines), given)
    places = Places(lines or {(): 1}, frozenset(reader.spoiled))
    return ParsedPipeline(reader.pipeline, by_line(reader.problems), KeyNames(lines), text, file, places, given)


def check_pipeline(
    pipeline: ParsedPipeline | Pipeline, checks: RowChecks | None = None, *, rows: bool = True
) -> tuple[Problem, ...]:
    """What the document alone shows; for a pipeline that has no text the problems have no line.

    Args:
        checks: What is known of the mapping rows of an earlier state of the document.
        rows: Check the mapping rows, of which there may be thousands.
    """
    if isinstance(pipeline, ParsedPipeline):
        return pipeline.check(checks, rows=rows)
    return document_problems(pipeline, checks=checks, rows=rows)


def pipeline_to_toml(pipeline: Pipeline, previous_text: str = "") -> str:
    """The pipeline as a file.

    Args:
        previous_text: The file as it was: its comments, order and variables are kept, and what did not change is
            not touched.
    """
    from aeptui.chain.toml_writing import edited_text, fresh_text

    if previous_text.strip():
        edited = edited_text(pipeline, previous_text, parse_pipeline(previous_text).pipeline)
        # Whatever the old text held, the new one must say what the pipeline says.
        if edited is not None and parse_pipeline(edited).pipeline == pipeline:
            return edited
    return fresh_text(pipeline)
