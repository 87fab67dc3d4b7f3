"""What a step of the chain is: one resource, made of the pipeline and of what the steps before it made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, get_args

from aeptui.ids import ExecutionId
from aeptui.models.base import CreateBody, Json

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.chain.pipeline import Pipeline
    from aeptui.chain.preflight import Resolved

StepName = Literal[
    "base_connection",
    "source_connection",
    "field_group",
    "schema",
    "dataset",
    "target_connection",
    "mapping_set",
    "flow_spec",
    "flow",
]
STEPS: tuple[StepName, ...] = get_args(StepName)
"""Every step there is, in the order in which people think of them."""
USUAL_STEPS: tuple[StepName, ...] = (
    "source_connection",
    "schema",
    "dataset",
    "target_connection",
    "mapping_set",
    "flow_spec",
    "flow",
)
"""Those of a pipeline that names a base connection that exists, and declares no field."""
Action = Literal["create", "reuse", "find", "update"]
"""`reuse` is a resource the pipeline names; `find` is one that pre-flight found; `update` changes one in place."""


@dataclass(frozen=True)
class Made:
    """What a step made or found."""

    id: str
    version: int | None = None
    """Of a mapping set: flows pin it."""
    note: str = ""
    """What is not quite as it was asked for."""
    etag: str | None = None
    """As it was after the create, where the service gives one; undo compares it."""


@dataclass(frozen=True)
class Seen:
    """A resource as it is now."""

    name: str
    marks: tuple[str, ...]
    """The texts in which a marker may stand."""
    etag: str | None = None
    facts: Json = None
    """Its fields in the platform's own names, to be compared with what was sent."""


MadeBySteps: TypeAlias = Mapping[StepName, Made]


@dataclass(frozen=True)
class ChainContext:
    """What every step may look at."""

    pipeline: Pipeline
    resolved: Resolved
    execution: ExecutionId
    now: datetime
    """The moment from which "as soon as possible" counts."""
    margin_s: float
    """How far ahead of it that lies."""

    def marker(self, step: StepName) -> str:
        """What a created resource carries, so that it can be found after a lost answer."""
        return marker_of(self.execution, step)


def marker_of(execution: ExecutionId, step: StepName) -> str:
    """The marker of what one step of one execution created."""
    return f"aeptui:{execution}:{step}"


class Step(Protocol):
    """One step. `body` is the same for the plan and for the run; only the ids differ."""

    name: StepName
    needs: tuple[StepName, ...]
    path: str
    """Where its body is posted."""

    def existing(self, context: ChainContext) -> tuple[Action, Made] | None:
        """The resource that is used as it is; None: one is created."""
        ...

    def title(self, context: ChainContext) -> str:
        """What the resource is called."""
        ...

    def body(self, context: ChainContext, made: MadeBySteps) -> CreateBody:
        """The body of its create."""
        ...

    async def create(self, client: AepClient, body: CreateBody) -> Made:
        """Send it, once."""
        ...

    async def find(self, client: AepClient, marker: str, body: Json) -> Sequence[Made]:
        """Every resource that carries the marker.

        Args:
            body: What was sent for it: it tells where to look.
        """
        ...

    async def look(self, client: AepClient, identifier: str) -> Seen:
        """The resource as it is now.

        Raises:
            NotFound: it is gone.
        """
        ...

    async def delete(self, client: AepClient, identifier: str, etag: str | None) -> None:
        """Delete it; one that is gone already counts as deleted."""
        ...
