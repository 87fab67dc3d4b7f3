"""What is odd about the flows and flow runs of an answer: the shapes that aep-api.md sections 2.8 and 2.9 warn of.

Pure: the body of an answer in, another one out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aeptui.emulator.faults.rules import RunView

Document = dict[str, Any]
_COUNTED = ("recordSummary", "sizeSummary", "fileSummary")


def odd_runs(body: Any, view: RunView) -> Any | None:
    """The answer of a run call, changed; None when there is no run in it."""
    if not isinstance(body, dict) or not isinstance(body.get("items"), list) or not body["items"]:
        return None
    change: Callable[[Document], Document]
    match view.view:
        case "summaries_missing":
            change = lambda part: {key: value for key, value in part.items() if key not in view.summaries}  # noqa: E731
        case "counts_minus_one":
            change = _minus_one
        case "unknown_status":
            change = lambda part: _with_status(part, view.word)  # noqa: E731
        case "seconds_for_ms":
            return {**body, "items": [_in_seconds(run) for run in body["items"]]}
    return {**body, "items": [_parts(run, change) for run in body["items"]]}


def _parts(run: Document, change: Callable[[Document], Document]) -> Document:
    """A run whose metrics and activities are changed: both hold the same summaries."""
    changed = dict(run)
    if isinstance(run.get("metrics"), dict):
        changed["metrics"] = change(run["metrics"])
    if isinstance(run.get("activities"), list):
        changed["activities"] = [change(activity) for activity in run["activities"]]
    return changed


def _minus_one(part: Document) -> Document:
    changed = dict(part)
    for name in _COUNTED:
        if isinstance(part.get(name), dict):
            changed[name] = {
                key: -1 if isinstance(value, int) and not isinstance(value, bool) else value
                for key, value in part[name].items()
            }
    return changed


def _with_status(part: Document, word: str) -> Document:
    summary = part.get("statusSummary")
    return {**part, "statusSummary": {**summary, "status": word}} if isinstance(summary, dict) else part


def _in_seconds(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: item // 1000 if key.endswith("AtUTC") and isinstance(item, int) else _in_seconds(item)
            for key, item in value.items()
        }
    return [_in_seconds(item) for item in value] if isinstance(value, list) else value


def initializing(flow: Document) -> Document:
    """A flow whose create has not come to its end."""
    operation = flow.get("lastOperation")
    changed = {**flow, "state": "initializing"}
    if isinstance(operation, dict):
        status = {"value": "inProgress", "errors": []}
        changed["lastOperation"] = {**operation, "percentCompleted": 50.0, "status": status}
    return changed
