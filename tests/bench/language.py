"""Speed of the mapping language: parsing, evaluating, previews, and the expressions made to be slow.

Times are processor time of this process, the best of some rounds: what a loaded machine adds is not the language's.
The rate of ingestion, which runs the same language over whole columns, is measured in `ingestion.py`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from aeptui.dataprep import Context, DataPrepError, MappingRule, compile_expression, compile_mapping, parse  # noqa: E402

ROUNDS: Final = 7
PARSE_GOAL_US: Final = 50.0
NODE_GOAL_US: Final = 2.0
PREVIEW_GOAL_MS: Final = 20.0
WORST_GOAL_MS: Final = 50.0

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
ROW: Final[dict[str, object]] = {
    "first": "Anna", "last": " Smith ", "email": "Anna@Example.com", "birth": "1980-02-03", "points": "1200", "n": 12,
    "address": {"city": "Paris", "lines": [{"sku": "s1"}]}, "First Name": "Anna",
}  # fmt: skip

SIMPLE: Final = {  # the expression, and its nodes: names, literals, calls, operators
    "first": 1,
    "upper(first)": 2,
    "upper(trim(last))": 3,
    "concat(first, ' ', last)": 4,
    "points * 2 + 1": 5,
    "n > 10 ? 'many' : 'few'": 6,
    "address.lines[0].sku": 3,
    "iif(is_empty(email), null, lower(email))": 6,
    "date(birth, 'yyyy-MM-dd')": 3,
    "coalesce(${First Name}, first, 'none')": 4,
    "first == 'Anna' && n lt 20": 7,
}
"""Typical calculated fields."""

MAPPED: Final = (
    "first", "upper(first)", "trim(last)", "lower(email)", "concat(first, ' ', last)", "date(birth, 'yyyy-MM-dd')",
    "to_integer(points)", "n > 10 ? 'many' : 'few'", "address.city", "coalesce(missing, first, 'none')",
)  # fmt: skip
"""Ten kinds of mappings; a preview repeats them."""

_LONG: Final = "a,b;" * 250_000
WORST: Final[dict[str, dict[str, object]]] = {
    "matches_regex(t, '(a+)+b')": {"t": "a" * 40},
    "explode(t, '(?:a?){30}a{30}')": {"t": "a" * 1_000_000},
    " || ".join(["t =~ '.*.*.*=.*'"] * 150): {"t": "a" * 60},
    "[" + ", ".join(["lpad('', 1900000, 'x')"] * 150) + "]": {},
    "concat(" + ", ".join(["t"] * 1300) + ")": {"t": _LONG},
    "+".join(["t"] * 2000): {"t": "a" * 1000},
    "[" + ",".join(["sha512(t)"] * 400) + "]": {"t": _LONG},
    "upper(" * 199 + "t" + ")" * 199: {"t": "é" * 1_000_000},
    "(" * 200 + "1" + ")" * 200: {},
    "concat(" + ", ".join(["upper(trim(t))"] * 250) + ")": {"t": "x"},
    "(" * 4096: {},
}
"""Expressions that would hold up a batch without bounds."""


def main() -> int:
    """Measure and print; 1 when a goal is missed."""
    print("the mapping language, processor time:")
    parsing = max(_best(lambda text=text: parse(text), 200) for text in SIMPLE) * 1e6  # type: ignore[misc]  # bound
    nodes, slowest = _per_node()
    preview = _preview()
    worst, which = max((_worst(text, row), text) for text, row in WORST.items())
    met = [
        _line("parsing, the slowest of typical ones", parsing, PARSE_GOAL_US, "us"),
        _line(f"evaluating a node, slowest: {slowest}", nodes, NODE_GOAL_US, "us"),
        _line("preview of 100 rows x 100 mappings", preview, PREVIEW_GOAL_MS, "ms"),
        _line(f"made to be slow, slowest: {which[:30]}", worst, WORST_GOAL_MS, "ms"),
    ]
    return 0 if all(met) else 1


def _best(action: Callable[[], object], times: int = 1) -> float:
    """Seconds of one action, the best of some rounds."""
    found: list[float] = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(times):
            action()
        found.append((time.process_time() - started) / times)
    return min(found)


def _per_node() -> tuple[float, str]:
    context = Context(NOW)
    found: list[tuple[float, str]] = []
    for text, nodes in SIMPLE.items():
        run = compile_expression(text).run
        found.append((_best(lambda run=run: run(ROW, context), 5_000) / nodes * 1e6, text))  # type: ignore[misc]  # bound
    return max(found)


def _preview() -> float:
    rules = [
        MappingRule("EXPRESSION", MAPPED[number % len(MAPPED)], f"group{number % 7}.field{number}")
        for number in range(100)
    ]
    rows = [ROW | {"first": f"Anna{number}", "email": f"Anna{number}@Example.com"} for number in range(100)]
    mapper = compile_mapping(rules, {}, NOW)
    return _best(lambda: [mapper(row) for row in rows]) * 1e3


def _worst(text: str, row: dict[str, object]) -> float:
    def run() -> None:
        compile_expression.cache_clear()
        with suppress(DataPrepError):  # to be refused is an answer
            compile_expression(text).evaluate(row)

    return _best(run) * 1e3


def _line(what: str, measured: float, goal: float, unit: str) -> bool:
    met = measured <= goal
    print(f"  {what:58.58} {measured:8.2f} {unit}  (goal {goal:g}: {'met' if met else 'missed'})")
    return met


if __name__ == "__main__":
    sys.exit(main())
