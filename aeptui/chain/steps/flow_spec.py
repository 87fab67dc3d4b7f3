"""The flow spec: found by which one lists the connector, never made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aeptui.chain.step import Action, ChainContext, Made, MadeBySteps, Seen, StepName
from aeptui.errors import AeptuiError
from aeptui.models.base import CreateBody, Json

if TYPE_CHECKING:
    from aeptui.api.client import AepClient


class FlowSpecStep:
    """GET /flowSpecs, done by pre-flight."""

    name: StepName = "flow_spec"
    needs: tuple[StepName, ...] = ()
    path = "/data/foundation/flowservice/flowSpecs"

    def existing(self, context: ChainContext) -> tuple[Action, Made] | None:
        return "find", Made(context.resolved.flow_spec.id)

    def title(self, context: ChainContext) -> str:
        return context.resolved.flow_spec.name

    def body(self, context: ChainContext, made: MadeBySteps) -> CreateBody:
        raise AeptuiError("Flow specs are Adobe's; none is ever created.")

    async def create(self, client: AepClient, body: CreateBody) -> Made:
        raise AeptuiError("Flow specs are Adobe's; none is ever created.")

    async def find(self, client: AepClient, marker: str, body: Json) -> Sequence[Made]:
        raise AeptuiError("Flow specs are Adobe's; none is ever created.")

    async def look(self, client: AepClient, identifier: str) -> Seen:
        found = await client.flow_specs.get(identifier)
        return Seen(found.name, ())

    async def delete(self, client: AepClient, identifier: str, etag: str | None) -> None:
        raise AeptuiError("Flow specs are Adobe's; none is ever deleted.")
