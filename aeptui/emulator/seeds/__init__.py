"""The worlds a platform can start with: `empty`, `demo` (sample files and accounts) and `busy` (years of history).

A world is added to what is there; nothing that is there is changed. What was begun and not finished, because the
process was killed, is finished by the next opening, whatever world that one asks for.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from aeptui.emulator.sandboxes.state import is_active, seed_sandboxes

if TYPE_CHECKING:
    from aeptui.emulator.flow_service.state import FlowService

Seed = Literal["empty", "demo", "busy"]
Progress = Callable[[str], None]
"""Told in words how far the making of a world is; called from the thread that opens the platform."""


def furnish(storage: Path, *, own: bool, seed: Seed) -> None:
    """Make a storage folder that is not there yet, whole or not at all; never touch one that is."""
    if storage.exists():
        return
    draft = storage.with_name(f".{storage.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)  # of a process that was killed here
    draft.mkdir(mode=0o700, parents=True)
    if own and seed != "empty":
        from aeptui.emulator import samples

        samples.install(draft)
    draft.rename(storage)


def plant(service: FlowService, seed: Seed, *, own_storage: bool, progress: Progress) -> None:
    """Write what is missing of a world.

    Args:
        own_storage: Whether the storage is the platform's own folder; a folder that somebody named gets no files.
    """
    store = service.world.store
    with store.transaction():
        seed_sandboxes(service.world)
        if seed != "empty":
            for sandbox in ("prod", "dev"):
                if not is_active(store.get("sandbox", "", sandbox), service.world.time.now_ms()):
                    continue  # deleted by its owner
                service.schemas.seed(sandbox)
                service.seed_demo(sandbox)
    if seed == "busy" or any(not note.get("done") for note in store.list("world", "")):
        from aeptui.emulator.seeds import busy

        busy.plant(service, own_storage=own_storage, progress=progress)
