"""After a run: every row of the files is accounted for, and what is empty is counted where the rows are now."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_transfer import aeptui
from tests.served import Served, add_profile, served

__all__ = ["served"]

WITHOUT_PYARROW = "import sys; sys.modules['pyarrow'] = None; from aeptui.cli.main import main; main()"


def ran(home: Path, *pipeline: str) -> dict[str, Any]:
    """The last event of a run."""
    told: dict[str, Any] = json.loads(aeptui(home, "run", *pipeline, "--json").stdout.splitlines()[-1])
    return told


@pytest.fixture(scope="module")
def loyalty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home in which that sample was run, and its execution."""
    home = tmp_path_factory.mktemp("home")
    return home, ran(home, "loyalty")["execution"]


def test_rows_add_up_and_refused_ones_are_in_their_files(loyalty: tuple[Path, str]) -> None:
    told = aeptui(loyalty[0], "reconcile", loyalty[1], "--json")
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert (found["rows"], found["ingested"], found["rejected"], found["skipped"]) == (12_000, 11_993, 7, 0)
    assert (found["verdict"], found["findings"]) == ("adds up", [])
    files = {one["path"]: one for one in found["files"]}
    folder = loyalty[0] / "local" / "storage"
    assert {path: one["size"] for path, one in files.items()} == {
        f"/{file.relative_to(folder)}": file.stat().st_size for file in (folder / "loyalty/members").glob("*.tsv")
    }
    lines = aeptui(loyalty[0], "failed-rows", found["run_id"]).stdout.splitlines()
    refused = [json.loads(line)["file"] for line in lines]
    assert {path: one["rejected"] for path, one in files.items()} == {path: refused.count(path) for path in files}
    # Of one file among several the platform tells no row count, and none is made up.
    assert {one["rows"] for one in files.values()} == {None}
    assert "not of each" in found["notes"][0]


def test_empty_fields_are_those_of_the_files(loyalty: tuple[Path, str]) -> None:
    found = json.loads(aeptui(loyalty[0], "reconcile", loyalty[1], "--json").stdout)
    assert found["rows_looked_at"] == 11_993
    rows = []
    for file in (loyalty[0] / "local/storage/loyalty/members").glob("*.tsv"):
        text = file.read_text("utf-8", errors="replace")
        rows += list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert found["empty_fields"]["person.name.lastName"] == sum(not row["LastName"] for row in rows)
    assert found["empty_fields"]["personID"] == 0


def test_a_table_for_people_and_markdown_for_the_ticket(loyalty: tuple[Path, str], tmp_path: Path) -> None:
    table = aeptui(loyalty[0], "reconcile", loyalty[1]).stdout
    assert table.startswith("Every row is accounted for: 12,000 in the files.\n")
    assert "all files        12,000    11,993         7        0" in table
    file = tmp_path / "ticket.md"
    assert aeptui(loyalty[0], "reconcile", loyalty[1], "--markdown", "-o", str(file)).returncode == 0
    text = file.read_text("utf-8")
    assert "| all files | 12,000 | 11,993 | 7 | 0 |" in text
    assert "- Dataflow: Loyalty members `" in text
    refused = aeptui(loyalty[0], "reconcile", loyalty[1], "--markdown", "-o", str(file))
    assert refused.returncode == 2
    assert "there already" in refused.stderr
    assert file.read_text("utf-8") == text


def test_a_run_that_kept_nothing_does_not_pass_for_one_that_adds_up(loyalty: tuple[Path, str], tmp_path: Path) -> None:
    text = (loyalty[0] / "pipelines/loyalty.toml").read_text("utf-8")
    strict = tmp_path / "strict.toml"
    strict.write_text(text.replace("partial_ingestion_percent = 5", ""), "utf-8")
    run = ran(tmp_path, str(strict))["flow_run"]["id"]
    told = aeptui(tmp_path, "reconcile", run, "-p", "local")
    assert told.returncode == 7, told.stdout + told.stderr
    assert "The run failed and kept nothing: of 12,000 rows in the files" in told.stdout


def test_what_is_no_run_and_no_execution_says_so(tmp_path: Path) -> None:
    told = aeptui(tmp_path, "reconcile", "nonsense", "-p", "local")
    assert told.returncode == 2
    assert "There is no flow run 'nonsense'" in told.stderr
    told = aeptui(tmp_path, "reconcile", "20261123-140512-3fa9")
    assert told.returncode == 2
    assert "There is no execution" in told.stderr


def test_without_pyarrow_the_rows_are_added_up_and_the_empty_fields_left_out(tmp_path: Path, served: Served) -> None:
    home = tmp_path / "operator"
    add_profile(home, served.facts)
    sample = Path(__file__).parents[2] / "aeptui/emulator/samples/pipelines/products.toml"
    secret = {"AEPTUI_CLIENT_SECRET": served.facts["client_secret"]}
    done = aeptui(home, "run", str(sample), "-p", "remote", "--yes-production", "prod", "--json", **secret)
    execution = json.loads(done.stdout.splitlines()[-1])["execution"]
    told = subprocess.run(
        [sys.executable, "-c", WITHOUT_PYARROW, "reconcile", execution],
        env={**os.environ, "AEPTUI_HOME": str(home), **secret},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("Every row is accounted for")
    assert "needs pyarrow, which comes with aeptui[local]" in told.stdout
    assert "Target field" not in told.stdout
