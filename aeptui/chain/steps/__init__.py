"""The steps, one module each, in the order in which people think of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aeptui.chain.step import Step, StepName
from aeptui.chain.steps.base_connection import BaseConnectionStep
from aeptui.chain.steps.dataset import DatasetStep
from aeptui.chain.steps.field_group import FieldGroupStep
from aeptui.chain.steps.flow import FlowStep
from aeptui.chain.steps.flow_spec import FlowSpecStep
from aeptui.chain.steps.mapping_set import MappingSetStep
from aeptui.chain.steps.schema import SchemaStep
from aeptui.chain.steps.source_connection import SourceConnectionStep
from aeptui.chain.steps.target_connection import TargetConnectionStep

if TYPE_CHECKING:
    from aeptui.chain.pipeline import Pipeline

ALL_STEPS: tuple[Step, ...] = (
    BaseConnectionStep(),
    SourceConnectionStep(),
    FieldGroupStep(),
    SchemaStep(),
    DatasetStep(),
    TargetConnectionStep(),
    MappingSetStep(),
    FlowSpecStep(),
    FlowStep(),
)
STEP_BY_NAME: dict[StepName, Step] = {step.name: step for step in ALL_STEPS}


def steps_of(pipeline: Pipeline) -> tuple[Step, ...]:
    """The steps that a pipeline has.

    A base connection is made by one that declares it, a field group by one that declares fields; records of a stream
    that are XDM already need no mapping set.
    """
    return tuple(step for step in ALL_STEPS if _has(pipeline, step.name))


def _has(pipeline: Pipeline, step: StepName) -> bool:
    if step == "base_connection":
        return pipeline.base_connection is not None
    if step == "field_group":
        return bool(pipeline.schema_.fields)
    if step == "mapping_set":
        return bool(pipeline.mapping) or pipeline.source.needs_mapping
    return True
