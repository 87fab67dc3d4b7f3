"""A home for each test: a copy of one that the platform has been opened in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.killed.lives import Home, new_home


@pytest.fixture(scope="session")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_home(tmp_path_factory.mktemp("pattern") / "home").folder


@pytest.fixture
def home(tmp_path: Path, pattern: Path) -> Home:
    return new_home(tmp_path / "home", pattern)
