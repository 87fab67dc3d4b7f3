"""Which operations of Adobe's published files the local platform serves, asked of a running one.

`python -m tests.emulator.routes_table` writes `aeptui/emulator/ROUTES.md` anew.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
from starlette.routing import BaseRoute, Mount, Route, compile_path

from aeptui.clock import ManualClock, SeededIds
from aeptui.emulator import unserved
from aeptui.emulator.platform import LocalPlatform
from tests.unit.api.published import Operation, operations

FILE: Final = Path(unserved.__file__).with_name("ROUTES.md")
_TITLES: Final = {
    "flow-service": "Flow Service",
    "schema-registry": "Schema Registry",
    "catalog": "Catalog",
    "data-prep": "Data Prep",
    "data-access": "Data Access",
    "sandbox": "Sandboxes",
}
_HEAD: Final = """# What the local platform serves

Written by `python -m tests.emulator.routes_table`; a test keeps it true. Each operation of the six OpenAPI files that
Adobe publishes is asked of a running platform; one that is not served answers 501 with the reason given here
(`unserved.py`).
"""


class Row(NamedTuple):
    """One operation. `why` is empty when it is served."""

    operation: Operation
    served: bool
    why: str


async def rows(client: httpx.AsyncClient) -> list[Row]:
    """All operations, in the order of the files. The client is logged in."""
    found = [await _asked(client, one) for one in operations()]
    titles = list(_TITLES)
    return sorted(found, key=lambda row: (titles.index(row.operation.file), row.operation.template))


def _path(operation: Operation) -> str:
    """A path that is one of the operation's, of nothing that exists."""
    filled = re.sub(r"\{[^}]*\}", lambda found: "tenant" if "CONTAINER" in found[0] else "none", operation.template)
    return (operation.base_url + filled).rstrip("/")


async def _asked(client: httpx.AsyncClient, operation: Operation) -> Row:
    body: Any = {} if operation.method in ("POST", "PUT", "PATCH") else None
    answer = await client.request(operation.method, _path(operation), json=body)
    if answer.status_code not in (405, 501):
        return Row(operation, True, "")
    _, _, why = str(answer.json().get("detail", "")).partition(": ")
    return Row(operation, False, why.removesuffix("."))


def _routes(found: Iterable[BaseRoute], prefix: str = "") -> Iterator[tuple[str, Route]]:
    for route in found:
        if isinstance(route, Mount):
            yield from _routes(route.routes, prefix + route.path)
        elif isinstance(route, Route):
            yield prefix + route.path, route


def reasons(app: Any) -> dict[str, str]:
    """The rows of `unserved.py`: `METHOD path` -> why."""
    every = _routes(app.services.routes)
    return {
        f"{method} {path}": route.why
        for path, route in every
        if isinstance(route, unserved.Unserved)
        for method in sorted((route.methods or set()) - {"HEAD"})
    }


def others(app: Any) -> list[str]:
    """`METHOD path` of what is served and in none of the files."""
    published = [(one.method, _path(one)) for one in operations()]
    found = {
        f"{method} {path}"
        for path, route in _routes(app.services.routes)
        for method in (route.methods or set()) - {"HEAD"}
        if not isinstance(route, unserved.Unserved)
        and not any(method == one and compile_path(path)[0].match(place) for one, place in published)
    }
    return sorted(found, key=lambda text: text.split(" ")[::-1])


def markdown(found: list[Row], more: list[str]) -> str:
    """The text of the file."""
    parts = [_HEAD]
    for file, title in _TITLES.items():
        here = [row for row in found if row.operation.file == file]
        served = sum(row.served for row in here)
        base = here[0].operation.base_url
        parts.append(
            f"\n## {title}: {served} of {len(here)}\n\nBelow `{base}`.\n\n| method | path | served |\n|---|---|---|\n"
        )
        for row in here:
            said = "yes" if row.served else f"no: {row.why}"
            parts.append(f"| {row.operation.method} | `{row.operation.template}` | {said} |\n")
    parts.append(
        "\n## In none of the files\n\nServed all the same: documented elsewhere, or used by other clients.\n\n"
    )
    parts += [f"- `{text}`\n" for text in more]
    return "".join(parts)


async def _write() -> None:
    from tests.emulator.conftest import Caller

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        platform = LocalPlatform.open(place / "local", place / "files", clock=ManualClock(), ids=SeededIds())
        caller = await Caller(platform).log_in()
        FILE.write_text(markdown(await rows(caller.http), others(platform.app)), encoding="utf-8")
        await caller.http.aclose()
        await platform.close()


if __name__ == "__main__":
    asyncio.run(_write())
