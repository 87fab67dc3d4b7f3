"""Ids with types of their own, so that a dataset id never stands where a flow id belongs."""

from __future__ import annotations

from typing import NewType

ConnectionSpecId = NewType("ConnectionSpecId", str)
BaseConnectionId = NewType("BaseConnectionId", str)
SourceConnectionId = NewType("SourceConnectionId", str)
TargetConnectionId = NewType("TargetConnectionId", str)
FlowSpecId = NewType("FlowSpecId", str)
FlowId = NewType("FlowId", str)
FlowRunId = NewType("FlowRunId", str)
MappingSetId = NewType("MappingSetId", str)
DatasetId = NewType("DatasetId", str)
BatchId = NewType("BatchId", str)
SchemaId = NewType("SchemaId", str)
"""A schema's `$id`, for example `https://ns.adobe.com/acme/schemas/6f1d...`."""
ExecutionId = NewType("ExecutionId", str)
ProfileName = NewType("ProfileName", str)
SandboxName = NewType("SandboxName", str)
