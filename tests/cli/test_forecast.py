"""The forecast from the command line: counts, reasons and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_transfer import aeptui
from tests.served import Served, add_profile, served

__all__ = ["served"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def test_losses_are_told_with_values_and_places_and_end_with_7(home: Path) -> None:
    done = aeptui(home, "forecast", "loyalty")
    assert done.returncode == 7, done.stderr
    first, *table = done.stdout.splitlines()
    assert first == ("/loyalty/members/*.tsv: 12,000 rows of 3 files: 11,993 whole, 0 with nulls, 7 rejected")
    line = next(line for line in table if line.startswith("person.birthDate"))
    assert line.split("  ")[-1] == "BirthDate"
    assert "1 x '31/02/1990'" in line
    assert "/loyalty/members/2026-11-01.tsv, line 2,467" in line
    assert "No mapping's fault: 1 x expected 11 columns, found 9 and 3 others" in done.stdout


def test_nothing_lost_ends_with_0(home: Path) -> None:
    done = aeptui(home, "forecast", "products")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "500 rows of 1 file: 500 whole, 0 with nulls, 0 rejected" in done.stdout


def test_a_file_without_the_columns_is_not_told_to_be_whole_and_no_more(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "other.tsv"
    file.write_text("Member\tFirstName\nM1\tAda\n")
    done = aeptui(home, "forecast", "loyalty", "--input", str(file))
    assert "1 row of 1 file: 1 whole" in done.stdout
    assert "Null in every row: personID, person.name.lastName, person.birthDate and " in done.stdout
    assert "missing from the input, or empty throughout" in done.stdout


def test_as_json_the_last_line_holds_all_of_it(home: Path) -> None:
    done = aeptui(home, "forecast", "loyalty", "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert {event["event"] for event in events[:-1]} <= {"forecast_progress"}
    last = events[-1]
    assert (last["event"], last["rows"], last["whole"], last["rejected"]) == ("forecast_finished", 12_000, 11_993, 7)
    assert last["would_fail"] is False
    born = next(row for row in last["mappings"] if row["target"] == "person.birthDate")
    assert (born["source"], born["rejected"]["count"]) == ("BirthDate", 1)
    assert born["rejected"]["values"][0]["value"] == "'31/02/1990'"
    assert sum(count for _, count, _ in last["codes"]) == 7


def test_with_another_profile_a_local_file_is_run_and_only_the_schema_is_asked_for(
    served: Served, home: Path, tmp_path: Path
) -> None:
    add_profile(home, served.facts)
    secret = served.facts["client_secret"]
    refused = aeptui(home, "forecast", "loyalty", "--profile", "remote", AEPTUI_CLIENT_SECRET=secret)
    assert (refused.returncode, "--input" in refused.stderr) == (2, True)
    own = tmp_path / "own.tsv"
    own.write_text("MemberId\tFirstName\tBirthDate\nM1\tAda\t1815-12-10\nM2\tBo\tsoon\n")
    asked = ("--profile", "remote", "--input", str(own))
    done = aeptui(home, "forecast", "loyalty", *asked, AEPTUI_CLIENT_SECRET=secret)
    assert done.returncode == 7, done.stderr
    assert f"{own}: 2 rows of 1 file: 1 whole, 0 with nulls, 1 rejected" in done.stdout


def test_a_file_that_is_not_there_is_said(home: Path, tmp_path: Path) -> None:
    done = aeptui(home, "forecast", "loyalty", "--profile", "local", "--input", str(tmp_path / "none.tsv"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "none.tsv cannot be read: No such file or directory" in done.stderr
