"""The seven steps, one module each, in the order in which people think of them."""

from __future__ import annotations

from aeptui.chain.step import Step, StepName
from aeptui.chain.steps.dataset import DatasetStep
from aeptui.chain.steps.flow import FlowStep
from aeptui.chain.steps.flow_spec import FlowSpecStep
from aeptui.chain.steps.mapping_set import MappingSetStep
from aeptui.chain.steps.schema import SchemaStep
from aeptui.chain.steps.source_connection import SourceConnectionStep
from aeptui.chain.steps.target_connection import TargetConnectionStep

ALL_STEPS: tuple[Step, ...] = (
    SourceConnectionStep(),
    SchemaStep(),
    DatasetStep(),
    TargetConnectionStep(),
    MappingSetStep(),
    FlowSpecStep(),
    FlowStep(),
)
STEP_BY_NAME: dict[StepName, Step] = {step.name: step for step in ALL_STEPS}
