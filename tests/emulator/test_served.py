"""The platform on a real port, called with nothing but the standard library, and killed without warning."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SERVE = """
import json, sys
from pathlib import Path
from aeptui.emulator.serve import serve
folder, storage = Path(sys.argv[1]), Path(sys.argv[2])
serve(folder, storage, "127.0.0.1", 0, "demo", 1.0, lambda said: print(json.dumps(said), flush=True))
"""
FS = "/data/foundation/flowservice"
SR = "/data/foundation/schemaregistry"
CAT = "/data/foundation/catalog"
DP = "/data/foundation/conversion"
SFTP = "b7bf2577-4520-42c9-bae9-cad01560f7bc"
MAJOR = "application/vnd.adobe.xed-full+json;version=1"


class Served:
    """A platform in a process of its own."""

    def __init__(self, folder: Path, storage: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(folder), str(storage)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.said: dict[str, str] = json.loads(self.process.stdout.readline())
        form = urllib.parse.urlencode(
            {
                "grant_type": "client_credentials",
                "client_id": self.said["client_id"],
                "client_secret": self.said["client_secret"],
                "scope": "openid",
            }
        )
        with urllib.request.urlopen(f"{self.said['ims_url']}/ims/token/v3", form.encode()) as answer:
            token = json.load(answer)["access_token"]
        self.headers = {
            "Authorization": f"Bearer {token}",
            "x-api-key": self.said["client_id"],
            "x-gw-ims-org-id": self.said["org_id"],
            "x-sandbox-name": self.said["sandbox"],
            "Content-Type": "application/json",
            "Accept": "application/json",
        }

    def call(self, path: str, body: Any = None) -> Any:
        """GET, or POST when there is a body."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.said["url"] + path, data, self.headers)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def flow(self, path: str) -> str:
        """Make everything for a flow that starts at once; its id."""
        query = urllib.parse.quote('name=="Sample SFTP"')
        (base,) = self.call(f"{FS}/connections?property={query}")["items"]
        assert self.call(f"{FS}/connections/{base['id']}/test") == {"result": True}
        assert self.call(f"{FS}/connections/{base['id']}/explore?objectType=root")
        spec = {"id": SFTP, "version": "1.0"}
        source = self.call(
            f"{FS}/sourceConnections",
            {
                "name": "s",
                "baseConnectionId": base["id"],
                "data": {"format": "delimited"},
                "params": {"path": path, "type": "folder"},
                "connectionSpec": spec,
            },
        )
        groups = ("context/profile", "context/profile-person-details")
        parts = [{"$ref": f"https://ns.adobe.com/xdm/{name}"} for name in groups]
        schema = self.call(f"{SR}/tenant/schemas", {"type": "object", "title": "t", "description": "", "allOf": parts})
        reference = {"id": schema["$id"], "contentType": MAJOR}
        (made,) = self.call(f"{CAT}/dataSets", {"name": "d", "schemaRef": reference})
        target = self.call(
            f"{FS}/targetConnections",
            {
                "name": "t",
                "data": {"schema": {"id": schema["$id"], "version": MAJOR}},
                "params": {"dataSetId": made.rpartition("/")[2]},
                "connectionSpec": {"id": "c604ff05-7f1a-43c0-8e18-33bf874cb11c", "version": "1.0"},
            },
        )
        mapping = {"sourceType": "ATTRIBUTE", "source": "first", "destination": "person.name.firstName"}
        body = {"name": "m", "outputSchema": {"schemaRef": reference}, "mappings": [mapping]}
        mapping_set = self.call(f"{DP}/mappingSets", body)
        params = {"mappingId": mapping_set["id"], "mappingVersion": mapping_set["version"]}
        flow = self.call(
            f"{FS}/flows",
            {
                "name": "f",
                "flowSpec": {"id": "9753525b-82c7-4dce-8a9b-5ccfce2b9876", "version": "1.0"},
                "sourceConnectionIds": [source["id"]],
                "targetConnectionIds": [target["id"]],
                "transformations": [{"name": "Mapping", "params": params}],
                "scheduleParams": {"startTime": int(time.time()) + 1, "frequency": "once"},
            },
        )
        return str(flow["id"])

    def runs(self, flow: str) -> list[Any]:
        """The runs of a flow."""
        return list(self.call(f"{FS}/runs?property=flowId=={flow}")["items"])

    def wait(self, flow: str, good: Callable[[Any], bool]) -> Any:
        """The first run, once it is as wanted."""
        pause, end = threading.Event(), time.monotonic() + 40
        while time.monotonic() < end:
            runs = self.runs(flow)
            if runs and good(runs[0]):
                return runs[0]
            pause.wait(0.05)
        raise AssertionError(f"the run did not get there: {self.runs(flow)}")

    def end(self, number: int) -> int:
        """Send a signal, wait for the end."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(15)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


def _status(run: Any) -> str:
    return str(run["metrics"]["statusSummary"]["status"])


@pytest.fixture
def start(tmp_path: Path, storage: Path) -> Iterator[Callable[[], Served]]:
    """Starts platforms on one folder; ends what is left of them."""
    started: list[Served] = []

    def begin() -> Served:
        started.append(Served(tmp_path / "served", storage))
        return started[-1]

    yield begin
    for served in started:
        if served.process.poll() is None:
            served.end(signal.SIGKILL)


def test_urllib_alone_walks_the_whole_chain_and_sigterm_ends_it_cleanly(start: Callable[[], Served]) -> None:
    served = start()
    flow = served.flow("/people/*.csv")
    run = served.wait(flow, lambda run: _status(run) in ("success", "failed"))
    assert _status(run) == "success"
    assert run["metrics"]["recordSummary"]["outputRecordCount"] == 3
    assert served.end(signal.SIGTERM) == 0


def test_a_platform_killed_in_the_middle_of_an_ingest_runs_it_again_without_half_a_batch(
    start: Callable[[], Served], storage: Path, tmp_path: Path
) -> None:
    (storage / "big").mkdir()
    rows = "".join(f"name{number}\n" for number in range(400_000))
    (storage / "big" / "names.csv").write_text("first\n" + rows)
    served = start()
    flow = served.flow("/big/*.csv")
    served.wait(flow, lambda run: _status(run) == "inProgress" and "recordSummary" in run["metrics"])
    served.end(signal.SIGKILL)

    again = start()
    run = again.wait(flow, lambda run: _status(run) in ("success", "failed"))
    assert _status(run) == "success"
    assert len(again.runs(flow)) == 1
    assert run["metrics"]["recordSummary"]["outputRecordCount"] == 400_000
    (batch,) = again.call(f"{CAT}/batches?limit=100").values()
    folders = [path.name for path in (tmp_path / "served" / "datasets").glob("*/*") if not path.name.startswith(".")]
    assert folders == [batch["id"]]


def test_a_second_process_is_told_who_has_the_folder(start: Callable[[], Served], tmp_path: Path) -> None:
    from aeptui.clock import SystemClock, SystemIds
    from aeptui.emulator.platform import LocalPlatform, PlatformBusy

    served = start()
    with pytest.raises(PlatformBusy) as caught:
        LocalPlatform.open(tmp_path / "served", clock=SystemClock(), ids=SystemIds())
    assert caught.value.pid == served.process.pid
    assert (tmp_path / "served").stat().st_mode & 0o777 == 0o700


def test_a_host_that_others_can_reach_is_refused(tmp_path: Path) -> None:
    from aeptui.emulator.serve import NotLoopback, serve

    with pytest.raises(NotLoopback):
        serve(tmp_path, None, "0.0.0.0", 0, "empty", 1.0, lambda said: None)
    assert list(tmp_path.iterdir()) == []
