"""A pipeline with many mistakes says all of them at once, and sends nothing that creates anything."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

SEVEN_MISTAKES = """\
version = 1
name = "Wrong in seven ways"

[source]
base_connection = "Sample SFTTP"
path = "/loyalty/members/*.tsv"
type = "folder"
fromat = "delimited"
column_delimiter = "\\t"

[schema]
title = "Wrong"
class = "https://ns.adobe.com/xdm/context/profile"
field_groups = ["https://ns.adobe.com/xdm/context/profile-person-details"]

[dataset]
name = "Wrong"

[[mapping]]
source = "FirstName"
target = "person.name.frstName"

[[mapping]]
expression = "concat(FirstName, "
target = "person.name.fullName"

[[mapping]]
source = "LastName"
expression = "upper(LastName)"
target = "person.name.lastName"

[schedule]
frequency = "minute"
interval = 5

[options]
partial_ingestion_percent = 500
"""
LINES = {5, 8, 21, 24, 29, 34, 37}


def test_seven_mistakes_are_told_at_once_with_line_and_fix_and_nothing_is_sent(tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(SEVEN_MISTAKES, "utf-8")
    environment = {**os.environ, "AEPTUI_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "aeptui", "run", str(file)]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 2, done.stderr
    told = {int(number) for number in re.findall(r"^\s+line (\d+):", done.stderr, re.MULTILINE)}
    assert told == LINES, done.stderr
    assert not list((tmp_path / "home" / "executions").glob("*"))
    flows = subprocess.run(
        [sys.executable, "-m", "aeptui", "flows", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert flows.stdout == ""

    machine = subprocess.run([*command, "--json"], env=environment, capture_output=True, text=True, check=False)
    (refused,) = [json.loads(line) for line in machine.stdout.splitlines()]
    assert refused["event"] == "refused"
    assert all(problem["fix"] for problem in refused["problems"])
