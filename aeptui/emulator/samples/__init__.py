"""The sample storage and the pipelines that read it. `generate` made the files; this only hands them out."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

_HERE = Path(__file__).parent


def install(storage: Path) -> None:
    """Copy the sample files into a storage folder.

    A file that is already there is kept as it is: it may be the user's own. Each copy appears whole or not at all.
    """
    source = _HERE / "storage"
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        target = storage / file.relative_to(source)
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".sample-", dir=target.parent)
        os.close(handle)
        copy = Path(name)
        try:
            shutil.copyfile(file, copy)
            copy.chmod(0o644)
            copy.replace(target)
        finally:
            with contextlib.suppress(FileNotFoundError):
                copy.unlink()


def sample_pipelines() -> dict[str, str]:
    """The ready pipelines: name -> the text of its TOML file."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((_HERE / "pipelines").glob("*.toml"))}
