"""Everything the sections show, as one frozen value: the document, what is wrong with it, and what was read for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from aeptui.ui.formatting import counted
from aeptui.ui.screens.pipeline_sections.forecast_state import ForecastState
from aeptui.ui.widgets.section_list import SectionEntry, SectionState

if TYPE_CHECKING:
    from datetime import datetime

    from aeptui.chain.pipeline import Pipeline
    from aeptui.chain.plan import Plan
    from aeptui.chain.problems import Problem
    from aeptui.models.connections import BaseConnection, FilePreview
    from aeptui.models.schemas import SchemaField
    from aeptui.ui.screens.pipeline_sections.mapping.trials import Trial

SectionName = Literal["source", "target", "mapping", "schedule", "review"]
SECTION_NAMES: tuple[SectionName, ...] = ("source", "target", "mapping", "schedule", "review")

Reading = Literal["none", "reading", "read", "failed"]


@dataclass(frozen=True)
class Sample:
    """The first rows of the source, or why there are none."""

    state: Reading = "none"
    preview: FilePreview | None = None
    error: str = ""
    row: int = 0
    """Which of the rows the mapping is tried on."""

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Names of the file's columns; None when the file is not known."""
        return None if self.preview is None else tuple(column.name for column in self.preview.columns)

    @property
    def current(self) -> Mapping[str, object] | None:
        """The row the mapping is tried on."""
        if self.preview is None or not self.preview.rows:
            return None
        return self.preview.rows[self.row % len(self.preview.rows)]


@dataclass(frozen=True)
class Target:
    """The fields of the target schema, or why they are not known."""

    state: Reading = "none"
    fields: tuple[SchemaField, ...] = ()
    error: str = ""
    suggested: Mapping[str, str] = field(default_factory=dict)
    """Column to field, as the platform itself suggests for this dataset; empty when it does not say."""
    tenant: str = ""
    """The namespace of the organisation's own fields, such as `_acme`; only a new schema asks for it."""
    tenant_error: str = ""

    @cached_property
    def types(self) -> dict[str, str]:
        """Path to XDM type."""
        return {field.path: field.type for field in self.fields}

    @cached_property
    def items(self) -> dict[str, str]:
        """Path of an array to the XDM type of its items."""
        return {field.path: field.item_type for field in self.fields if field.item_type is not None}


@dataclass(frozen=True)
class Review:
    """What the live check and the plan say of one version of the document."""

    state: Reading = "none"
    problems: tuple[Problem, ...] = ()
    plan: Plan | None = None
    error: str = ""
    checked_at: datetime | None = None
    stale: bool = False
    """The document changed since."""


@dataclass(frozen=True)
class EditorState:
    """What there is to show now."""

    pipeline: Pipeline
    now: datetime
    problems: tuple[Problem, ...] = ()
    """Of the document, its mapping against columns and fields included."""
    base_connections: tuple[BaseConnection, ...] | None = None
    base_connections_error: str = ""
    sample: Sample = field(default_factory=Sample)
    target: Target = field(default_factory=Target)
    review: Review = field(default_factory=Review)
    trial: Trial | None = None
    """What mapping rows are tried against; kept as long as nothing it depends on changes."""
    forecast: ForecastState = field(default_factory=ForecastState)
    names: Mapping[str, str] = field(default_factory=dict)
    """What ids of classes, field groups, schemas and datasets are called, as far as it was read."""

    def all_problems(self) -> tuple[Problem, ...]:
        """Those of the document and those of the live check, each once."""
        return self._problems

    @cached_property
    def _problems(self) -> tuple[Problem, ...]:
        live = () if self.review.stale else self.review.problems
        if not live:
            return self.problems
        seen = {(one.where, one.what) for one in live}
        return (*live, *(one for one in self.problems if (one.where, one.what) not in seen))


def section_entries(state: EditorState) -> tuple[SectionEntry, ...]:
    """The state of every section, in a glyph and a few words."""
    return tuple(_entry(state, name) for name in SECTION_NAMES)


def _entry(state: EditorState, name: SectionName) -> SectionEntry:
    label = name.capitalize()
    if name == "review":
        return SectionEntry(name, label, *_review_state(state))
    problems = [one for one in state.all_problems() if one.section == name]
    errors = sum(one.severity == "error" for one in problems)
    if _is_empty(state.pipeline, name):
        return SectionEntry(name, label, "empty", "nothing yet")
    if errors:
        return SectionEntry(name, label, "error", counted(errors, "problem"))
    if problems:
        return SectionEntry(name, label, "warning", counted(len(problems), "warning"))
    return SectionEntry(name, label, "ok", _words(state.pipeline, name))


def _review_state(state: EditorState) -> tuple[SectionState, str]:
    problems = state.all_problems()
    errors = sum(one.severity == "error" for one in problems)
    if state.review.state == "reading":
        return "busy", "checking"
    if errors:
        return "error", counted(errors, "problem")
    if state.review.state == "failed":
        return "warning", "could not check"
    if state.review.state == "none" or state.review.stale:
        return "empty", "not checked yet"
    return ("warning", "ready, with warnings") if problems else ("ok", "ready to run")


def _is_empty(pipeline: Pipeline, name: SectionName) -> bool:
    if name == "source":
        return not pipeline.source.base_connection and not pipeline.source.path
    if name == "target":
        schema, dataset = pipeline.schema_, pipeline.dataset
        return not (schema.id or schema.title or schema.class_ or schema.field_groups or dataset.id or dataset.name)
    if name == "mapping":
        return not pipeline.mapping and pipeline.source.needs_mapping
    if pipeline.source.is_stream:
        return False
    return pipeline.schedule.frequency is None


def _words(pipeline: Pipeline, name: SectionName) -> str:
    if name == "source":
        return "stream" if pipeline.source.is_stream else pipeline.source.format
    if name == "target":
        return "existing schema" if pipeline.schema_.id else "new schema"
    if name == "mapping":
        return counted(len(pipeline.mapping), "field")
    schedule = pipeline.schedule
    if pipeline.source.is_stream:
        return "as records come"
    if schedule.frequency == "once" or not schedule.interval:
        return "once" if schedule.frequency == "once" else ""
    return f"every {schedule.interval} {schedule.frequency}{'s' * (schedule.interval != 1)}"


def is_complete(state: EditorState) -> bool:
    """Is there something in every section, and no error?"""
    parts = ("source", "target", "mapping", "schedule")
    return not any(_is_empty(state.pipeline, name) for name in SECTION_NAMES if name in parts) and not any(
        one.severity == "error" for one in state.problems
    )
