"""The pipeline file: read tolerantly, checked without I/O, written back with the user's comments.

Nothing here raises for what stands in a file; whatever is wrong becomes a `Problem`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aeptui.chain.document_checks import document_problems
from aeptui.chain.pipeline import Pipeline
from aeptui.chain.places import Places
from aeptui.chain.problems import Problem, by_line
from aeptui.chain.toml_lines import key_lines, path_name
from aeptui.chain.toml_reading import parse_toml, read_document


@dataclass(frozen=True, slots=True)
class ParsedPipeline:
    """A pipeline file as far as it could be read."""

    pipeline: Pipeline
    """Everything that could be read; keys with problems of their own are left out."""
    problems: tuple[Problem, ...]
    """Everything the document alone shows, in the order of the file."""
    lines: Mapping[str, int]
    """Key to line: `schedule.interval`, `mapping[2].target`, `mapping[2]`, `source`."""
    text: str
    file: str = ""
    """The file as the user named it; empty for a text that was never saved."""
    places: Places = field(default_factory=Places, repr=False, compare=False)
    variables: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Values that won over those of `[vars]`."""

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
    clean = text.removeprefix("\ufeff")
    document = parse_toml(clean)
    if isinstance(document, Problem):
        return ParsedPipeline(Pipeline(), (document,), {}, text, file, variables=dict(variables or {}))
    lines = key_lines(clean)
    reader = read_document(document, Places(lines), variables or {})
    places = Places(lines or {(): 1}, frozenset(reader.spoiled))
    problems = by_line([*reader.problems, *document_problems(reader.pipeline, places)])
    names = {path_name(path): line for path, line in lines.items()}
    return ParsedPipeline(reader.pipeline, problems, names, text, file, places, dict(variables or {}))


def check_pipeline(pipeline: ParsedPipeline | Pipeline) -> tuple[Problem, ...]:
    """What the document alone shows; for a pipeline that has no text the problems have no line."""
    if isinstance(pipeline, ParsedPipeline):
        return pipeline.problems
    return document_problems(pipeline)


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
