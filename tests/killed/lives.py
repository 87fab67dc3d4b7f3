"""Commands of aeptui, each in a process of its own that can be killed: at an exact moment, or at any.

The processes are forked from an interpreter that has everything imported, so a life costs what the command does.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from aeptui.chain.replay import ExecutionRecord, read_execution
from aeptui.chain.step import USUAL_STEPS, StepName
from aeptui.clock import SystemClock
from aeptui.ids import ExecutionId
from tests.crash.victim import until
from tests.crash.wholeness import documents

KILLED: Final = -signal.SIGKILL
PATIENCE_S: Final = 100.0
STEPS: Final[tuple[StepName, ...]] = (
    "base_connection",
    "source_connection",
    "field_group",
    "schema",
    "dataset",
    "target_connection",
    "mapping_set",
    "flow",
)
"""Those that create something; two do for a pipeline that declares all there is: an account, and fields of its own."""
ROUTES: Final[Mapping[StepName, str]] = {
    "base_connection": "/connections",
    "source_connection": "/sourceConnections",
    "field_group": "/tenant/fieldgroups",
    "schema": "/tenant/schemas",
    "dataset": "/dataSets",
    "target_connection": "/targetConnections",
    "mapping_set": "/mappingSets",
    "flow": "/flows",
}
KINDS: Final[Mapping[StepName, tuple[str, str, str]]] = {
    "base_connection": ("connections", "id", "name"),
    "source_connection": ("sourceConnections", "id", "name"),
    "field_group": ("xdm:fieldgroups", "$id", "title"),
    "schema": ("xdm:schemas", "$id", "title"),
    "dataset": ("dataset", "_id", "name"),
    "target_connection": ("targetConnections", "id", "name"),
    "mapping_set": ("mapping_set", "id", "name"),
    "flow": ("flows", "id", "name"),
}
"""In the platform's database: the kind, and where its documents have their id and their name."""
NOTHING: Final[Mapping[StepName, list[str]]] = {step: [] for step in STEPS}

_warm: Final = multiprocessing.get_context("forkserver")
_warm.set_forkserver_preload(["tests.killed.warm"])


class Moment(NamedTuple):
    """When a process kills itself."""

    when: Literal["sending", "answered", "noting"]
    """Before a request leaves; when it was carried out, unheard; before its outcome is in the journal."""
    method: Literal["POST", "DELETE"]
    step: StepName


class Setting(NamedTuple):
    """What is special about a process."""

    moment: Moment | None = None
    begins: Literal["command", "checking", "writing"] = "command"
    """When it counts as begun, and its age counts from: when it is about to check its pipeline, or has opened a
    journal to write it."""
    stops: bool = False
    """It stops where it has begun, until it is told to go on."""
    clock_s: float = 0.0
    """How far its clock is ahead."""
    environment: Mapping[str, str] = {}
    faults: Sequence[Mapping[str, Any]] = ()
    """Of the line to its own local platform."""


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    """Negative: by that signal."""
    said: str
    took_s: float


def small(name: str, *, at_once: bool = False, whole: bool = False) -> str:
    """A pipeline of 50 rows.

    Args:
        at_once: Its run is; otherwise in a far year.
        whole: It makes its own base connection, and a field group of its own.
    """
    base = _ACCOUNT.format(name=name) if whole else '[source]\nbase_connection = "Sample SFTP"'
    start = "" if at_once else "start = 2099-01-01T00:00:00Z\n"
    return f"""version = 1
name = "{name}"
{base}
path = "/small/rows.csv"
type = "file"
format = "delimited"
column_delimiter = ","
[schema]
title = "{name}"
class = "https://ns.adobe.com/xdm/context/profile"
field_groups = ["https://ns.adobe.com/xdm/context/profile-person-details"]
{_FIELDS if whole else ""}[dataset]
name = "{name}"
[[mapping]]
source = "id"
target = "personID"
[[mapping]]
source = "first"
target = "person.name.firstName"
[schedule]
frequency = "once"
{start}"""


SMALL_ROWS: Final = 50
_ACCOUNT: Final = """[base_connection]
name = "{name} (account)"
connector = "SFTP"
auth = "Basic Authentication for sftp"
[base_connection.params]
host = "sftp.example.com"
userName = "aep"
port = 22
password = {{ secret = "partner" }}
[source]"""


_FIELDS: Final = """[[schema.field]]
path = "_acme.nick"
type = "string"
"""


@dataclass(frozen=True)
class Home:
    """A folder with everything of one user: platform, journals, pipelines."""

    folder: Path

    @property
    def data(self) -> Path:
        """Of the local platform."""
        return self.folder / "local"

    @property
    def journals(self) -> Path:
        return self.folder / "executions"

    def pipeline(self, name: str, **kind: bool) -> str:
        """The path of a small pipeline of that name."""
        file = self.folder / f"{name.replace(' ', '-')}.toml"
        file.write_text(small(name, **kind), "utf-8")
        return str(file)

    def records(self, name: str) -> list[ExecutionRecord]:
        """The executions of a pipeline, newest first."""
        mark = f'"pipeline": "{name}"'.encode()
        files = sorted(self.journals.glob("*.jsonl"), reverse=True)
        return [read_execution(self.journals, ExecutionId(file.stem)) for file in files if mark in file.read_bytes()]

    def exist(self, name: str) -> dict[StepName, list[str]]:
        """The ids of what there is of a pipeline, as the platform's database has it."""
        found: dict[StepName, list[str]] = {}
        for step, (kind, key, title) in KINDS.items():
            named = (name, *(f"{name} ({what})" for what in ("account", "source", "target")), f"{name} fields")
            found[step] = [
                document[key]
                for document in documents(self.data, kind)
                if document[title] in named or document[title].startswith(f"{name} aeptui:")
            ]
        return found

    def exists_once(self, name: str) -> None:
        """Of a pipeline that was run once: one of everything, in the platform and in the journal, and the same ones."""
        (record,) = self.records(name)
        assert record.status == "succeeded", record.error
        assert self.exist(name) == {step: [record.ids[step]] if step in record.ids else [] for step in STEPS}, name
        assert record.ids.keys() >= set(USUAL_STEPS), record.ids

    def runs(self, flow: str) -> list[dict[str, Any]]:
        """The runs of a dataflow that took files."""
        return [run for run in documents(self.data, "runs") if run["flowId"] == flow]

    def begin(self, *arguments: str, **setting: Any) -> Life:
        """Begin a command, in a setting of these words."""
        return Life(self, arguments, Setting(**setting))

    def aeptui(self, *arguments: str, **setting: Any) -> Ended:
        """A command, to its end."""
        return self.begin(*arguments, **setting).ended()


class Life:
    """A command that is running."""

    def __init__(self, home: Home, arguments: tuple[str, ...], setting: Setting) -> None:
        self._log = home.folder / f"said-{time.monotonic_ns()}.txt"
        ours, theirs = _warm.Pipe(duplex=False)
        given = (str(home.folder), arguments, str(self._log), setting, theirs)
        self._process = _warm.Process(target=_live, args=given)
        self._process.start()
        theirs.close()
        assert ours.poll(PATIENCE_S), "no process begins"
        with contextlib.suppress(EOFError):  # it ended before
            ours.recv()
        ours.close()
        self._begun = time.monotonic()

    def go_on(self) -> None:
        """Let it go on that has stopped where it began."""
        stat = Path(f"/proc/{self._process.pid}/stat")
        until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T" or None, "it stops")
        os.kill(self._process.pid or 0, signal.SIGCONT)

    def killed_after(self, seconds: float) -> Ended:
        """Kill it as `kill -9` does when it is so old; it may have ended before."""
        wait([self._process.sentinel], seconds)
        self._process.kill()
        return self.ended()

    def ended(self) -> Ended:
        """Wait for its end."""
        self._process.join(PATIENCE_S)
        took = time.monotonic() - self._begun
        code = self._process.exitcode
        if code is None:
            self._process.kill()
        assert code is not None, f"it does not end: {self._log.read_text('utf-8')}"
        self._process.close()
        return Ended(code, self._log.read_text("utf-8"), took)


def new_home(folder: Path, pattern: Path | None = None) -> Home:
    """A home with a platform in it and a small file; a copy of another one when there is one already."""
    if pattern is not None:
        shutil.copytree(pattern, folder)
        return Home(folder)
    folder.mkdir()
    home = Home(folder)
    made = home.aeptui("flows", "--profile", "local")  # puts the sample files there
    assert made.code == 0, made.said
    rows = home.data / "storage" / "small" / "rows.csv"
    rows.parent.mkdir()
    rows.write_text("id,first\n" + "".join(f"{n},Name {n}\n" for n in range(SMALL_ROWS)), "utf-8")
    return home


def _live(home: str, arguments: tuple[str, ...], log: str, setting: Setting, begun: Connection) -> None:
    """In the new process: the command, as its `main` does it."""
    from aeptui.chain import engine
    from aeptui.cli.main import main

    os.environ.update({"AEPTUI_SECRET_PARTNER": "of the partner", **setting.environment, "AEPTUI_HOME": home})
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
    # This platform's lists do not lag, so nobody has to wait for them.
    engine._LOOK_UP_WAITS_S = (0.0, 0.01)  # type: ignore[assignment]
    if setting.moment is not None:
        _arm(setting.moment)
    if setting.clock_s:
        SystemClock.now = lambda self: datetime.now(UTC) + timedelta(seconds=setting.clock_s)  # type: ignore[method-assign]
    sys.argv = ["aeptui", *arguments]
    if setting.faults:
        _break_the_line(setting.faults)
    _tell_of_the_beginning(setting, begun)
    main()


def _break_the_line(faults: Sequence[Mapping[str, Any]]) -> None:
    from aeptui.emulator.faults import FaultPlan
    from aeptui.emulator.platform import LocalPlatform

    LocalPlatform.open = partial(LocalPlatform.open, faults=FaultPlan.of(faults))  # type: ignore[method-assign]


def _tell_of_the_beginning(setting: Setting, begun: Connection) -> None:
    from aeptui.chain.journal import Journal
    from aeptui.session.executions import Executions

    def told() -> None:
        if not begun.closed:
            begun.send(None)
            begun.close()
            if setting.stops:
                os.kill(os.getpid(), signal.SIGSTOP)

    checked, opened = Executions._checked_run, Journal.__init__

    async def checking(*given: Any, **more: Any) -> Any:
        told()
        return await checked(*given, **more)

    def writing(self: Journal, path: Path, descriptor: int) -> None:
        opened(self, path, descriptor)
        told()

    if setting.begins == "checking":
        Executions._checked_run = checking  # type: ignore[method-assign]
    elif setting.begins == "writing":
        Journal.__init__ = writing  # type: ignore[method-assign]
    else:
        told()


def _arm(moment: Moment) -> None:
    """Have this process killed at its moment."""
    import httpx

    from aeptui.api.armour import GuardedTransport
    from aeptui.chain.journal import Journal

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    whole, append = GuardedTransport.handle_async_request, Journal.append
    route = ROUTES[moment.step]

    async def handled(self: GuardedTransport, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        its = path.endswith(route) if moment.method == "POST" else f"{route}/" in path
        strikes = request.method == moment.method and its
        if strikes and moment.when == "sending":
            die()
        response = await whole(self, request)
        if strikes and moment.when == "answered":
            die()
        return response

    def noted(self: Journal, entry: Mapping[str, Any], **how: bool) -> None:
        outcome = "step_succeeded" if moment.method == "POST" else "step_undone"
        if moment.when == "noting" and (entry.get("event"), entry.get("step")) == (outcome, moment.step):
            die()
        append(self, entry, **how)

    GuardedTransport.handle_async_request = handled  # type: ignore[method-assign]
    Journal.append = noted  # type: ignore[method-assign]
