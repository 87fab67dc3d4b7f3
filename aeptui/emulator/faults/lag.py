"""Eventual consistency: what was created, changed or deleted is not seen so for some reads of its collection.

A read is a list, whatever its filter, or with `get` the resource itself; the later pages of a list are part of it.
What lags: everything a POST makes; changes and deletions in Flow Service, Catalog and Data Prep. Not changes in the
Schema Registry: what it shows depends on the Accept header of a read that has not come yet. A deleted resource is at
the end of the lists it still fits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from starlette.types import ASGIApp, Scope

from aeptui.emulator.faults.answers import Held, asked
from aeptui.emulator.faults.refusals import not_found
from aeptui.emulator.faults.rules import FOUNDATION, Call, Lag
from aeptui.emulator.filters import FilterError, matching

Document = dict[str, Any]
_KEYS: Final = ("id", "$id", "meta:altId", "@id")
_PAGE: Final = 100


@dataclass
class _Change:
    """One change that is not seen yet."""

    ids: frozenset[str]
    left: int
    get: bool
    old: Held | None = None
    """How a read of it was answered before; None: it was not there."""
    gone: bool = False
    """It was deleted."""


@dataclass
class _Collection:
    changes: list[_Change] = field(default_factory=list)

    def of(self, id: str) -> _Change | None:
        """The oldest change of a resource: what is seen is what was before it."""
        return next((change for change in self.changes if id in change.ids), None)

    def seen(self, *, got: str | None = None) -> None:
        """Count a read: of the list, or of one resource."""
        for change in self.changes:
            if got is None or got in change.ids:
                change.left -= 1
        self.changes = [change for change in self.changes if change.left > 0]


class Lagging:
    """What is not seen yet, of every sandbox and collection."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._collections: dict[tuple[str, str], _Collection] = {}

    # -- changes

    async def before(self, call: Call, scope: Scope) -> Held | None:
        """How what is about to be changed is read now; None for a create, and where it cannot be told."""
        collection, id = changed_place(call)
        if id is None or call.service == "schemaregistry":
            return None
        found = await asked(self._app, scope, f"{collection}/{id}")
        return found if found.status == 200 else None

    def note(self, call: Call, answer: Held, lag: Lag, before: Held | None) -> bool:
        """Remember a change that succeeded; whether it is one that can lag."""
        collection, id = changed_place(call)
        ids = created_ids(answer) if id is None else frozenset({id}) if before is not None else frozenset()
        if not ids:
            return False
        key = (call.sandbox, collection)
        change = _Change(ids, lag.reads, lag.get, before, gone=call.method == "DELETE")
        self._collections.setdefault(key, _Collection()).changes.append(change)
        return True

    # -- reads

    def concerns(self, call: Call) -> bool:
        """Whether a read may have to be answered otherwise."""
        return call.method == "GET" and any(
            sandbox == call.sandbox and call.path in (name, f"{name}/{call.path.rpartition('/')[2]}") and place.changes
            for (sandbox, name), place in self._collections.items()
        )

    async def seen(self, call: Call, scope: Scope, answer: Held) -> Held:
        """The answer of a read as it is seen now."""
        if (whole := self._collections.get((call.sandbox, call.path))) is not None and whole.changes:
            if answer.status != 200:
                return answer
            changed = await self._listed(call, scope, answer, whole)
            if not call.first("continuationToken") and not (call.service != "schemaregistry" and _start(call)):
                whole.seen()
            return changed
        name, _, id = call.path.rpartition("/")
        place = self._collections.get((call.sandbox, name))
        change = place.of(id) if place is not None else None
        if place is None or change is None or not change.get or answer.status not in (200, 404):
            return answer
        place.seen(got=id)
        if change.old is not None:
            return replace(answer, status=200).with_json(change.old.json())
        refusal = not_found(call.path, id)
        return replace(answer, status=refusal.status).with_json(refusal.body)

    async def _listed(self, call: Call, scope: Scope, answer: Held, place: _Collection) -> Held:
        body = answer.json()
        match call.service:
            case "flowservice" if isinstance(body, dict) and "count" in body:
                return answer.with_json({"count": await self._counted(call, scope, body["count"], place)})
            case "flowservice" if isinstance(body, dict):
                items = _as_seen(body.get("items", []), place)
                if not body.get("_links", {}).get("next"):
                    items += [item for item in _gone(place) if _fits(call, item)]
                return answer.with_json({**body, "items": items})
            case "schemaregistry" if isinstance(body, dict) and isinstance(body.get("results"), list):
                results = _as_seen(body["results"], place)
                return answer.with_json({**body, "results": results, "_page": {**body["_page"], "count": len(results)}})
            case "schemaregistry" if isinstance(body, dict):
                return answer.with_json({kind: _as_seen(items, place) for kind, items in body.items()})
            case "catalog":
                items, _ = await self._by_offset(call, scope, place, lambda body: list(body.items()), 20)
                return answer.with_json(dict(items))
            case "conversion":
                items, more = await self._by_offset(call, scope, place, lambda body: list(body["data"]), 10)
                limit, start = int(call.first("limit") or 10), _start(call)
                links = {"next": {"href": f"/mappingSets?limit={limit}&start={start + limit}"}} if more else {}
                return answer.with_json(
                    {"data": items, "_page": {"count": len(items), "limit": limit}, "_links": links}
                )
        return answer

    async def _counted(self, call: Call, scope: Scope, count: int, place: _Collection) -> int:
        """How many there are without the new ones, with the deleted ones."""
        for change in place.changes:
            if change.old is None:
                query = [*call.query, ("property", f"id=={next(iter(change.ids))}")]
                count -= (await asked(self._app, scope, call.path, query)).json().get("count", 0)
        return count + sum(_fits(call, item) for item in _gone(place))

    async def _by_offset(
        self, call: Call, scope: Scope, place: _Collection, items_of: Callable[[Any], list[Any]], usual: int
    ) -> tuple[list[Any], bool]:
        """(the items of a page, whether there are more): an offset counts what is seen, not what is there."""
        start, limit = _start(call), int(call.first("limit") or usual)
        rest = [(name, value) for name, value in call.query if name not in ("start", "limit")]
        step = 20 if "observableSchema" in (call.first("properties") or "") else _PAGE
        visible: list[Any] = []
        offset = 0
        while len(visible) <= start + limit:
            query = [*rest, ("start", str(offset)), ("limit", str(step))]
            page = items_of((await asked(self._app, scope, call.path, query)).json())
            visible += _as_seen(page, place, trimmed=call.first("properties") is not None)
            offset += step
            if len(page) < step:
                visible += [item for item in _gone(place) if _fits(call, item)]
                break
        return visible[start : start + limit], len(visible) > start + limit


def changed_place(call: Call) -> tuple[str, str | None]:
    """(collection, id) of a change; the id is None for a create. An action changes its flow, but makes a new run."""
    path = call.path.replace(f"{FOUNDATION}catalog/v2/", f"{FOUNDATION}catalog/")
    if path.endswith("/action"):
        path = path.removesuffix("/action")
        collection, _, id = path.rpartition("/")
        return collection, None if collection.endswith("/runs") else id
    if call.method == "POST":
        return path, None
    collection, _, id = path.rpartition("/")
    return collection, id


def created_ids(answer: Held) -> frozenset[str]:
    """Every id of what a create made, in any of the shapes of their answers."""
    body = answer.json()
    if isinstance(body, list):
        return frozenset(str(item).rpartition("/")[2] for item in body if isinstance(item, str))
    if isinstance(body, dict) and isinstance(body.get("items"), list):
        body = next((item for item in body["items"] if isinstance(item, dict)), {})
    return frozenset(str(body[key]) for key in _KEYS if key in body) if isinstance(body, dict) else frozenset()


def _start(call: Call) -> int:
    text = call.first("start") or "0"
    return int(text) if text.isdecimal() else 0


def _ids_of(item: Any) -> set[str]:
    """The ids of an item: a document, a (key, document) of Catalog, or the bare id or link of a descriptor."""
    if isinstance(item, str):
        return {item, item.rpartition("/")[2]}
    if isinstance(item, tuple):
        return {item[0]}
    return {str(item[key]) for key in _KEYS if key in item}


def _old_item(change: _Change) -> Any:
    """What a list had for a resource before it was changed."""
    body = change.old.json() if change.old is not None else None
    if isinstance(body, dict) and isinstance(body.get("items"), list):
        return next(iter(body["items"]), None)
    if isinstance(body, dict) and len(body) == 1 and set(body) == change.ids:
        return next(iter(body.items()))
    return body


def _as_seen(items: list[Any], place: _Collection, *, trimmed: bool = False) -> list[Any]:
    """The items without new ones, and changed ones as they were."""
    seen: list[Any] = []
    for item in items:
        ids = _ids_of(item)
        change = next((change for change in place.changes if ids & change.ids), None)
        if change is None:
            seen.append(item)
        elif change.old is not None:
            old = _old_item(change)
            if trimmed and isinstance(old, tuple):
                old = (old[0], {key: old[1][key] for key in item[1] if key in old[1]})
            seen.append(old)
    return seen


def _gone(place: _Collection) -> list[Any]:
    """What lists still have of the deleted ones; not of one whose create lags too."""
    return [
        _old_item(change)
        for change in place.changes
        if change.gone and all(place.of(id) is change for id in change.ids)
    ]


def _fits(call: Call, item: Any) -> bool:
    """Whether a deleted resource would be in a list."""
    document = item[1] if isinstance(item, tuple) else item
    name = call.first("name")
    if name is not None and document.get("name") != name:
        return False
    try:
        properties = [value for key, value in call.query if key == "property"]
        return matching(properties, regular_expressions=call.service == "catalog")(document)
    except FilterError:
        return False
