"""What a static graph cannot see: what is really imported, how large files are, and what no file may hold."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "aeptui").rglob("*.py"))
HEAVY = ("textual", "httpx", "keyring", "jsonschema", "pydantic", "starlette", "pyarrow")


def loaded_by(code: str) -> set[str]:
    """The top-level modules that are loaded after `code` ran in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["executions", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = f"from aeptui.cli.main import cli\ncli.main({arguments!r}, standalone_mode=False)"
    assert not loaded_by(code) & set(HEAVY)


def test_a_headless_run_never_imports_textual() -> None:
    code = "import aeptui.cli.run, aeptui.session, aeptui.chain.engine, aeptui.monitor.watch"
    assert "textual" not in loaded_by(code)


def test_the_app_paints_before_anything_heavy_is_imported() -> None:
    loaded = loaded_by("import aeptui.ui.app")
    assert not loaded & {"httpx", "keyring", "jsonschema", "pydantic", "starlette", "pyarrow"}


def test_a_session_without_the_local_platform_imports_none_of_it() -> None:
    assert not loaded_by("import aeptui.session") & {"starlette", "pyarrow", "textual", "keyring"}


def test_no_file_is_longer_than_400_lines() -> None:
    long = [str(file.relative_to(ROOT)) for file in SOURCES if len(file.read_text("utf-8").splitlines()) > 400]
    assert not long


def test_no_name_says_nothing() -> None:
    refused = [file.name for file in SOURCES if file.stem in {"utils", "util", "helpers", "helper", "misc", "common"}]
    classes = [
        match[0]
        for file in SOURCES
        for match in re.finditer(r"^class \w*(Manager|Helper)\b", file.read_text("utf-8"), re.M)
    ]
    assert refused + classes == []


def test_the_screens_use_no_data_table_and_no_colour_of_their_own() -> None:
    for file in [*SOURCES, *(ROOT / "aeptui").rglob("*.tcss")]:
        text = file.read_text("utf-8")
        assert "DataTable(" not in text, file
        if "ui" in file.parts:
            assert "!important" not in text, file
            assert not re.search(r"(color|background|border)[^;\n]*#[0-9a-fA-F]{3,8}\b", text), file


def test_every_key_of_every_screen_is_explained() -> None:
    import importlib

    from textual.binding import Binding
    from textual.screen import Screen

    silent = []
    for file in (ROOT / "aeptui" / "ui" / "screens").rglob("*.py"):
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        module = importlib.import_module(name.removesuffix(".__init__"))
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, Screen) and kind.__module__ == module.__name__:
                for binding in kind.__dict__.get("BINDINGS", ()):
                    if not isinstance(binding, Binding) or not binding.tooltip:
                        silent.append(f"{kind.__name__}: {binding}")
    assert not silent


def test_no_tracked_file_holds_a_machine_path_or_a_registry_address() -> None:
    needles = [
        "/ho" + "me/ubuntu",
        "/ro" + "ot/.",
        "py" + "pi.org",
        "pythonho" + "sted",
        "/wo" + "rk/main",
        "index-" + "url =",
    ]
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode != 0:
        pytest.skip("not a git checkout")
    found = []
    for name in filter(None, tracked.stdout.split("\0")):
        file = ROOT / name
        if file.is_file() and file.stat().st_size < 2_000_000:
            text = file.read_bytes().decode("utf-8", "ignore")
            found += [f"{name}: {needle}" for needle in needles if needle in text]
    assert not found
