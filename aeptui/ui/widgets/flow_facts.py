"""What one dataflow is, in a few lines: state, schedule, what it reads. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aeptui.ui.formatting import date_time, state_cell
from aeptui.ui.widgets.flow_words import history_strip, schedule_words
from aeptui.ui.widgets.text_lines import Line

if TYPE_CHECKING:
    from aeptui.chain.replay import ExecutionRecord
    from aeptui.models.connections import BaseConnection, ConnectionSpec
    from aeptui.models.flow_runs import FlowRun
    from aeptui.models.flows import Flow

_STRIP = 50
_MARKER = re.compile(r"\baeptui:[\w-]+:\w+$")
"""What the chain puts at the end of a description, to find again what it made."""


@dataclass(frozen=True)
class FlowNames:
    """Names for the ids that a dataflow holds."""

    connectors: Mapping[str, str] = field(default_factory=dict)
    base_connections: Mapping[str, str] = field(default_factory=dict)
    made_by: ExecutionRecord | None = None
    """The execution that created the dataflow, when that was here."""

    @classmethod
    def of(
        cls,
        specs: Sequence[ConnectionSpec],
        base_connections: Sequence[BaseConnection],
        made_by: ExecutionRecord | None = None,
    ) -> FlowNames:
        """From what the platform lists."""
        return cls(
            {str(spec.id): spec.label for spec in specs},
            {str(one.id): one.name for one in base_connections if one.name},
            made_by,
        )


def flow_facts(flow: Flow, names: FlowNames | None, runs: Sequence[FlowRun]) -> tuple[Line, ...]:
    """Its facts, one line each."""
    state = state_cell(flow.state)
    operation = _operation(flow)
    lines: list[Line] = [
        (_label("State"), (state.text, state.style), (f"   {operation}" if operation else "", "muted")),
        (_label("Schedule"), (schedule_words(flow) or "none", "")),
        (_label("Reads"), (_source(flow, names or FlowNames()), "")),
        *_dataset(names),
        (_label("Made"), (date_time(flow.created_at), ""), (f"   {flow.id}", "muted")),
    ]
    about = _MARKER.sub("", flow.description or "").strip()
    if about:
        lines.insert(0, (_label("About"), (about, "")))
    if runs:
        lines.append((_label("Runs"), (history_strip(runs, _STRIP), ""), ("   newest at the right", "muted")))
    return tuple(lines)


def _label(text: str) -> tuple[str, str]:
    return f"{text:10}", "muted"


def _source(flow: Flow, names: FlowNames) -> str:
    """`Sample SFTP (SFTP)`, as far as names are known; ids else."""
    words = []
    for one in _items(_mapping(flow.inherited_attributes).get("sourceConnections")):
        base = str(_mapping(one.get("baseConnection")).get("id") or "")
        connector = str(_mapping(one.get("connectionSpec")).get("id") or "")
        label = names.connectors.get(connector, "")
        name = names.base_connections.get(base, base)
        words.append(f"{name} ({label})" if name and label else name or label or str(one.get("id") or ""))
    return ", ".join(word for word in words if word) or ", ".join(flow.source_connection_ids) or "-"


def _dataset(names: FlowNames | None) -> list[Line]:
    """The dataset it fills: known only of a dataflow that was made here."""
    record = names.made_by if names is not None else None
    step = next((one for one in record.steps if one.step == "dataset"), None) if record is not None else None
    if record is None or step is None:
        return []
    return [
        (
            _label("Dataset"),
            (step.name or str(step.id or ""), ""),
            (f"   {step.id}" if step.name and step.id else "", "muted"),
        ),
        (_label("Pipeline"), (record.pipeline_name, ""), (f"   execution {record.id}", "muted")),
    ]


def _operation(flow: Flow) -> str:
    """What the platform did to it last, when that did not end well or goes on."""
    last = _mapping(flow.last_operation)
    status = str(_mapping(last.get("status")).get("value") or "")
    return f"{last.get('operation') or 'change'} {status}" if status and status != "finished" else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _items(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []
