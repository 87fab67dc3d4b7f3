"""The layers hold, and the contracts notice when they do not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHECK = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"


def checked(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the package in `folder`, and on no other."""
    return subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = [{str(folder)!r}, *{_packages()!r}]; {CHECK}"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def _packages() -> list[str]:
    return [path for path in sys.path if path.endswith("site-packages")]


def copy_of_package(folder: Path) -> Path:
    shutil.copytree(ROOT / "aeptui", folder / "aeptui", ignore=shutil.ignore_patterns("__pycache__", "storage"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_contracts_hold(tmp_path: Path) -> None:
    done = checked(copy_of_package(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


VIOLATIONS = {
    "a lower layer imports a higher one": ("aeptui/models/base.py", "import aeptui.api.client", "Layers"),
    "a widget imports a screen": ("aeptui/ui/widgets/cells.py", "import aeptui.ui.screens.base", "Inside ui"),
    "a screen does I/O": ("aeptui/ui/screens/flows.py", "import aeptui.api.client", "Screens and widgets"),
    "the chain knows Textual": ("aeptui/chain/plan.py", "import textual", "Nothing below ui"),
    "the monitor speaks HTTP": ("aeptui/monitor/watch.py", "import httpx", "Only api"),
    "the emulator shares our models": ("aeptui/emulator/store.py", "import aeptui.models.base", "The emulator"),
    "the language needs a library": ("aeptui/dataprep/values.py", "import pydantic", "The mapping language"),
    "a package nobody planned": ("aeptui/extras/__init__.py", "", "Layers"),
}


@pytest.mark.parametrize("violation", VIOLATIONS)
def test_a_planted_violation_breaks_its_contract(tmp_path: Path, violation: str) -> None:
    name, line, contract = VIOLATIONS[violation]
    file = copy_of_package(tmp_path) / name
    file.parent.mkdir(exist_ok=True)
    text = file.read_text("utf-8") if file.exists() else ""
    file.write_text(f"{text}\n{line}\n", "utf-8")

    done = checked(tmp_path)

    assert done.returncode != 0, done.stdout
    broken = [row for row in done.stdout.splitlines() if row.rstrip().endswith("BROKEN")]
    assert any(row.startswith(contract) for row in broken) or contract in done.stdout + done.stderr
