"""Schema Registry: GET /stats; lists, lookups and writes of each kind in /global and /tenant; descriptors; unions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from aeptui.emulator.filters import FilterError, matching, values_at
from aeptui.emulator.http import integer, json_body, json_object, sandbox, segment
from aeptui.emulator.schema_registry import accept
from aeptui.emulator.schema_registry.descriptors import Descriptors
from aeptui.emulator.schema_registry.rpc import rpc_routes
from aeptui.emulator.schema_registry.state import Document, SchemaRegistry
from aeptui.emulator.schema_registry.writing import Writing
from aeptui.emulator.world import ORG_ID, TENANT_ID

_MOST = 500
_RECENT = 10
_KINDS = {"schemas": "schemas", "fieldgroups": "fieldgroups", "mixins": "fieldgroups", "classes": "classes"}
_KINDS |= {"datatypes": "datatypes", "behaviors": "behaviors"}


class _Endpoints:
    """The handlers, over the registry's state."""

    def __init__(self, registry: SchemaRegistry) -> None:
        self._registry = registry
        self._writing = Writing(registry)
        self.descriptors = Descriptors(registry.world, registry)
        self.rpc = rpc_routes(registry, self._writing)

    async def stats(self, request: Request) -> Response:
        where = sandbox(request)
        schemas = self._registry.all("tenant", "schemas", where)
        changed = sorted(schemas, key=_by("updated"))
        members: dict[str, list[Document]] = {}
        for document in schemas:
            members.setdefault(document["meta:class"], []).append(document)
        usage = [
            {
                "$id": id,
                "title": (self._registry.find(where, id) or {}).get("title", ""),
                "numberOfSchemas": len(found),
                "schemas": [{**self._short(document), "description": document["description"]} for document in found],
            }
            for id, found in members.items()
        ]
        body = {
            "imsOrg": ORG_ID,
            "tenantId": TENANT_ID,
            "counts": self._registry.counts(where),
            "recentlyCreatedResources": [self._short(document) for document in reversed(schemas[-_RECENT:])],
            "recentlyUpdatedResources": [self._short(document) for document in reversed(changed[-_RECENT:])],
            "classUsage": usage,
        }
        return JSONResponse(body)

    async def list_all(self, request: Request) -> Response:
        container, kind = self._place(request)
        form = accept.for_list(request.headers.get("accept"))
        found = self._registry.all(container, kind, sandbox(request))
        results, following, orderby = self._page(request, found)
        shown = [self._short(document) if form.is_short else document for document in results]
        next_href = f"{request.url.path}?orderby={orderby}&start={following}" if following else None
        links: Document = {"next": next_href}
        links[f"global_{kind}"] = {"href": f"/data/foundation/schemaregistry/global/{kind}"}
        page = {"orderby": orderby, "next": following, "count": len(shown)}
        return JSONResponse({"results": shown, "_page": page, "_links": links})

    async def get(self, request: Request) -> Response:
        container, kind = self._place(request)
        form = accept.for_lookup(request.headers.get("accept"))
        document = self._registry.get(container, kind, sandbox(request), segment(request, "id"))
        return JSONResponse(self._in_form(request, document, form))

    async def list_unions(self, request: Request) -> Response:
        form = accept.for_list(request.headers.get("accept"))
        results, following, orderby = self._page(request, self._registry.unions(sandbox(request)))
        shown = [self._short(document) if form.is_short else document for document in results]
        page = {"orderby": orderby, "next": following, "count": len(shown)}
        return JSONResponse({"results": shown, "_page": page, "_links": {"next": None}})

    async def get_union(self, request: Request) -> Response:
        form = accept.for_lookup(request.headers.get("accept"))
        document = self._registry.union(sandbox(request), segment(request, "id"))
        return JSONResponse(self._in_form(request, document, form))

    async def create(self, request: Request) -> Response:
        document = self._writing.create(sandbox(request), self._place(request)[1], await json_object(request))
        return JSONResponse(document, 201)

    async def change(self, request: Request) -> Response:
        where, kind, id = sandbox(request), self._place(request)[1], segment(request, "id")
        if request.method == "PATCH":
            return JSONResponse(self._writing.patch(where, kind, id, await json_body(request)))
        if request.method == "PUT":
            return JSONResponse(self._writing.replace(where, kind, id, await json_object(request)))
        self._writing.delete(where, kind, id)
        return Response(status_code=204)

    async def list_descriptors(self, request: Request) -> Response:
        form = accept.for_descriptors(request.headers.get("accept"))
        found = [] if "/global/" in request.url.path else self.descriptors.all(sandbox(request))
        if "-v2" in form.variant:
            results, following, orderby = self._page(request, found)
            shown = [self._descriptor(document, form.variant) for document in results]
            page = {"orderby": orderby, "next": following, "count": len(shown)}
            return JSONResponse({"results": shown, "_page": page, "_links": {"next": None}})
        grouped: dict[str, list[object]] = {}
        for document in self._filtered(request, found):
            grouped.setdefault(document["@type"], []).append(self._descriptor(document, form.variant))
        return JSONResponse(grouped)

    async def create_descriptor(self, request: Request) -> Response:
        return JSONResponse(self.descriptors.create(sandbox(request), await json_object(request)), 201)

    async def one_descriptor(self, request: Request) -> Response:
        where, id = sandbox(request), segment(request, "id")
        if request.method == "PUT":
            return JSONResponse(self.descriptors.replace(where, id, await json_object(request)))
        if request.method == "DELETE":
            self.descriptors.delete(where, id)
            return Response(status_code=204)
        accept.check_descriptor(request.headers.get("accept"))
        return JSONResponse(self.descriptors.get(where, id))

    # -- parts

    def _in_form(self, request: Request, document: Document, form: accept.Form) -> object:
        if form.is_short:
            return self._short(document)
        shown = self._registry.full(sandbox(request), document) if form.is_full else document
        if form.with_descriptors:
            found = self._registry.descriptors_of(sandbox(request), document["$id"])
            shown = {**shown, "meta:descriptors": found}
        return accept.without_text(shown) if form.without_text else shown

    def _place(self, request: Request) -> tuple[str, str]:
        container, word = request.path_params["container"], request.path_params["kind"]
        if container not in ("global", "tenant") or word not in _KINDS:
            raise self._registry.refused(f"There is no {container}/{word}.", 1012, 404)
        if container == "global" and request.method not in ("GET", "HEAD"):
            raise self._registry.refused("Standard resources cannot be changed.", 1021, 405)
        return container, _KINDS[word]

    def _filtered(self, request: Request, found: list[Document]) -> list[Document]:
        expressions = [text for text in request.query_params.getlist("property") if text]
        try:
            # Here several conditions also come comma-separated in one parameter, each with an operator of its own.
            parts = [part for text in expressions for part in _conditions(text)]
            test = matching(parts, regular_expressions=True)
        except FilterError as error:
            raise self._registry.refused(str(error), 1060) from error
        return [document for document in found if test(document)]

    def _page(self, request: Request, found: list[Document]) -> tuple[list[Document], str | None, str]:
        """(results, value to go on after, the order). `start` and `limit` count only together with `orderby`."""
        found = self._filtered(request, found)
        orderby = request.query_params.get("orderby")
        if not orderby:
            return found, None, "updated"
        try:
            limit = integer(request.query_params.get("limit"), _MOST, least=0, most=_MOST) or _MOST
        except ValueError as error:
            raise self._registry.refused(f"The limit is not valid: {error}", 1061) from error
        names = [name.strip() for name in orderby.split(",") if name.strip(" +-")]
        for name in reversed(names):
            found = sorted(found, key=_by(name.lstrip("+- ")), reverse=name.startswith("-"))
        by, descending = _by(names[0].lstrip("+- ") if names else "$id"), orderby.startswith("-")
        start = request.query_params.get("start")
        if start is not None:
            found = [item for item in found if _after(by(item), start, descending=descending)]
        cut = found[:limit]
        # A page never ends between equal values: `start` could not tell them apart.
        cut += [item for item in found[limit:] if cut and by(item) == by(cut[-1])]
        return cut, str(by(cut[-1])[1]) if len(found) > len(cut) and cut else None, orderby

    @staticmethod
    def _short(document: Document) -> Document:
        return {key: document[key] for key in ("$id", "meta:altId", "title", "version")}

    @staticmethod
    def _descriptor(document: Document, variant: str) -> object:
        if variant.endswith("-id"):
            return document["@id"]
        if variant.endswith("-link"):
            return f"/tenant/descriptors/{document['@id']}"
        return document


_PLACES = {"updated": "repo:lastModifiedDate", "created": "repo:createdDate"}
Key = tuple[int, Any]


def _by(name: str) -> Callable[[Document], Key]:
    """How a list is sorted by one field: what has none first, then numbers, then text."""
    path = f"meta:registryMetadata.{_PLACES[name]}" if name in _PLACES else name

    def key(document: Document) -> Key:
        value = next(values_at(document, path), "")
        if isinstance(value, int | float):
            return 1, value
        return (2, str(value)) if value else (0, "")

    return key


def _after(key: Key, start: str, *, descending: bool) -> bool:
    """Whether an item comes strictly after the value of `start`, which is a number where the field is one."""
    try:
        mark: Key = (1, float(start)) if key[0] == 1 else (2, start)
    except ValueError:
        return True
    return key < mark if descending else key > mark


def _conditions(text: str) -> list[str]:
    """The conditions of one `property` parameter; a part without an operator belongs to the value before it."""
    parts: list[str] = []
    for part in text.split(","):
        if parts and not any(sign in part for sign in "=<>~"):
            parts[-1] += f",{part}"
        else:
            parts.append(part)
    return parts


def schema_registry_routes(registry: SchemaRegistry) -> list[BaseRoute]:
    """The service's route table."""
    on = _Endpoints(registry)
    return [
        Route("/stats", on.stats),
        *on.rpc,
        Route("/tenant/unions", on.list_unions),
        Route("/tenant/unions/{id}", on.get_union),
        Route("/tenant/descriptors", on.list_descriptors),
        Route("/global/descriptors", on.list_descriptors),
        Route("/tenant/descriptors", on.create_descriptor, methods=["POST"]),
        Route("/tenant/descriptors/{id}", on.one_descriptor, methods=["GET", "PUT", "DELETE"]),
        Route("/{container}/{kind}", on.list_all),
        Route("/{container}/{kind}", on.create, methods=["POST"]),
        Route("/{container}/{kind}/{id}", on.get),
        Route("/{container}/{kind}/{id}", on.change, methods=["PATCH", "PUT", "DELETE"]),
    ]
