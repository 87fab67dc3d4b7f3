"""For every test: a home of its own, and names that can be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_LONGEST_NAME = 60


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees, or leaves anything in, the files and variables of whoever runs it."""
    for name in os.environ:
        if name.startswith("AEPTUI_"):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("AEPTUI_HOME", str(home))
    return home


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A short name for a long value; the packed bytes of an archive differ from process to process."""
    if isinstance(val, bytes):
        return f"{argname}-{len(val)}-bytes"
    if isinstance(val, str) and len(val) > _LONGEST_NAME:
        return f"{val[:_LONGEST_NAME]}..."
    return None
