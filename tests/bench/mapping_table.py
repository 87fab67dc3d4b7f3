"""What the mapping section costs with 10,000 rows, beside what it costs with 50: CPU and bytes, key by key, in a pty.

Both sides are the real program on the local platform: the same schema of 3,000 fields, made through the platform's own
API, the same file of 500 columns, and a saved pipeline that differs in nothing but the number of its rows. The runs
alternate. What a key costs is counted until the program rests again, so work that it leaves for later counts as well.
Where every row has to be looked at once, that is told beside the figure that has a goal: the first one, until the
screen stands.
"""

from __future__ import annotations

import asyncio
import importlib.util
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from aeptui.api.client import AepClient  # noqa: E402
from aeptui.api.http import Endpoints  # noqa: E402
from aeptui.api.request_log import RequestLog  # noqa: E402
from aeptui.chain.document import pipeline_to_toml  # noqa: E402
from aeptui.chain.pipeline import DatasetChoice, MappingRow, Pipeline, Schedule, SchemaChoice, Source  # noqa: E402
from aeptui.clock import SystemClock, SystemIds  # noqa: E402
from aeptui.config import Paths, local_profile  # noqa: E402
from aeptui.credentials import Secret  # noqa: E402
from aeptui.emulator.platform import LocalPlatform  # noqa: E402
from aeptui.models.schemas import FieldGroupCreate  # noqa: E402
from aeptui.session.schemas import Schemas  # noqa: E402

FEW, MANY = 50, 10_000
ROUNDS = 3
GOAL = 1.5
PROFILE = "https://ns.adobe.com/xdm/context/profile"
GROUPS, LEAVES, COLUMNS = 270, 10, 500
"""Arrays of objects under the tenant, leaves in each of them, and columns of the file."""
ANSWER_S, QUIET_S = 0.4, 0.06
"""A key is waited for so long, and after it for such a spell without output."""
REST_S, REST_CPU_S = 0.3, 0.006
"""It rests when it computed no more than this in that time."""


# The world


def leaf(number: int) -> str:
    """The name of a leaf of every object."""
    return f"attribute{number}"


def field_group(tenant: str) -> FieldGroupCreate:
    """Arrays of objects: 3,000 paths, and many more targets."""
    kinds = ({"type": "string"}, {"type": "integer"}, {"type": "number"}, {"type": "boolean"}, {"type": "string"})
    item = {"type": "object", "properties": {leaf(at): kinds[at % len(kinds)] for at in range(LEAVES)}}
    arrays = {f"group{at:03}": {"type": "array", "items": item} for at in range(GROUPS)}
    return FieldGroupCreate.of("Wide", [PROFILE], tenant, arrays)


def rows(count: int, tenant: str) -> Iterator[MappingRow]:
    """So many rows: each fifth is calculated, and ten of the first fifty aim at no field."""
    for at in range(count):
        group, number = divmod(at, LEAVES)
        target = f"_{tenant}.group{group % GROUPS:03}[{group // GROUPS}].{leaf(number)}"
        if at < FEW and at % 5 == 2:
            target = target.replace("attribute", "atribute")
        column = f"column_{at % COLUMNS:03}"
        kind = number % 5
        if kind == 4:
            yield MappingRow(expression=f'concat(upper({column}), "-{at}")', target=target)
        else:
            yield MappingRow(source=column, target=target)


def file_text() -> str:
    """A file whose values fit the types of the fields."""
    values = ("some text", "17", "2.5", "true", "more text")
    names = "\t".join(f"column_{at:03}" for at in range(COLUMNS))
    line = "\t".join(values[at % 5] for at in range(COLUMNS))
    return "\n".join([names, *([line] * 60), ""])


async def make_home(home: Path, count: int) -> int:
    """A home with the local platform, the schema's parts, the file and one saved pipeline; answers its fields."""
    clock, ids, profile = SystemClock(), SystemIds(), local_profile()
    paths = Paths.from_environment({"AEPTUI_HOME": str(home)})
    platform = LocalPlatform.open(paths.local, clock=clock, ids=ids)
    endpoints = Endpoints(
        platform_url=profile.platform_url,
        ims_url=profile.ims_url,
        client_id=platform.client_id,
        org_id=platform.org_id,
        sandbox=platform.sandbox,
        scopes=profile.scopes,
    )
    secret = Secret(platform.client_secret)
    client = AepClient(endpoints, secret, asgi_app=platform.app, request_log=RequestLog(), clock=clock, ids=ids)
    try:
        tenant = (await client.registry.stats()).tenant_id
        group = await client.field_groups.create(field_group(tenant))
        schema = SchemaChoice.model_validate({"title": "Wide", "class": PROFILE, "field_groups": (group.id,)})
        fields = await Schemas(client).fields(schema)
    finally:
        await client.aclose()
        await platform.close()
    folder = paths.local / "storage" / "wide"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "wide.tsv").write_text(file_text(), "utf-8")
    pipeline = Pipeline(
        name="Wide",
        source=Source(base_connection="Sample SFTP", path="/wide/wide.tsv", type="file", column_delimiter="\t"),
        schema=schema,
        dataset=DatasetChoice(name="Wide"),
        mapping=tuple(rows(count, tenant)),
        schedule=Schedule(frequency="once"),
    )
    paths.pipelines.mkdir(parents=True, exist_ok=True)
    (paths.pipelines / "wide.toml").write_text(pipeline_to_toml(pipeline), "utf-8")
    return len(fields)


# The hands


@dataclass
class Cost:
    """What one step cost in one run."""

    cpu_ms: float
    bytes: float


@dataclass
class Hands:
    """One run of the program in a pty, and what its steps cost."""

    bench: Any
    session: Any
    costs: dict[str, Cost] = field(default_factory=dict)
    unbounded: set[str] = field(default_factory=set)
    """Steps that look at every row once, and have no goal."""

    def until(self, wanted: str, what: str) -> tuple[float, int]:
        """CPU seconds and bytes so far, when a text is on the screen."""
        deadline, cpu = time.monotonic() + 60, -1
        while not self.session.terminal.contains(wanted):
            chunk = self.session.receive(deadline)
            if chunk is None:
                shown = "\n".join(self.session.terminal.screen.display)
                raise TimeoutError(f"{what}: {wanted!r} did not come\n{shown}")
            cpu = chunk.cpu_ns
        return self.session.cpu_s(cpu), self.session.bytes

    def rest(self) -> tuple[float, int]:
        """CPU seconds and bytes so far, when nothing is being done any more."""
        deadline = time.monotonic() + 120
        used = self.session.cpu_s()
        while time.monotonic() < deadline:
            pause = time.monotonic() + REST_S
            while self.session.receive(pause) is not None:
                pass
            before, used = used, self.session.cpu_s()
            if used - before < REST_CPU_S:
                return used, self.session.bytes
        raise TimeoutError("it does not come to rest")

    def press(self, keys: str, label: str, *, wanted: str = "", looks_at_all: bool = False) -> None:
        """Press keys, each when the one before is shown, and note the cost of one.

        Args:
            label: Empty: it is a way to somewhere, and not noted.
            wanted: What stands on the screen then; there is a figure of its own until it does.
            looks_at_all: It is for looking at every row that one presses it.
        """
        self.rest()
        presses = self.bench.parse_keys(keys, self.session.terminal.application_cursor)
        cpu, sent = self.session.cpu_s(), self.session.bytes
        for key in presses:
            self._press(key)
        stands = self.until(wanted, label) if wanted else None
        rests = self.rest()
        if stands is not None and not looks_at_all:
            self._note(f"{label}, until it stands", cpu, sent, stands, len(presses))
        if stands is not None or looks_at_all:
            self.unbounded.add(label)
        self._note(label, cpu, sent, rests, len(presses))

    def _press(self, key: bytes) -> None:
        """One key, until what comes of it at once is shown; a key that changes nothing shows nothing."""
        sent = self.session.send(key)
        until = sent + ANSWER_S
        while (chunk := self.session.receive(until)) is not None:
            until = max(until if chunk.at < sent else 0.0, chunk.at + QUIET_S)

    def _note(self, label: str, cpu: float, sent: int, now: tuple[float, int], shares: int) -> None:
        if label:
            self.costs[label] = Cost((now[0] - cpu) * 1000 / shares, (now[1] - sent) / shares)


def journey(bench: Any, home: Path) -> Hands:
    """Open a pipeline's mapping, and do everything one does there."""
    command = [sys.executable, "-m", "aeptui", "demo"]
    environment = {"AEPTUI_HOME": str(home), "PYTHONPATH": str(ROOT)}
    session = bench.Session(
        command, 80, 24, term="xterm-256color", colorterm="truecolor", env=environment, cwd=None,
        rtt_ms=0, kbit=0, sync=True,
    )  # fmt: skip
    hands = Hands(bench, session)
    try:
        hands.until("wide", "the list of pipelines")
        hands.press("<enter>", "open the pipeline", wanted="Review")
        for _ in range(5):
            if session.terminal.contains("Source or expression"):
                break
            hands.press("[", "open the section")
        hands.press("<down><up>" * 10, "move")
        hands.press("<down>*11", "")
        hands.press("<down>*20", "move, scrolling")
        hands.press("g", "")
        hands.press("<pgdn><pgdn><pgdn><pgup><pgup><pgup>" * 4, "page")
        hands.press("G", "to the end")
        hands.press("g", "to the top")
        hands.press("/", "open the filter")
        hands.press("column_0", "filter, a letter")
        hands.press("<esc>", "show all again")
        for label in ("show the unmapped", "show the calculated", "show all rows"):
            if label == "show the unmapped":
                hands.press("f", "show the problems", wanted="problems: ", looks_at_all=True)
                hands.press("J", "to the next problem")
            hands.press("f", label)
        hands.press("<enter>", "open a row")
        hands.press("99<bs><bs>", "type in the form")
        hands.press("<enter>", "next line")
        hands.press("<bs>", "type in the target")
        hands.press("<esc>", "change a row")
        hands.press("u", "undo")
        for label in ("sort by the source", "sort the other way", "sort by the target"):
            hands.press("s", label, looks_at_all=True)
    finally:
        session.close()
    return hands


def main(tool: Path) -> int:
    """Measure and print; 1 when a goal is missed."""
    bench = _tool(tool)
    runs: dict[int, list[Hands]] = {FEW: [], MANY: []}
    fields = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS):
            for count, of_count in runs.items():
                home = Path(folder) / f"{count}-{number}"
                fields = asyncio.run(make_home(home, count))
                of_count.append(journey(bench, home))
    return tell(runs, fields)


def tell(runs: dict[int, list[Hands]], fields: int) -> int:
    """Print the figures and their ratios."""
    print(f"the mapping section, {FEW} and {MANY:,} rows beside {fields:,} fields, 80x24, one key of each kind;")
    print(f"  the least CPU and the median of bytes of {len(runs[FEW])} runs (goal: at most {GOAL} times as much):")
    print(f"  {'':34}{'CPU ms':>16}{'ratio':>7}{'bytes':>16}{'ratio':>7}")
    missed = 0
    for label in runs[FEW][0].costs:
        few, many = (
            Cost(
                min(run.costs[label].cpu_ms for run in runs[count]),
                statistics.median(run.costs[label].bytes for run in runs[count]),
            )
            for count in (FEW, MANY)
        )
        cpu, sent = many.cpu_ms / max(few.cpu_ms, 0.1), many.bytes / max(few.bytes, 1)
        word = "met" if cpu <= GOAL and sent <= GOAL else "missed"
        if label in runs[FEW][0].unbounded:
            word = "no goal: every row is looked at once"
        missed += word == "missed"
        figures = f"{few.cpu_ms:8.1f}{many.cpu_ms:8.1f}{cpu:7.2f}{few.bytes:8.0f}{many.bytes:8.0f}{sent:7.2f}"
        print(f"  {label:34}{figures}  {word}")
    return 1 if missed else 0


def _tool(path: Path) -> Any:
    """ttybench as a module."""
    spec = importlib.util.spec_from_file_location("ttybench", path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = sys.modules["ttybench"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    from bench import TOOL

    sys.exit(main(TOOL))
