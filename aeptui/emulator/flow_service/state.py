"""The resources of Flow Service in the store, and what they have in common: envelopes, etags, patches.

Keys that start with an underscore are the platform's own notes; no answer shows them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from aeptui.emulator.catalog.state import Catalog
from aeptui.emulator.data_prep.state import MappingSets
from aeptui.emulator.errors import ServiceError, flow_error
from aeptui.emulator.filters import equal
from aeptui.emulator.flow_service.specs import Specs, sample_id
from aeptui.emulator.patching import PatchError, apply_patch, patch_paths
from aeptui.emulator.schema_registry.state import SchemaRegistry
from aeptui.emulator.shelf import Shelf
from aeptui.emulator.world import World

Document = dict[str, Any]

_NEWEST: Final = "1.0"
"""The only version of every spec."""
RESOURCES: Final = ("connections", "sourceConnections", "targetConnections", "flows", "runs")


def public(document: Document) -> Document:
    """The document without the platform's notes."""
    return {key: value for key, value in document.items() if not key.startswith("_")}


class FlowService:
    """Connections, flows and runs of every sandbox, and the services they depend on."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.specs = Specs()
        self.schemas = SchemaRegistry(world)
        self.catalog = Catalog(world, self.schemas)
        self.mapping_sets = MappingSets(world, self.schemas)
        self.progress: dict[str, Document] = {}
        """Run id -> what its process reported last; only while it runs."""
        self.waiting: dict[str, str] = {}
        """Run id -> sandbox of every run that is `scheduled`, oldest first: the scheduler need not read all runs."""
        self.streaming: dict[str, str] = {}
        """Flow id -> sandbox of every streaming flow, whatever its state: nobody need read all flows to find them."""
        self.sleepers: list[Callable[[], None]] = []
        """Called when something may be due; who runs flows put themselves here."""
        self.stop_run: Callable[[str], None] = lambda run_id: None
        """Called when the flow of a run is gone."""

    def wake(self) -> None:
        """Something may be due: a flow was changed, or a clock was moved."""
        for wake in self.sleepers:
            wake()

    def seed_demo(self, sandbox: str) -> None:
        """One base connection per batch connector, with fixed ids."""
        for name, spec in self.specs.samples:
            id = sample_id(name)
            if self.world.store.get("connections", sandbox, id) is not None:
                continue
            auth = spec["authSpec"][0]
            secrets = self.specs.secret_names(spec["id"])
            shown = {key: "******" if key in secrets else "sample" for key in auth["spec"]["required"]}
            body = {
                "name": name,
                "description": "Reads the sample storage of the local platform",
                "auth": {"specName": auth["name"], "params": shown},
                "connectionSpec": {"id": spec["id"], "version": "1.0"},
            }
            self.create("connections", sandbox, body, id=id)

    def forget(self, sandbox: str) -> None:
        """Everything in a sandbox is gone from the store: so is what is remembered of it."""
        self.schemas.forget(sandbox)
        self.waiting = {run: place for run, place in self.waiting.items() if place != sandbox}
        self.wake()

    # -- reading

    def rows(self, kind: str, sandbox: str) -> Shelf:
        """All resources of a kind: (place, document) each, and quick ways to some of them."""
        return Shelf(self.world.store, kind, sandbox)

    def find(self, kind: str, sandbox: str, id: str) -> Document | None:
        """One resource with the platform's notes."""
        return self.world.store.get(kind, sandbox, id)

    def need(self, kind: str, sandbox: str, id: str) -> Document:
        """One resource, or FLOW-1439-404."""
        found = self.find(kind, sandbox, id)
        if found is None:
            raise self.not_found(kind, id)
        return found

    @staticmethod
    def not_found(kind: str, id: str) -> ServiceError:
        """FLOW-1439-404."""
        return flow_error(1439, f"The resource {id} of type {kind} was not found.", 404, kind=kind, id=id)

    # -- writing

    def create(self, kind: str, sandbox: str, body: Document, *, id: str | None = None, owner: str = "") -> Document:
        """Write a new resource. The answer is the document; clients get `reference` of it."""
        etag = self.world.etag()
        document: Document = {
            "id": id or self.world.ids.uuid(),
            **self.world.stamped(sandbox),
            "state": "enabled",
            **body,
            "version": etag,
            "etag": etag,
        }
        self._put(kind, sandbox, document, owner)
        return document

    def save(self, kind: str, sandbox: str, document: Document, *, owner: str = "") -> Document:
        """Write a changed resource, with a new etag."""
        etag = self.world.etag()
        document = {**document, "updatedAt": self.world.time.now_ms(), "version": etag, "etag": etag}
        self._put(kind, sandbox, document, owner)
        return document

    def _put(self, kind: str, sandbox: str, document: Document, owner: str) -> None:
        touched = document["updatedAt"]
        self.world.store.put(kind, sandbox, document["id"], document, owner=owner, touched_ms=touched)

    def unchanged(self, kind: str, sandbox: str, id: str, if_match: str | None) -> Document:
        """A resource that is to be changed. Without an If-Match, whatever it is now; raises ServiceError 1404-412."""
        known = self.need(kind, sandbox, id)
        if if_match and if_match != known["etag"]:
            message = f"Supplied version=[{if_match}] does not match the current version on entity=[{id}]"
            raise flow_error(1404, message, 412, kind=kind, id=id)
        return known

    def patched(
        self, kind: str, sandbox: str, id: str, if_match: str | None, instructions: object, allowed: frozenset[str]
    ) -> Document:
        """The changed document, not yet written.

        Args:
            allowed: First segments of the paths that may be changed.
        Raises:
            ServiceError: 1403 without If-Match, 1404-412 with a stale one, 1434 for an op, 1455 for a path.
        """
        known = self.need(kind, sandbox, id)
        if not if_match:
            raise flow_error(1403, "The header If-Match is missing.", kind=kind, id=id)
        self.unchanged(kind, sandbox, id, if_match)
        if not instructions:
            raise flow_error(1405, "The body is empty.", kind=kind, id=id)
        try:
            for _, parts, _ in patch_paths(instructions):
                if parts[0] not in allowed:
                    raise PatchError(f"The path /{'/'.join(parts)} cannot be changed.")
            changed = apply_patch(known, instructions)
        except PatchError as error:
            raise flow_error(1434 if error.operation else 1455, str(error), kind=kind, id=id) from error
        check_words(changed, "resource", code=1455)
        return changed

    def publishable(self, kind: str, sandbox: str, id: str, if_match: str | None) -> Document:
        """A draft as it will be once it is published. Raises ServiceError 1422 for anything that is no draft."""
        known = self.unchanged(kind, sandbox, id, if_match)
        if known["state"] != "draft":
            raise flow_error(1422, f"The state {known['state']} does not allow publish.", kind=kind, id=id)
        return {**known, "state": "enabled"}

    # -- what uses what

    def flows_with(self, sandbox: str, key: str, id: str) -> list[Document]:
        """The flows that use a source or target connection."""
        return self.rows("flows", sandbox).find([equal(key, [id])])

    def flows_on(self, sandbox: str, base_id: str) -> list[Document]:
        """The flows that use a base connection."""
        sources = self.rows("sourceConnections", sandbox).find([equal("baseConnectionId", [base_id])])
        ids = [source["id"] for source in sources]
        return self.rows("flows", sandbox).find([equal("sourceConnectionIds", ids)]) if ids else []


def reference(document: Document) -> Document:
    """`{id, etag}`: all that creates, patches and actions answer."""
    return {"id": document["id"], "etag": document["etag"]}


def checked_body(body: Document) -> Document:
    """A create body, without what the platform decides itself. Raises ServiceError 1405 and 1410."""
    if not body:
        raise flow_error(1405, "The body is empty.")
    if "state" in body:
        raise flow_error(1410, "The state must not be sent.")
    reserved = {"id", "createdAt", "updatedAt", "etag", "version", "imsOrgId", "sandboxId", "sandboxName"}
    return {key: value for key, value in body.items() if key not in reserved and not key.startswith("_")}


def check_words(body: Document, what: str, *, code: int = 1405) -> None:
    """Whether name and description are texts, as the published file has them. The code is a guess."""
    name, description = body.get("name"), body.get("description")
    if not isinstance(name, str) or not name.strip():
        raise flow_error(code, f"The name of the {what} is missing.")
    if description is not None and not isinstance(description, str):
        raise flow_error(code, f"The description of the {what} must be a text.")


def action_word(operation: str, allowed: tuple[str, ...], *, kind: str, id: str) -> str:
    """The `op` of an action in lower case with `-`. Raises ServiceError 1402 for a provider's one, 1434 for others."""
    word = operation.lower().replace("_", "-")
    if word.startswith("finalize"):
        raise flow_error(1402, f"The op {operation} is for providers only.", kind=kind, id=id)
    if word not in allowed:
        raise flow_error(1434, f"The op {operation} is not supported: {', '.join(allowed)}.", kind=kind, id=id)
    return word


def spec_id(body: Document, key: str) -> str:
    """The id inside `connectionSpec` or `flowSpec`; its version becomes the text that reads show (1 is `1.0` too).

    Raises:
        ServiceError: 1413 when there is no id, or the version is none.
    """
    spec = body.get(key)
    id = spec.get("id") if isinstance(spec, dict) else None
    if not isinstance(spec, dict) or not isinstance(id, str) or not id:
        raise flow_error(1413, f"{key}.id is missing.")
    version = _NEWEST if spec.get("version") is None else spec["version"]
    if isinstance(version, bool) or not isinstance(version, str | int | float):
        raise flow_error(1413, f"{key}.version is not valid.")
    body[key] = {**spec, "version": _NEWEST if str(version) in ("1", "1.0") else str(version)}
    return id
