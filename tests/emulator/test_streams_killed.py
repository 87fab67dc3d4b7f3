"""Streams of a served platform that is killed without warning: every record is in the dataset once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

FS, SR, CAT, DP = (f"/data/foundation/{name}" for name in ("flowservice", "schemaregistry", "catalog", "conversion"))
MAJOR = "application/vnd.adobe.xed-full+json;version=1"
KINESIS = {"id": "86043421-563b-46ec-8e6c-e23184711bf6", "version": "1.0"}
LAKE = {"id": "c604ff05-7f1a-43c0-8e18-33bf874cb11c", "version": "1.0"}
STREAM_FLOW = {"id": "d69717ba-71b4-4313-b654-49f9cf126d7a", "version": "1.0"}
SPEED = "100"
PATIENCE_S = 60


def wait_for(condition: Callable[[], Any]) -> Any:
    """Wait for a condition of another process."""
    end = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.002)
    return found


class Platform:
    """`aeptui local serve` over one data folder, and the storage that it reads."""

    def __init__(self, folder: Path) -> None:
        self.data, self.storage = folder / "data", folder / "storage"
        self.storage.mkdir()
        self._environment = {**os.environ, "AEPTUI_HOME": str(folder / "home")}
        self._process: subprocess.Popen[str] | None = None
        self._url = ""
        self._headers: dict[str, str] = {}

    def start(self) -> None:
        command = [sys.executable, "-m", "aeptui", "local", "serve", "--data", str(self.data), "--speed", SPEED]
        command += ["--storage", str(self.storage)]
        self._process = subprocess.Popen(
            command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        said = json.loads(self._process.stdout.readline())
        self._url = said["url"]
        form = {name: said[name] for name in ("client_id", "client_secret")} | {"grant_type": "client_credentials"}
        data = urllib.parse.urlencode({**form, "scope": "openid"}).encode()
        with urllib.request.urlopen(f"{said['ims_url']}/ims/token/v3", data) as answer:
            token = json.load(answer)["access_token"]
        self._headers = {
            "Authorization": f"Bearer {token}",
            "x-api-key": said["client_id"],
            "x-gw-ims-org-id": said["org_id"],
            "x-sandbox-name": said["sandbox"],
            "Content-Type": "application/json",
        }

    def kill(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
            self._process = None

    def call(self, path: str, body: Any = None) -> Any:
        """GET, or POST when there is a body."""
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self._url + path, data, self._headers)) as answer:
            return json.load(answer)

    def stream_flow(self) -> str:
        """A flow that reads the stream `events`; its dataset's id."""
        auth = {"accessKeyId": "a", "secretKey": "s", "region": "eu-west-1"}
        base = {
            "name": "kinesis",
            "auth": {"specName": "Aws Kinesis authentication credentials", "params": auth},
            "connectionSpec": KINESIS,
        }
        source = {
            "name": "events",
            "baseConnectionId": self.call(f"{FS}/connections", base)["id"],
            "data": {"format": "json"},
            "params": {"stream": "events", "dataType": "raw"},
            "connectionSpec": KINESIS,
        }
        parts = [{"$ref": f"https://ns.adobe.com/xdm/context/{name}"} for name in ("profile", "profile-person-details")]
        schema = self.call(f"{SR}/tenant/schemas", {"type": "object", "title": "t", "description": "", "allOf": parts})
        reference = {"id": schema["$id"], "contentType": MAJOR}
        (made,) = self.call(f"{CAT}/dataSets", {"name": "d", "schemaRef": reference})
        dataset = str(made.rpartition("/")[2])
        target = {
            "name": "lake",
            "data": {"schema": {"id": schema["$id"], "version": MAJOR}},
            "params": {"dataSetId": dataset},
            "connectionSpec": LAKE,
        }
        mapping = {"sourceType": "ATTRIBUTE", "source": "first", "destination": "person.name.firstName"}
        body = {"name": "m", "outputSchema": {"schemaRef": reference}, "mappings": [mapping]}
        params = {"mappingId": self.call(f"{DP}/mappingSets", body)["id"], "mappingVersion": 0}
        flow = {
            "name": "events",
            "flowSpec": STREAM_FLOW,
            "sourceConnectionIds": [self.call(f"{FS}/sourceConnections", source)["id"]],
            "targetConnectionIds": [self.call(f"{FS}/targetConnections", target)["id"]],
            "transformations": [{"name": "Mapping", "params": params}],
        }
        self.call(f"{FS}/flows", flow)
        return dataset

    def batches(self, dataset: str) -> list[dict[str, Any]]:
        return list(self.call(f"{CAT}/batches?dataSet={dataset}&limit=100").values())


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    made = Platform(tmp_path)
    yield made
    made.kill()


def test_a_killed_platform_takes_each_record_once(platform: Platform) -> None:
    platform.start()
    dataset = platform.stream_flow()
    stream = platform.storage / "streams" / "events"
    stream.mkdir(parents=True)
    file = stream / "a.jsonl"
    home, jobs = platform.data / "datasets" / dataset, platform.data / "jobs"
    written, owed = 0, ""

    def append(count: int, *, whole: bool = False) -> None:
        """Records, the last of them cut off unless said otherwise; the next call writes its end."""
        nonlocal written, owed
        text = owed + "".join(f'{{"first": "r{number}"}}\n' for number in range(written, written + count))
        cut = len(text) if whole else len(text) - 7
        written, owed = written + count, text[cut:]
        with file.open("a") as opened:
            opened.write(text[:cut])

    def published(before: int) -> bool:
        return home.is_dir() and len(list(home.iterdir())) > before

    moments: list[Callable[[int], bool]] = [
        lambda _before: bool(list(jobs.glob("*"))),  # the process is being started
        lambda _before: bool(list(jobs.glob("*/.batch*"))),  # it is writing
        lambda _before: bool(list(jobs.glob("*/batch"))),  # it is done
        published,  # the folder is in its place, the batch is perhaps not recorded
        lambda before: len(platform.batches(dataset)) > before,
        lambda _before: True,
    ]

    def kill_at(moment: Callable[[int], bool]) -> None:
        before = len(list(home.iterdir())) if home.is_dir() else 0
        append(500)
        wait_for(lambda: moment(before))
        platform.kill()

    for turn, moment in enumerate(moments):
        kill_at(moment)
        if turn % 3 == 0:
            append(10, whole=True)
            file.rename(file.with_name(f"a.jsonl.{turn}"))
        platform.start()
    append(0, whole=True)

    def count() -> int:
        return sum(batch["recordCount"] for batch in platform.batches(dataset))

    wait_for(lambda: count() >= written)
    batches = platform.batches(dataset)
    rows = [
        row["person"]["name"]["firstName"]
        for batch in batches
        for part in (home / batch["id"]).glob("*.parquet")
        for row in pq.read_table(part).to_pylist()
    ]
    assert sorted(rows) == sorted(f"r{number}" for number in range(written))
    assert sum(batch["failedRecordCount"] for batch in batches) == 0
    assert {folder.name for folder in home.iterdir()} == {batch["id"] for batch in batches}
