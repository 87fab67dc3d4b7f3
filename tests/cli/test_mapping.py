"""The mapping rows of a pipeline file, out into a table and back, without the screens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import aeptui

SAMPLE = Path(aeptui.__file__).parent / "emulator" / "samples" / "pipelines" / "loyalty.toml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A pipeline file of the user's own, with a comment at a row."""
    made = tmp_path / "loyalty.toml"
    made.write_text(SAMPLE.read_text("utf-8").replace("[[mapping]]", "# mine\n[[mapping]]", 1), "utf-8")
    made.chmod(0o644)
    return made


def mapping(*arguments: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "aeptui", "mapping", *map(str, arguments)]
    return subprocess.run(
        command, env=dict(os.environ), input=given, capture_output=True, text=True, timeout=60, check=False
    )


def test_rows_go_out_and_in_again_and_nothing_changes(file: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.json"
    assert mapping("export", file, "-o", rows).returncode == 0
    assert len(json.loads(rows.read_text("utf-8"))["mappings"]) == 13
    again = mapping("export", file, "-o", rows)
    assert again.returncode == 2
    assert "there already" in again.stderr
    before = file.read_text("utf-8")
    back = mapping("import", file, rows)
    assert (back.returncode, back.stdout) == (0, "")
    assert "13 there already. Nothing was changed." in back.stderr
    assert file.read_text("utf-8") == before


def test_a_table_from_stdin_changes_the_rows_and_keeps_the_comments(file: Path) -> None:
    given = "source,expression,target\r\n,lower(City),homeAddress.city\r\nCity,,person.name.middleName\r\n"
    tried = mapping("import", file, "-", "--dry-run", given=given)
    assert "1 new, 1 replaced, 0 there already. Nothing was changed." in tried.stderr
    done = mapping("import", file, "-", given=given)
    assert done.returncode == 0, done.stderr
    text = file.read_text("utf-8")
    assert 'expression = "lower(City)"\ntarget = "homeAddress.city"' in text
    assert "# mine\n[[mapping]]" in text
    assert file.stat().st_mode & 0o777 == 0o644
    table = mapping("export", file, "--format", "tsv").stdout
    assert table.splitlines()[-1] == "City\t\tperson.name.middleName"


def test_a_pipe_is_not_replaced_by_a_file_and_a_link_stays_one(file: Path, tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe.csv", tmp_path / "link.csv"
    os.mkfifo(pipe)
    refused = mapping("export", file, "-o", pipe, "--force")
    assert (refused.returncode, "It is no file" in refused.stderr) == (2, True)
    assert pipe.is_fifo()
    link.symlink_to("real.csv")
    assert mapping("export", file, "-o", link).returncode == 0
    assert link.is_symlink()
    assert (tmp_path / "real.csv").read_text("utf-8").startswith("source,expression,target")


def test_a_file_keeps_the_line_ends_of_windows(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    done = mapping("import", file, "-", given="source,target\nCity,person.name.middleName\n")
    assert done.returncode == 0, done.stderr
    data = file.read_bytes()
    assert b"person.name.middleName" in data
    assert data.count(b"\n") == data.count(b"\r\n")


def test_lines_that_are_no_mapping_are_said_and_change_nothing_unless_they_are_to_be_skipped(file: Path) -> None:
    given = "source,expression,target\na,,b,c\nCity,,person.name.middleName\nCity,,person.name.middleName\n"
    before = file.read_text("utf-8")
    refused = mapping("import", file, "-", given=given)
    assert refused.returncode == 2
    assert "line 2: It has 4 columns" in refused.stderr
    assert "line 4: left out, the same field is written by line 3" in refused.stderr
    assert file.read_text("utf-8") == before
    assert mapping("import", file, "-", "--skip", given=given).returncode == 0
    assert "person.name.middleName" in file.read_text("utf-8")


def test_a_saved_pipeline_with_edits_that_were_not_saved_is_left_alone(own_home: Path) -> None:
    for folder in ("pipelines", "drafts"):
        (own_home / folder).mkdir()
        (own_home / folder / "loyalty.toml").write_text(SAMPLE.read_text("utf-8"), "utf-8")
    given = "City\tperson.name.middleName"
    refused = mapping("import", "loyalty", "-", given=given)
    assert refused.returncode == 2
    assert "edits that were not saved" in refused.stderr
    (own_home / "drafts" / "loyalty.toml").unlink()
    done = mapping("import", "loyalty", "-", given=given)
    assert done.returncode == 0, done.stderr
