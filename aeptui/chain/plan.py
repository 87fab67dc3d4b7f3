"""What running a pipeline would send: the steps' own bodies, with placeholders where ids are not known yet."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from aeptui.chain.step import Action, ChainContext, Made, StepName
from aeptui.chain.steps import steps_of
from aeptui.ids import ExecutionId
from aeptui.models.base import Json

if TYPE_CHECKING:
    from aeptui.chain.pipeline import Pipeline
    from aeptui.chain.preflight import Resolved

HEADERS: dict[str, str] = {
    "Authorization": "Bearer $ACCESS_TOKEN",
    "x-api-key": "$CLIENT_ID",
    "x-gw-ims-org-id": "$ORG_ID",
    "x-sandbox-name": "$SANDBOX",
    "Content-Type": "application/json",
}
"""What every create carries, with placeholders for what is nobody else's business."""


@dataclass(frozen=True)
class PlannedRequest:
    """One request as it would be sent."""

    method: str
    path: str
    body: Json
    headers: dict[str, str] = field(default_factory=lambda: dict(HEADERS))


@dataclass(frozen=True)
class PlannedStep:
    """One step: what it does, and after which others."""

    step: StepName
    action: Action
    name: str
    needs: tuple[StepName, ...] = ()
    request: PlannedRequest | None = None
    resource_id: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Plan:
    """All steps, in the order in which people think of them."""

    steps: tuple[PlannedStep, ...]

    def to_text(self) -> str:
        """For people."""
        lines = []
        for number, step in enumerate(self.steps, 1):
            words = step.step.replace("_", " ")
            if step.request is None:
                lines.append(f"{number}. {words}: {step.action} {step.resource_id}  {step.name}".rstrip())
                continue
            after = f"  (after {', '.join(one.replace('_', ' ') for one in step.needs)})" if step.needs else ""
            lines.append(f"{number}. {words}: create {step.name!r}{after}")
            lines.append(f"   {step.request.method} {step.request.path}")
            body = json.dumps(step.request.body, ensure_ascii=False, indent=2)
            lines += [f"   {line}" for line in body.splitlines()]
        return "\n".join(lines)

    def to_curl(self, platform_url: str) -> str:
        """Commands for a shell; `${...}` stands for what an earlier answer gives."""
        parts = [
            "# Set ACCESS_TOKEN, CLIENT_ID, ORG_ID and SANDBOX first; fill in each ${...} from the answers before."
        ]
        for step in self.steps:
            if step.request is None:
                parts.append(f"# {step.step.replace('_', ' ')}: {step.action} {step.resource_id}")
                continue
            headers = " \\\n".join(f'  -H "{name}: {value}"' for name, value in step.request.headers.items())
            body = shlex.quote(json.dumps(step.request.body, ensure_ascii=False))
            parts.append(
                f"# {step.step.replace('_', ' ')}\ncurl -X {step.request.method} "
                f"{shlex.quote(platform_url + step.request.path)} \\\n{headers} \\\n  -d {body}"
            )
        return "\n\n".join(parts)

    def to_json(self) -> Json:
        """For programs."""
        return {
            "steps": [
                {
                    "step": step.step,
                    "action": step.action,
                    "name": step.name,
                    "needs": list(step.needs),
                    "id": step.resource_id,
                    "request": None
                    if step.request is None
                    else {
                        "method": step.request.method,
                        "path": step.request.path,
                        "headers": step.request.headers,
                        "body": step.request.body,
                    },
                }
                for step in self.steps
            ]
        }


def make_plan(
    pipeline: Pipeline, resolved: Resolved, *, execution: ExecutionId, now: datetime, margin_s: float
) -> Plan:
    """The plan of one execution.

    Args:
        now: The moment from which "as soon as possible" counts.
        margin_s: How far ahead of it that lies.
    """
    context = ChainContext(pipeline, resolved, execution, now, margin_s)
    made: dict[StepName, Made] = {}
    steps = []
    has = steps_of(pipeline)
    names = {step.name for step in has}
    for step in has:
        needs = tuple(name for name in step.needs if name in names)
        existing = step.existing(context)
        if existing is not None:
            action, found = existing
            made[step.name] = found
            steps.append(PlannedStep(step.name, action, step.title(context), needs, resource_id=found.id))
            continue
        request = PlannedRequest("POST", step.path, step.body(context, made).to_wire())
        made[step.name] = Made(f"${{{step.name}.id}}", 0)
        steps.append(PlannedStep(step.name, "create", step.title(context), needs, request))
    return Plan(tuple(steps))
