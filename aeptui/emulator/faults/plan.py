"""The faults of one platform, in order, with their counters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from aeptui.emulator.faults.reading import read_file, read_rules
from aeptui.emulator.faults.rules import Call, Rule


class FaultPlan:
    """Rules, in order. When several strike one call, waits add up, and the first that answers or cuts wins.

    Args:
        rules: As `reading` made them.
        heard: Told of each fault that happened.
    """

    def __init__(self, rules: Iterable[Rule] = (), heard: Callable[[Rule, Call], None] | None = None) -> None:
        self.rules = list(rules)
        self.heard = heard

    @classmethod
    def of(cls, faults: Iterable[Mapping[str, Any]]) -> FaultPlan:
        """A plan from plain data: the tables that a file has under `[[fault]]`.

        Raises:
            FaultPlanError: lists every mistake.
        """
        return cls(read_rules(list(faults)))

    @classmethod
    def load(cls, file: Path) -> FaultPlan:
        """A plan from a TOML file.

        Raises:
            FaultPlanError: lists every mistake, with file, fault and key.
            OSError: the file cannot be read.
        """
        return cls(read_file(file))

    def add(self, **fault: Any) -> Rule:
        """One more fault at the end, while the platform runs (`from` is written `since`). The answer counts for it."""
        if "since" in fault:
            fault["from"] = fault.pop("since")
        (rule,) = read_rules([fault], already=len(self.rules))
        self.rules.append(rule)
        return rule

    def clear(self) -> None:
        """No more faults; what was begun (a lag, a late change) goes on."""
        self.rules.clear()

    @property
    def fired(self) -> dict[str, int]:
        """Name, or number, of each fault -> how often it happened."""
        return {rule.name: rule.fired for rule in self.rules}

    def happened(self, rule: Rule, call: Call) -> None:
        """Count a fault."""
        rule.fired += 1
        if self.heard is not None:
            self.heard(rule, call)
