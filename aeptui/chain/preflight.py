"""Everything that can be known before anything is created: the document's problems and the platform's, in one pass.

It only reads: base connection, its test, explore and preview, schema, dataset, flow specs. Expressions are checked
here, not on the platform. It stops early for nothing but a platform that cannot be reached or refuses the credentials.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aeptui.chain.document import ParsedPipeline
from aeptui.chain.helpings import in_helpings
from aeptui.chain.live_mapping_checks import live_mapping_problems
from aeptui.chain.preflight_source import SourceFacts, read_source
from aeptui.chain.preflight_target import TargetFacts, read_target
from aeptui.chain.problems import Problem, by_line
from aeptui.chain.reads import all_at_once
from aeptui.chain.reuse import read_reused, schema_problem
from aeptui.chain.schedule import schedule_problems

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.chain.step import StepName
    from aeptui.models.connections import BaseConnection, ConnectionSpec, FileColumn
    from aeptui.models.datasets import Dataset
    from aeptui.models.flows import FlowSpec
    from aeptui.models.mapping_sets import MappingSet
    from aeptui.models.schemas import Schema, SchemaField

FTP_SPEC_ID = "fb2e94c9-c031-467d-8103-6bd6e0a432f2"
"""Adobe documents this connector for `once` only: its incremental updates are unreliable."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The live facts a plan needs."""

    base_connection: BaseConnection | None
    """None for the Data Landing Zone."""
    connection_spec: ConnectionSpec
    flow_spec: FlowSpec
    schema_fields: tuple[SchemaField, ...]
    columns: tuple[FileColumn, ...] | None = None
    """None when no file is there yet."""
    dataset: Dataset | None = None
    """The dataset that is used; None when a new one is made."""
    schema: Schema | None = None
    """The schema that is used; None when a new one is made."""
    mapping_set: MappingSet | None = None
    """The mapping set that is used; None when a new one is made."""
    notes: tuple[tuple[StepName, str], ...] = ()
    """What is no problem of a step, and good to know before it is run."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """What pre-flight found."""

    problems: tuple[Problem, ...]
    resolved: Resolved | None
    """None when any problem is an error."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What stops the pipeline."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What does not."""
        return tuple(problem for problem in self.problems if problem.severity == "warning")


async def preflight(parsed: ParsedPipeline, client: AepClient, *, now: datetime) -> Preflight:
    """Check a pipeline against its document and the platform.

    Args:
        now: Aware; a start before it is refused.
    Raises:
        AuthError, Unauthorized: the platform does not take the credentials.
        TransportError: it cannot be reached.
    """
    if not parsed.lines and parsed.problems:
        return Preflight(parsed.problems, None)  # not TOML: there is nothing to look up
    reused = await read_reused(parsed, client)
    parsed = reused.parsed
    source, target = await all_at_once(read_source(parsed, client, now), read_target(parsed, client))
    mismatch = schema_problem(parsed, reused.mapping_set, str(target.schema.id) if target.schema is not None else None)
    steps = live_mapping_problems(
        parsed.pipeline,
        parsed.places,
        fields={field.path: field.type for field in target.fields},
        required=[field.path for field in target.fields if field.required],
        identities=target.identities,
        sample=source.sample,
    )
    problems = [
        *parsed.problems,
        *reused.problems,
        *([mismatch] if mismatch is not None else []),
        *source.problems,
        *target.problems,
        *_schedule(parsed, source, now),
        *await in_helpings(steps),
    ]
    ordered = by_line(problems)
    if any(problem.severity == "error" for problem in ordered):
        return Preflight(ordered, None)
    return Preflight(ordered, _resolved(parsed, source, target, reused.mapping_set))


def _schedule(parsed: ParsedPipeline, source: SourceFacts, now: datetime) -> list[Problem]:
    """What the flow spec and the time say; the document's own rules were checked with the document."""
    schedule, places = parsed.pipeline.schedule, parsed.places
    if parsed.pipeline.source.is_stream:
        return []  # it has none
    told = {problem.where for problem in parsed.problems}
    found: list[Problem] = []
    if source.flow_spec is not None and not places.is_spoiled(("schedule",)):
        found = [
            problem
            for problem in schedule_problems(schedule, source.flow_spec.schedule_schema, places=places)
            if problem.where not in told
        ]
    start = schedule.start
    if start is not None and start.tzinfo is not None and start < now:
        what = f"The start, {start.astimezone(UTC):%Y-%m-%d %H:%M} UTC, is in the past"
        found.append(
            places.problem(("schedule", "start"), what, "Choose a later start, or delete the line to start now")
        )
    spec = source.connection_spec
    if spec is not None and spec.id == FTP_SPEC_ID and schedule.frequency not in (None, "once"):
        what = "FTP can be read once only; it does not tell reliably which files are new"
        found.append(places.problem(("schedule", "frequency"), what, 'Write frequency = "once", or use SFTP'))
    return found


def _resolved(
    parsed: ParsedPipeline, source: SourceFacts, target: TargetFacts, mapping_set: MappingSet | None
) -> Resolved | None:
    if source.connection_spec is None or source.flow_spec is None:
        return None
    notes = list(source.notes)
    if parsed.pipeline.schedule.frequency == "once":
        notes.append(("flow", "it runs once, so its mapping cannot be changed later"))
    if parsed.pipeline.source.is_stream:
        notes.append(("flow", "it takes records as they come: there is no first run to watch"))
    return Resolved(
        base_connection=source.base_connection,
        connection_spec=source.connection_spec,
        flow_spec=source.flow_spec,
        schema_fields=target.fields,
        columns=source.columns,
        dataset=target.dataset,
        schema=target.schema,
        mapping_set=mapping_set,
        notes=tuple(notes),
    )
