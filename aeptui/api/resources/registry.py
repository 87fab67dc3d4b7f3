"""Schema Registry: schemas, classes, field groups. Almost every read needs the right `Accept`."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Generic, Literal, TypeVar
from urllib.parse import quote

from aeptui.api.errors import NotFound
from aeptui.api.http import Http
from aeptui.api.resources.flow_service import decode
from aeptui.models.base import Entity, Json, items_of, mapping_of
from aeptui.models.schemas import FieldGroup, RegistryStats, Schema, SchemaClass, SchemaCreate

SCHEMA_REGISTRY = "/data/foundation/schemaregistry"
LIST_SHORT = "application/vnd.adobe.xed-id+json"
LIST = "application/vnd.adobe.xed+json"
FULL = "application/vnd.adobe.xed-full+json; version=1"
_PAGE = 300
_MOST_PAGES = 1000

Container = Literal["global", "tenant"]
R = TypeVar("R", bound=Entity)

_TENANT_ID = re.compile(r"https?://ns\.adobe\.com/(?!xdm/)[^/]+/(schemas|mixins|fieldgroups|classes|datatypes)/[^/]+$")


def container_of(identifier: str) -> Container:
    """Where a resource lives, told by its id: organisations' own ids end in a hexadecimal name."""
    if _TENANT_ID.match(identifier):
        return "tenant"
    return (
        "tenant" if re.match(r"_(?!xdm\.)[^.]+\.(schemas|mixins|classes|datatypes)\.[^.]+$", identifier) else "global"
    )


class RegistryResource(Generic[R]):
    """Reads of one kind of resource, in both containers."""

    kind: str
    model: type[R]

    def __init__(self, http: Http) -> None:
        self._http = http

    def _path(self, container: Container, identifier: str = "") -> str:
        own = f"/{quote(identifier, safe='')}" if identifier else ""
        return f"{SCHEMA_REGISTRY}/{container}/{self.kind}{own}"

    async def get_full(self, identifier: str) -> Json:
        """The JSON schema with everything resolved, by `$id` or `meta:altId`."""
        path = self._path(container_of(identifier), identifier)
        return (await self._http.send("GET", path, accept=FULL)).body

    async def get(self, identifier: str) -> R:
        """One by `$id` or `meta:altId`."""
        full = await self.get_full(identifier)
        return decode(self.model, full, "GET", self._path(container_of(identifier), identifier))

    async def _all(self, containers: tuple[Container, ...], *filters: tuple[str, str]) -> AsyncIterator[R]:
        seen: set[str] = set()
        for container in containers:
            path, start = self._path(container), None
            for _ in range(_MOST_PAGES):
                params = [*filters, ("orderby", "title"), ("limit", str(_PAGE))]
                if start is not None:
                    params.append(("start", start))
                body = mapping_of((await self._http.send("GET", path, params=params, accept=LIST)).body)
                results = items_of(body.get("results"))
                for raw in results:
                    identifier = str(mapping_of(raw).get("$id") or "")
                    if identifier not in seen:
                        seen.add(identifier)
                        yield decode(self.model, raw, "GET", path)
                following = mapping_of(body.get("_page")).get("next")
                if following is None or not results or str(following) == start:
                    break
                start = str(following)


class Schemas(RegistryResource[Schema]):
    """The organisation's schemas."""

    kind = "schemas"
    model = Schema
    PATH = f"{SCHEMA_REGISTRY}/tenant/schemas"

    def list(self, container: Container = "tenant", *, title: str | None = None) -> AsyncIterator[Schema]:
        """Source: Schema Registry, GET /{container}/schemas."""
        filters = (("property", f"title=={title}"),) if title is not None else ()
        return self._all((container,), *filters)

    async def create(self, body: SchemaCreate) -> Schema:
        """Compose a schema of a class and field groups. Source: Schema Registry, POST /tenant/schemas."""
        answer = await self._http.send("POST", self.PATH, body=body.to_wire())
        return decode(Schema, answer.body, "POST", self.PATH)

    async def delete(self, identifier: str) -> None:
        """Source: Schema Registry, DELETE /tenant/schemas/{id}."""
        try:
            await self._http.send("DELETE", self._path("tenant", identifier))
        except NotFound:
            return


class Classes(RegistryResource[SchemaClass]):
    """Adobe's classes and the organisation's."""

    kind = "classes"
    model = SchemaClass

    def list(self) -> AsyncIterator[SchemaClass]:
        """Source: Schema Registry, GET /{container}/classes."""
        return self._all(("global", "tenant"))


class FieldGroups(RegistryResource[FieldGroup]):
    """Adobe's field groups and the organisation's."""

    kind = "fieldgroups"
    model = FieldGroup

    async def list(self, *, class_id: str | None = None) -> AsyncIterator[FieldGroup]:
        """All, or those meant for a class. Source: Schema Registry, GET /{container}/fieldgroups."""
        async for group in self._all(("global", "tenant")):
            if class_id is None or class_id in group.intended_to_extend:
                yield group


class Registry:
    """Facts about the registry itself."""

    def __init__(self, http: Http) -> None:
        self._http = http

    async def stats(self) -> RegistryStats:
        """Organisation and tenant. Source: Schema Registry, GET /stats."""
        path = f"{SCHEMA_REGISTRY}/stats"
        return decode(RegistryStats, (await self._http.send("GET", path)).body, "GET", path)
