"""The flow spec: found by which one lists the connector, never made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aeptui.chain.step import Action, ChainContext, Made, MadeBySteps, StepName
from aeptui.errors import AeptuiError
from aeptui.models.base import CreateBody

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

    async def find(self, client: AepClient, context: ChainContext, made: MadeBySteps) -> Sequence[Made]:
        return [Made(context.resolved.flow_spec.id)]
