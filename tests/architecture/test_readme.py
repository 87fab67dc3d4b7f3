"""What the README says can be done can be done."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = sorted(set(re.findall(r"(?:^|`)aeptui ((?:profiles \w+|local \w+|[a-z][a-z-]+))(?= |`|$)", README, re.M)))


def aeptui(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "aeptui", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_its_pipeline_can_be_planned_as_it_stands(tmp_path: Path) -> None:
    (text,) = (block for block in re.findall(r"```toml\n(.*?)```", README, re.S) if "[source]" in block)
    file = tmp_path / "visits.toml"
    file.write_text(text, "utf-8")
    done = aeptui("plan", str(file), "--profile", "local")
    assert done.returncode == 0, done.stderr
    assert "/sourceConnections" in done.stdout


def test_its_commands_exist() -> None:
    assert {"run", "plan", "executions", "profiles add", "local serve"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_of_its_commands_has_help(command: str) -> None:
    done = aeptui(*command.split(), "--help")
    assert done.returncode == 0, done.stderr


def test_its_make_targets_and_files_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"(?:^|`)make (\w+)", README, re.M)):
        assert f"\n{target}:" in makefile, target
    for link in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / link).exists(), link


def test_it_lists_every_exit_code() -> None:
    from aeptui.errors import ExitCode

    assert {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.M)} == {int(code) for code in ExitCode}
