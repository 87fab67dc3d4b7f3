"""What running a pipeline would send: the steps' own bodies, with placeholders where ids are not known yet."""

from __future__ import annotations

import json
import re
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


_SECRET = re.compile(r"\$SECRET_[A-Z0-9_]+")


@dataclass(frozen=True)
class PlannedRequest:
    """One request as it would be sent."""

    method: str
    path: str
    body: Json
    headers: dict[str, str] = field(default_factory=lambda: dict(HEADERS))


@dataclass(frozen=True)
class PlannedStep:
    """One step: what it does, after which others, and what is good to know of it."""

    step: StepName
    action: Action
    name: str
    needs: tuple[StepName, ...] = ()
    request: PlannedRequest | None = None
    resource_id: str | None = None
    note: str = ""

    @property
    def undone(self) -> bool:
        """Whether an undo deletes what it makes: nothing that was there before is ever touched."""
        return self.action == "create"


@dataclass(frozen=True)
class Plan:
    """All steps, in the order in which people think of them."""

    steps: tuple[PlannedStep, ...]

    def to_text(self) -> str:
        """For people."""
        lines = []
        for number, step in enumerate(self.steps, 1):
            after = f"  (after {', '.join(map(_words, step.needs))})" if step.needs else ""
            if step.request is None:
                what = f"{step.action} {step.resource_id}  {step.name}".rstrip()
                lines.append(f"{number}. {_words(step.step)}: {what}{after}; nothing is sent")
            else:
                lines.append(f"{number}. {_words(step.step)}: create {step.name!r}{after}")
            lines += [f"   note: {step.note}"] if step.note else []
            if step.request is not None:
                lines.append(f"   {step.request.method} {step.request.path}")
                body = json.dumps(step.request.body, ensure_ascii=False, indent=2)
                lines += [f"   {line}" for line in body.splitlines()]
        return "\n".join([*lines, self.undo_words()])

    def undo_words(self) -> str:
        """What an undo would delete, and what it would leave."""
        deleted = [_words(one.step) for one in reversed(self.steps) if one.undone]
        kept = [f"{_words(one.step)} {one.resource_id}" for one in self.steps if one.action == "reuse"]
        words = f"Undo would delete, in this order: {', '.join(deleted) or 'nothing'}."
        return f"{words} It would leave: {', '.join(kept)}." if kept else words

    def to_curl(self, platform_url: str) -> str:
        """Commands for a shell; `${...}` stands for what an earlier answer gives."""
        parts = [
            "# Set ACCESS_TOKEN, CLIENT_ID, ORG_ID and SANDBOX first, and each SECRET_... that stands in a body; "
            "fill in each ${...} from the answers before."
        ]
        for step in self.steps:
            if step.request is None:
                parts.append(f"# {_words(step.step)}: {step.action} {step.resource_id}; nothing is sent")
                continue
            headers = " \\\n".join(f'  -H "{name}: {value}"' for name, value in step.request.headers.items())
            body = shlex.quote(json.dumps(step.request.body, ensure_ascii=False))
            if step.step == "base_connection":
                body = _SECRET.sub("""'"\\g<0>"'""", body)  # out of the single quotes, so that the shell fills it in
            after = f", after {', '.join(map(_words, step.needs))}" if step.needs else ""
            note = f"\n# note: {step.note}" if step.note else ""
            parts.append(
                f"# {_words(step.step)}{after}{note}\ncurl -X {step.request.method} "
                f"{shlex.quote(platform_url + step.request.path)} \\\n{headers} \\\n  -d {body}"
            )
        return "\n\n".join([*parts, f"# {self.undo_words()}"])

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
                    "undo": "delete" if step.undone else "nothing",
                    "note": step.note,
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


def _words(step: StepName) -> str:
    return step.replace("_", " ")


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
        note = "; ".join(text for name, text in resolved.notes if name == step.name)
        existing = step.existing(context)
        if existing is not None:
            action, found = existing
            made[step.name] = found
            steps.append(PlannedStep(step.name, action, step.title(context), needs, resource_id=found.id, note=note))
            continue
        request = PlannedRequest("POST", step.path, step.body(context, made).to_wire())
        made[step.name] = Made(f"${{{step.name}.id}}", 0)
        steps.append(PlannedStep(step.name, "create", step.title(context), needs, request, note=note))
    return Plan(tuple(steps))
