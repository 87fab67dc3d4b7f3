"""Prints what a user over SSH feels: start-up beside a bare Textual app, and bytes and time of a cursor step.

Before it, how fast the mapping language is (`language.py`), how fast the local platform ingests (`ingestion.py`),
how it bears its largest world (`busy_world.py`), and how long a chain takes on a slow line (`chain.py`).

At last what the mapping section costs with 10,000 rows beside 50 (`mapping_table.py`).

Both sides run in turn and only their ratio is read; bytes are exact. Needs `shared/tools/ttybench.py` beside the
repository and `pyte`; says so and exits 0 when they are absent, for a measurement that cannot be made is not a failure.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import busy_world  # this folder is on the path: it is where this script is
import chain
import ingestion
import language
import mapping_table

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TOOL = ROOT.parent / "shared" / "tools" / "ttybench.py"

RATIO_GOAL = 1.4
STEP_GOALS = {"cursor down": (400, 5.0), "cursor down, scrolling": (4000, 8.0)}
"""Bytes, and ms at the 95th percentile."""


def main(rounds: int = 5) -> int:
    """Measure and print; 1 when a goal is missed, but for start-up and the largest world: those are judged by eye."""
    missed = language.main() | ingestion.main() | chain.main()
    busy_world.busy_world()
    if not TOOL.exists():
        print("bench: ../shared/tools/ttybench.py is not here, so nothing in a terminal is measured.")
        return missed
    with tempfile.TemporaryDirectory() as home:
        os.environ["AEPTUI_HOME"] = home
        start_up(rounds)
        return cursor_steps() | mapping_table.main(TOOL) | missed


def start_up(rounds: int) -> None:
    """CPU until the first frame of `aeptui` and of a bare Textual app, alternating."""
    hello = [sys.executable, str(HERE / "hello_demo.py")]
    ours = [sys.executable, "-m", "aeptui"]
    seconds: dict[str, list[float]] = {"hello": [], "aeptui": []}
    for number in range(rounds + 1):
        for name, ready, command in (("hello", "ready to go", hello), ("aeptui", "aeptui", ours)):
            run = measure(["--ready", ready], command)
            if run is None:
                print(f"bench: {' '.join(command[1:])} did not get ready.")
                return
            if number:  # the first round warms the file cache
                seconds[name].append(float(run["start"]["ready_cpu_s"]))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    ratio = medians["aeptui"] / medians["hello"]
    print(f"start-up CPU to first frame, medians of {rounds} alternating runs:")
    print(f"  bare Textual  {medians['hello'] * 1000:6.0f} ms")
    goal = f"(goal {RATIO_GOAL}: {_met(ratio <= RATIO_GOAL)})"
    print(f"  aeptui        {medians['aeptui'] * 1000:6.0f} ms   ratio {ratio:.2f}  {goal}")


def cursor_steps() -> int:
    """Bytes and time per cursor-down in 100,000 rows at 80x24."""
    scenario = {
        "ready": "flow name 3",
        "step": [
            {"label": "cursor down", "send": "<down>", "repeat": 20},
            {"label": "to the bottom", "send": "<down>", "repeat": 2, "measure": False},
            {"label": "cursor down, scrolling", "send": "<down>", "repeat": 60},
        ],
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(scenario, file)
        file.flush()
        run = measure(["--scenario", file.name], [sys.executable, str(HERE / "grid_demo.py")])
    if run is None:
        print("bench: the grid demo did not get ready.")
        return 1
    missed = 0
    print("a cursor step in 100,000 rows, 80x24:")
    for label, (most_bytes, most_ms) in STEP_GOALS.items():
        step = run["steps"][label]
        sent, late = step["bytes"]["p95"], step["settled_ms"]["p95"]
        missed += sent > most_bytes
        print(f"  {label:24} {sent:6.0f} bytes (goal {most_bytes}: {_met(sent <= most_bytes)})   "
              f"p95 {late:5.1f} ms (goal {most_ms:g}: {_met(late <= most_ms)})")  # fmt: skip
    return 1 if missed else 0


def measure(options: list[str], command: list[str]) -> dict[str, Any] | None:
    """One run of ttybench; None when the program did not get ready."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(TOOL), "--size", "80x24", "--json", "-", *options, "--", *command],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    try:
        run: dict[str, Any] = json.loads(done.stdout)["sides"][0]["runs"][0]
    except (ValueError, LookupError):
        print(done.stderr.strip()[-500:])
        return None
    return run if done.returncode == 0 else None


def _met(reached: bool) -> str:
    return "met" if reached else "missed"


if __name__ == "__main__":
    sys.exit(main())
