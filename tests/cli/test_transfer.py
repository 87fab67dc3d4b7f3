"""A dataflow becomes a pipeline file again, says where it drifted, and can be made anew in another sandbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.served import Served, add_profile, served

__all__ = ["served"]
SAMPLES = {
    "loyalty": "Loyalty members",
    "orders": "Orders",
    "products": "Products",
    "visits": "Web visits",
}


def aeptui(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "aeptui", *arguments]
    variables = {**os.environ, "AEPTUI_HOME": str(home), **environment}
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=110, check=False)


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_file_of_a_dataflow_does_not_differ_from_it(tmp_path: Path, sample: str) -> None:
    ran = aeptui(tmp_path, "run", sample, "--no-watch", "--json")
    assert ran.returncode == 0, ran.stderr
    flow = json.loads(ran.stdout.splitlines()[-1])["ids"]["flow"]
    file = tmp_path / "live.toml"
    assert aeptui(tmp_path, "export", flow, "-o", str(file)).returncode == 0
    for compared in (str(file), sample):
        told = aeptui(tmp_path, "diff", compared, "--flow", flow, "--json")
        assert (told.returncode, told.stdout) == (0, ""), told.stdout + told.stderr


def test_a_drift_is_told_field_by_field(tmp_path: Path) -> None:
    assert aeptui(tmp_path, "run", "loyalty", "--no-watch").returncode == 0
    text = (tmp_path / "pipelines" / "loyalty.toml").read_text("utf-8")
    text = text.replace("/loyalty/members/*.tsv", "/loyalty/members/2026*.tsv")
    text = text.replace('target = "person.name.lastName"', 'target = "person.name.middleName"')
    text = text.replace("partial_ingestion_percent = 5", "partial_ingestion_percent = 7")
    file = tmp_path / "changed.toml"
    file.write_text(text, "utf-8")
    told = aeptui(tmp_path, "diff", str(file), "--json")
    assert told.returncode == 7, told.stderr
    found = {one["where"]: (one["file"], one["live"]) for one in map(json.loads, told.stdout.splitlines())}
    assert found == {
        "[source] path": ("/loyalty/members/2026*.tsv", "/loyalty/members/*.tsv"),
        "mapping person.name.middleName": ("LastName", None),
        "mapping person.name.lastName": (None, "LastName"),
        "[options] partial_ingestion_percent": ("7", "5"),
    }


def test_the_exported_file_makes_an_equal_dataflow_in_another_sandbox(tmp_path: Path, served: Served) -> None:
    home = tmp_path / "operator"
    add_profile(home, served.facts, "first")
    second = {**served.facts, "sandbox": "dev"}
    text = (home / "config.toml").read_text("utf-8")
    add_profile(home, second, "second")
    (home / "config.toml").write_text(text + (home / "config.toml").read_text("utf-8"), "utf-8")
    secret = {"AEPTUI_CLIENT_SECRET": served.facts["client_secret"]}
    sample = Path(__file__).parents[2] / "aeptui/emulator/samples/pipelines/loyalty.toml"

    def call(*arguments: str) -> Any:
        done = aeptui(home, *arguments, **secret)
        assert done.returncode == 0, done.stderr
        return done

    call("run", str(sample), "--no-watch", "--profile", "first", "--yes-production", "prod")
    call("export", "Loyalty members", "--profile", "first", "-o", str(tmp_path / "live.toml"))
    call("run", str(tmp_path / "live.toml"), "--no-watch", "--profile", "second")
    call("diff", str(tmp_path / "live.toml"), "--profile", "second")
    again = call("export", "Loyalty members", "--profile", "second").stdout
    assert again.splitlines()[1:] == (tmp_path / "live.toml").read_text("utf-8").splitlines()[1:]


def test_a_file_that_is_there_is_not_replaced_unless_that_is_said(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("precious", "utf-8")
    told = aeptui(tmp_path, "export", "20261123-140512-3fa9", "-o", str(file))
    assert told.returncode == 2
    assert "there already" in told.stderr
    assert file.read_text("utf-8") == "precious"


def test_an_execution_is_exported_as_it_was_run(tmp_path: Path) -> None:
    ran = aeptui(tmp_path, "run", "loyalty", "--no-watch", "--json")
    execution = json.loads(ran.stdout.splitlines()[-1])["execution"]
    told = aeptui(tmp_path, "export", execution)
    assert told.stdout == (tmp_path / "pipelines" / "loyalty.toml").read_text("utf-8")
