"""The pictures in `screenshots/` are the snapshots: what the screens look like now must be what the pictures show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aeptui.cli.screenshots import SIZES, drawn

PICTURES = Path(__file__).resolve().parents[2] / "screenshots"


def words(svg: str) -> list[str]:
    """The texts with their styles, without the numbers that only tie them together."""
    return re.sub(r"terminal-\d+", "terminal", svg).splitlines()


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "140x40"])
async def test_every_screen_looks_as_its_picture_shows(size: tuple[int, int]) -> None:
    now = await drawn(size)
    different = []
    for name, svg in now.items():
        picture = PICTURES / f"{name}-{size[0]}x{size[1]}.svg"
        if not picture.exists() or words(picture.read_text("utf-8")) != words(svg):
            different.append(picture.name)
    assert not different, "look at these screens; when they are right, `make screenshots` draws them anew"
    kept = {picture.name for picture in PICTURES.glob(f"*-{size[0]}x{size[1]}.svg")}
    assert kept == {f"{name}-{size[0]}x{size[1]}.svg" for name in now}
