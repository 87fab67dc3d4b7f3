"""Schema Registry: schemas, classes, field groups. Almost every read needs the right `Accept`."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from typing import Generic, Literal, TypeVar
from urllib.parse import quote

from aeptui.api.http import Http
from aeptui.api.resources.flow_service import decode, rows_of
from aeptui.models.base import CreateBody, Entity, Json, items_of, mapping_of
from aeptui.models.schemas import (
    ClassCreate,
    Descriptor,
    FieldGroup,
    FieldGroupCreate,
    IdentityDescriptorCreate,
    RegistryStats,
    Schema,
    SchemaClass,
    SchemaCreate,
)

SCHEMA_REGISTRY = "/data/foundation/schemaregistry"
LIST = "application/vnd.adobe.xed+json"
FULL = "application/vnd.adobe.xed-full+json; version=1"
FULL_WITH_DESCRIPTORS = "application/vnd.adobe.xed-full-desc+json; version=1"
REFERENCES = "application/vnd.adobe.xed+json; version=1"
DESCRIPTOR_LIST = "application/vnd.adobe.xdm-v2+json"
DESCRIPTOR = "application/vnd.adobe.xdm+json"
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

    async def get_full(self, identifier: str, *, descriptors: bool = False) -> Json:
        """The JSON schema with everything resolved, by `$id` or `meta:altId`.

        Args:
            descriptors: With what is known of its fields beside it, under `meta:descriptors`.
        Raises:
            DecodeError: the answer is no object.
        """
        path = self._path(container_of(identifier), identifier)
        full = (await self._http.send("GET", path, accept=FULL_WITH_DESCRIPTORS if descriptors else FULL)).body
        if not isinstance(full, dict):
            decode(self.model, full, "GET", path)
        return full

    async def get(self, identifier: str) -> R:
        """One by `$id` or `meta:altId`."""
        full = await self.get_full(identifier)
        return decode(self.model, full, "GET", self._path(container_of(identifier), identifier))

    async def update(self, identifier: str, patch: Sequence[Json]) -> R:
        """Change one of the organisation's own by a JSON Patch; its minor version goes up."""
        path = self._path("tenant", identifier)
        return decode(self.model, (await self._http.send("PATCH", path, body=list(patch))).body, "PATCH", path)

    async def delete(self, identifier: str) -> None:
        """Delete one of the organisation's own."""
        await self._http.send("DELETE", self._path("tenant", identifier))

    async def _create(self, body: CreateBody) -> R:
        path = self._path("tenant")
        return decode(self.model, (await self._http.send("POST", path, body=body.to_wire())).body, "POST", path)

    async def _all(self, containers: tuple[Container, ...], *filters: tuple[str, str]) -> AsyncIterator[R]:
        seen: set[str] = set()
        for container in containers:
            path, start = self._path(container), None
            for _ in range(_MOST_PAGES):
                params = [*filters, ("orderby", "title"), ("limit", str(_PAGE))]
                if start is not None:
                    params.append(("start", start))
                body = (await self._http.send("GET", path, params=params, accept=LIST)).body
                results = rows_of(body, "results", "GET", path)
                for raw in results:
                    identifier = str(mapping_of(raw).get("$id") or "")
                    if identifier not in seen:
                        seen.add(identifier)
                        yield decode(self.model, raw, "GET", path)
                following = mapping_of(mapping_of(body).get("_page")).get("next")
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

    async def parts(self, identifier: str) -> tuple[str, ...] | None:
        """The class and field groups a schema is made of, in their order; None: it has more than those.

        Source: Schema Registry, GET /tenant/schemas/{id} with references kept.
        """
        path = self._path(container_of(identifier), identifier)
        body = mapping_of((await self._http.send("GET", path, accept=REFERENCES)).body)
        found = [mapping_of(part) for part in items_of(body.get("allOf"))]
        if not found or body.get("properties") or any("$ref" not in part for part in found):
            return None
        return tuple(str(part["$ref"]) for part in found)

    async def create(self, body: SchemaCreate) -> Schema:
        """Compose a schema of a class and field groups. Source: Schema Registry, POST /tenant/schemas."""
        return await self._create(body)


class Classes(RegistryResource[SchemaClass]):
    """Adobe's classes and the organisation's."""

    kind = "classes"
    model = SchemaClass

    def list(self) -> AsyncIterator[SchemaClass]:
        """Source: Schema Registry, GET /{container}/classes."""
        return self._all(("global", "tenant"))

    async def create(self, body: ClassCreate) -> SchemaClass:
        """A class of records or of a time series. Source: Schema Registry, POST /tenant/classes."""
        return await self._create(body)


class FieldGroups(RegistryResource[FieldGroup]):
    """Adobe's field groups and the organisation's."""

    kind = "fieldgroups"
    model = FieldGroup

    async def list(
        self, *, class_id: str | None = None, container: Container | None = None, title: str | None = None
    ) -> AsyncIterator[FieldGroup]:
        """All, or those meant for a class, in one container, of a title.

        Source: Schema Registry, GET /{container}/fieldgroups.
        """
        filters = (("property", f"title=={title}"),) if title is not None else ()
        async for group in self._all((container,) if container is not None else ("global", "tenant"), *filters):
            if class_id is None or class_id in group.intended_to_extend:
                yield group

    async def create(self, body: FieldGroupCreate) -> FieldGroup:
        """Fields of the organisation's own. Source: Schema Registry, POST /tenant/fieldgroups."""
        return await self._create(body)


class Descriptors:
    """What is known of a field beside its schema, such as that it is an identity."""

    PATH = f"{SCHEMA_REGISTRY}/tenant/descriptors"

    def __init__(self, http: Http) -> None:
        self._http = http

    async def list(self, *, schema_id: str | None = None, kind: str | None = None) -> AsyncIterator[Descriptor]:
        """All, those of a schema, or those of a kind such as `xdm:descriptorIdentity`.

        Source: Schema Registry, GET /tenant/descriptors. That several conditions are joined by a comma is unverified,
        so what comes is compared once more.
        """
        wanted = [f"@type=={kind}"] if kind else []
        wanted += [f"xdm:sourceSchema=={schema_id}"] if schema_id else []
        fixed = [("property", ",".join(wanted))] if wanted else []
        start: str | None = None
        seen: set[str] = set()
        for _ in range(_MOST_PAGES):
            params = [*fixed, *([("start", start)] if start is not None else [])]
            body = (await self._http.send("GET", self.PATH, params=params, accept=DESCRIPTOR_LIST)).body
            for raw in _descriptors_in(body, self.PATH):
                found = decode(Descriptor, raw, "GET", self.PATH)
                fits = (kind is None or found.type == kind) and (schema_id is None or found.schema_id == schema_id)
                if fits and found.id not in seen:
                    seen.add(found.id)
                    yield found
            following = mapping_of(mapping_of(body).get("_page")).get("next")
            if following is None or str(following) == start:
                return
            start = str(following)

    async def get(self, identifier: str) -> Descriptor:
        """Source: Schema Registry, GET /tenant/descriptors/{id}."""
        path = f"{self.PATH}/{identifier}"
        return decode(Descriptor, (await self._http.send("GET", path, accept=DESCRIPTOR)).body, "GET", path)

    async def create(self, body: IdentityDescriptorCreate) -> Descriptor:
        """Make a field an identity. Source: Schema Registry, POST /tenant/descriptors."""
        answer = await self._http.send("POST", self.PATH, body=body.to_wire(), accept=DESCRIPTOR)
        return decode(Descriptor, answer.body, "POST", self.PATH)

    async def delete(self, identifier: str) -> None:
        """Source: Schema Registry, DELETE /tenant/descriptors/{id}."""
        await self._http.send("DELETE", f"{self.PATH}/{identifier}")


def _descriptors_in(body: Json, path: str) -> Sequence[Json]:
    """A page of `results`; or, as without `-v2`, one object with a list for each `@type`."""
    if isinstance(body, dict) and "results" not in body:
        return [one for listed in body.values() for one in items_of(listed)]
    return rows_of(body, "results", "GET", path)


class Registry:
    """Facts about the registry itself."""

    def __init__(self, http: Http) -> None:
        self._http = http

    async def stats(self) -> RegistryStats:
        """Organisation and tenant. Source: Schema Registry, GET /stats."""
        path = f"{SCHEMA_REGISTRY}/stats"
        return decode(RegistryStats, (await self._http.send("GET", path)).body, "GET", path)
