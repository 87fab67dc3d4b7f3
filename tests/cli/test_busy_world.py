"""The world `busy` in its full size, made and served by the command line."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.served import Served

FS = "/data/foundation/flowservice"
SR = "/data/foundation/schemaregistry"
CAT = "/data/foundation/catalog"


@contextmanager
def serving(home: Path, *options: str) -> Iterator[Served]:
    """`aeptui local serve` on the data folder of that home, until the end of the block."""
    command = [sys.executable, "-m", "aeptui", "local", "serve", *options]
    environment = {**os.environ, "AEPTUI_HOME": str(home)}
    with (
        (home / "stderr").open("w") as talk,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=talk, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            yield Served(json.loads(process.stdout.readline()), process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def _runs(served: Served, query: str) -> Any:
    return served.call("GET", f"{FS}/runs?{query}")


@pytest.mark.timeout(900)
def test_the_busy_world_is_served_in_full_and_every_run_is_paged_through_while_others_are_made(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    with serving(tmp_path, "--seed", "busy") as served:
        assert "Making the world" in (tmp_path / "stderr").read_text()
        assert served.call("GET", f"{FS}/flows?count=true") == {"count": 1_200}
        assert _runs(served, "count=true")["count"] >= 60_000
        short = "application/vnd.adobe.xed-id+json"
        schemas = served.call("GET", f"{SR}/tenant/schemas", accept=short)["results"]
        assert len(schemas) == 300
        (wide,) = [schema["meta:altId"] for schema in schemas if schema["title"] == "Customer 360"]
        full = served.call("GET", f"{SR}/tenant/schemas/{wide}", accept="application/vnd.adobe.xed-full+json;version=1")
        assert json.dumps(full).count('"meta:xdmType"') > 3_000
        datasets: set[str] = set()
        for start in range(0, 500, 100):
            datasets |= set(served.call("GET", f"{CAT}/dataSets?limit=100&start={start}&orderBy=asc:created"))
        assert len(datasets) == 400

    with serving(tmp_path) as served:  # as whoever opens the folder later, without asking for that world
        (base,) = served.call("GET", f"{FS}/connections?limit=1")["items"]
        folder = f"{FS}/connections/{base['id']}/explore?objectType=folder&object=/exports/clickstream"
        assert len(served.call("GET", folder)) == 50_000
        once = "property=state==enabled&property=scheduleParams.frequency==once&limit=1"
        (flow,) = served.call("GET", f"{FS}/flows?{once}")["items"]
        before, seen, path = _runs(served, "count=true")["count"], [], "/runs?limit=1000&orderby=-createdAt"
        while path:
            answer = served.call("GET", f"{FS}{path}")
            seen += [run["id"] for run in answer["items"]]
            now = max(run["createdAt"] for run in answer["items"]) // 1000
            params = {"startTime": now, "windowStartTime": now - 60, "windowEndTime": now}
            if len(seen) % 10_000 == 0:
                served.call("POST", f"{FS}/runs", {"flowId": flow["id"], "params": params})
            path = answer["_links"].get("next", {}).get("href", "")
        assert len(seen) == len(set(seen))
        assert before <= len(seen) <= before + 50
