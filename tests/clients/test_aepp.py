"""aepp, the community client, against a served platform: what its own methods make and read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.served import Served, served

WALK = Path(__file__).with_name("aepp_walk.py")


def _walk(facts: dict[str, str], home: Path) -> dict[str, Any]:
    """What aepp saw; its log files, if any, stay in the test's folder."""
    done = subprocess.run(
        [sys.executable, str(WALK), json.dumps(facts)],
        cwd=home,
        env={**os.environ, "MPLCONFIGDIR": str(home)},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    *talk, last = done.stdout.splitlines()
    assert talk == [], "aepp prints what it did not expect"
    seen: dict[str, Any] = json.loads(last)
    return seen


def test_aepp_makes_a_whole_dataflow_and_pages_through_250_of_them(served: Served, tmp_path: Path) -> None:
    seen = _walk(served.facts, tmp_path)

    assert seen["connection specs"]["sftp"] == "b7bf2577-4520-42c9-bae9-cad01560f7bc"
    assert len(seen["connection specs"]) >= 14
    assert (seen["sandboxes"], seen["tenant"]) == (["prod", "dev"], "acme")
    assert seen["connection test"] == {"result": True}
    assert len(seen["connections 3 at a time"]) == len(set(seen["connections 3 at a time"])) > 3
    assert seen["connections counted"] == len(seen["connections 3 at a time"])

    assert {"loyalty", "web"} <= {one["name"] for one in seen["landing zone"]}
    assert seen["landing zone file"]["properties"]["columnDelimiter"] == "\t"
    assert "FirstName" in seen["landing zone file"]["data"][0]

    assert seen["schema"]["$id"] in seen["schemas"]
    for form in ("schema in full", "schema in full by altId"):
        assert seen[form]["$id"] == seen["schema"]["$id"]
        assert "allOf" not in seen[form]
        assert "firstName" in json.dumps(seen[form]["properties"]["person"])
    ((_, dataset),) = seen["dataset"].items()
    assert dataset["schemaRef"]["id"] == seen["schema"]["$id"]
    assert [rule["destination"] for rule in seen["mapping rules"]] == ["person.name.firstName", "person.name.lastName"]
    assert seen["functions"] > 80

    assert len(set(seen["made"])) == 250
    for limit in (100, 7):
        listed = seen[f"listed {limit} at a time"]
        assert len(listed) == 250, "a page was lost or came twice"
        assert sorted(listed) == sorted(seen["made"])
    assert seen["renamed"] == "aepp flow, renamed"
    assert (seen["stopped"], seen["state"]) == (seen["made"][1], "disabled")
    assert seen["deleted"] == 204

    (run,) = seen["runs"]
    assert seen["run"] == [run]
    assert run["metrics"]["statusSummary"]["status"] == "success"
    records = run["metrics"]["recordSummary"]
    assert records["inputRecordCount"] == records["outputRecordCount"] + records["failedRecordCount"] > 1_000
    ((_, batch),) = seen["batch"].items()
    assert batch["status"] == "success"
    assert sum(int(file["records"]) for file in seen["batch files"]) == records["outputRecordCount"]


__all__ = ["served"]
