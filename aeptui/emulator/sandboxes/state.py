"""The sandboxes of the platform's world, and what happens to all that is in one when it is reset or deleted.

A new sandbox is empty, and `creating` for a moment of the platform's time. Which of them a credential may use is not
modelled: the platform's only credential may use, and administer, all of them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from aeptui.emulator.errors import ServiceError, problem
from aeptui.emulator.world import CLIENT_ID, World, sandbox_id

Document = dict[str, Any]

TYPES: Final = {"production": "Production", "development": "Development"}
READY_AFTER_MS: Final = 2_000
"""How long a new sandbox is `creating`; the real one takes some minutes (ours)."""
_SEED: Final = (("prod", "Production", "production", True), ("dev", "Development", "development", False))
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,253}[a-z0-9])?")
_HIDDEN: Final = "_readyAt"


def refused(code: int, message: str, status: int = 400) -> ServiceError:
    """A sandbox error. Only the grammar of its codes is documented, so their numbers are ours."""
    return problem("SMS", code, message, status)


def is_active(document: Document | None, now_ms: int) -> bool:
    """Whether a sandbox may be used."""
    return document is not None and _state(document, now_ms) == "active"


def _state(document: Document, now_ms: int) -> str:
    if document["state"] == "creating" and now_ms >= int(document.get(_HIDDEN, 0)):
        return "active"
    return str(document["state"])


def seed_sandboxes(world: World) -> None:
    """Write `prod`, the default, and `dev`; one that is there, or was deleted, stays as it is."""
    for name, title, kind, default in _SEED:
        if world.store.get("sandbox", "", name) is None:
            body = _described(name, title, kind, "2026-01-05 09:00:00", default=default)
            world.store.put("sandbox", "", name, {**body, "state": "active"})


def _described(name: str, title: str, kind: str, moment: str, *, default: bool = False) -> Document:
    return {
        "name": name,
        "title": title,
        "state": "creating",
        "type": kind,
        "region": "VA7",
        "isDefault": default,
        "eTag": 1,
        "createdDate": moment,
        "lastModifiedDate": moment,
        "createdBy": CLIENT_ID,
        "modifiedBy": CLIENT_ID,
        "id": sandbox_id(name),
    }


class Sandboxes:
    """All sandboxes of the organisation.

    Args:
        forget: Told the name of a sandbox whose content is gone.
    """

    def __init__(self, world: World, forget: Callable[[str], None]) -> None:
        self._world = world
        self._forget = forget

    def all(self) -> list[Document]:
        """Every sandbox, in every state."""
        return [self._shown(document) for document in self._world.store.list("sandbox", "")]

    def get(self, name: str) -> Document:
        """One sandbox. Raises ServiceError 404."""
        found = self._world.store.get("sandbox", "", name)
        if found is None:
            raise refused(2001, f"The sandbox {name} was not found.", 404)
        return self._shown(found)

    def create(self, body: Document) -> Document:
        """Make an empty sandbox. The name of a deleted one may be used again (inferred)."""
        name, title, kind = body.get("name"), body.get("title"), body.get("type")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise refused(3002, "The name must have lower-case letters, digits and hyphens only.")
        self._check_title(title)
        if not isinstance(kind, str) or kind not in TYPES:
            raise refused(3002, f"The type must be {' or '.join(TYPES)}.")
        known = self._world.store.get("sandbox", "", name)
        if known is not None and known["state"] != "deleted":
            raise refused(3003, f"The sandbox {name} exists already.", 409)
        ready: Document = {_HIDDEN: self._world.time.now_ms() + READY_AFTER_MS}
        document = {**_described(name, str(title), kind, self._moment()), **ready}
        self._put(document)
        return self._shown(document)

    def rename(self, name: str, body: Document) -> Document:
        """PATCH: a new title; nothing else can be changed."""
        known = self._usable(name)
        if set(body) != {"title"}:
            raise refused(3002, "Only the title of a sandbox can be changed.")
        self._check_title(body["title"])
        return self._changed(known, title=body["title"])

    def reset(self, name: str, body: Document) -> Document:
        """PUT: remove everything that is in a sandbox."""
        if body.get("action") != "reset":
            raise refused(3002, "The action must be reset.")
        changed = self._emptied(self._usable(name), state="active")
        return {**changed, "state": "resetting"}

    def delete(self, name: str) -> Document:
        """Remove a sandbox and everything that is in it; it is still listed, as deleted."""
        return self._emptied(self._usable(name), state="deleted")

    def _usable(self, name: str) -> Document:
        self.get(name)
        known = self._world.store.get("sandbox", "", name) or {}
        if not is_active(known, self._world.time.now_ms()):
            raise refused(3004, f"The sandbox {name} is not active.")
        return known

    def _emptied(self, known: Document, *, state: str) -> Document:
        """A sandbox without its content. The default one stays as it is: its reset is refused here too (inferred)."""
        name = str(known["name"])
        if known["isDefault"]:
            raise refused(3005, "The default sandbox cannot be reset or deleted.", 403)
        store = self._world.store
        runs = store.list("runs", name)
        if any(run["metrics"]["statusSummary"]["status"] == "inProgress" for run in runs):
            raise refused(3006, f"A flow run of the sandbox {name} is in progress.", 409)
        datasets = [dataset["_id"] for dataset in store.list("dataset", name)]
        with store.transaction():
            for flow in store.list("flows", name):
                store.forget_files(flow["id"])
            store.clear(name)
            changed = self._changed(known, state=state)
        for dataset in datasets:
            shutil.rmtree(self._world.dataset_folder(dataset), ignore_errors=True)
        self._forget(name)
        return changed

    def _changed(self, known: Document, **changes: object) -> Document:
        document = {**known, "eTag": known["eTag"] + 1, "lastModifiedDate": self._moment(), **changes}
        self._put(document)
        return self._shown(document)

    def _put(self, document: Document) -> None:
        self._world.store.put("sandbox", "", str(document["name"]), document)

    def _shown(self, document: Document) -> Document:
        state = _state(document, self._world.time.now_ms())
        return {**{key: value for key, value in document.items() if key != _HIDDEN}, "state": state}

    def _moment(self) -> str:
        return datetime.fromtimestamp(self._world.time.now(), UTC).strftime("%Y-%m-%d %H:%M:%S")

    @staticmethod
    def _check_title(title: object) -> None:
        if not isinstance(title, str) or not title.strip():
            raise refused(3002, "The title is missing.")
