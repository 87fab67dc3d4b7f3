"""A small file system that can be full, or not be written."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


class Disk:
    """A small file system of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.filler = folder / "filler"

    def mount(self, options: str) -> None:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder)], capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip(f"no file system can be mounted here: {done.stderr.decode().strip()}")

    def fill(self, leave: int = 0) -> None:
        """Take all the space there is, but for so many bytes."""
        with self.filler.open("ab", buffering=0) as stream:
            free = shutil.disk_usage(self.folder).free - leave
            try:
                os.posix_fallocate(stream.fileno(), 0, stream.tell() + max(free, 1))
            except OSError:
                pytest.skip("the file system cannot be filled")

    def free(self) -> None:
        """Give the space back."""
        self.filler.unlink(missing_ok=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("mounting a small file system is root's business")
    folder = tmp_path / "disk"
    folder.mkdir()
    made = Disk(folder)
    made.mount("size=12m")
    yield made
    subprocess.run(["umount", "--lazy", str(folder)], check=False)
