"""A process that edits a pipeline and is killed while its draft is written: arguments are the home and the moment."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from tests.unit.session.edited_pipeline import edit, ignore, shelf


async def main(home: Path, moment: str) -> None:
    editing = await shelf(home).open("orders", ignore)
    edit(editing, "b")
    edit(editing, "c")
    arrived = False

    def die(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal arrived
        if event == "os.rename" and str(arguments[1]).endswith("orders.toml"):
            arrived = True
            if moment == event:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(die)
    keeping = asyncio.create_task(editing.keep())
    for _ in range(2):
        await asyncio.sleep(0)  # it has taken the document as it is now
    edit(editing, "d")  # so the text that is being written does not say this
    while not arrived:  # noqa: ASYNC110 - busy on purpose: it is to be killed right then
        await asyncio.sleep(0)
    while not (home / "drafts" / "orders.toml").exists():
        pass
    os.kill(os.getpid(), signal.SIGKILL)
    await keeping


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
