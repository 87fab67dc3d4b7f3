"""Schema Registry: GET /stats; lists, lookups and writes of each kind in /global and /tenant; /tenant/descriptors."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from aeptui.emulator.filters import FilterError, matching, values_at
from aeptui.emulator.http import integer, json_body, json_object, sandbox, segment
from aeptui.emulator.schema_registry import accept
from aeptui.emulator.schema_registry.descriptors import Descriptors
from aeptui.emulator.schema_registry.state import PROFILE, Document, SchemaRegistry
from aeptui.emulator.world import ORG_ID, TENANT_ID

_MOST = 500
_KINDS = {"schemas": "schemas", "fieldgroups": "fieldgroups", "mixins": "fieldgroups", "classes": "classes"}
_KINDS |= {"datatypes": "datatypes", "behaviors": "behaviors"}


class _Endpoints:
    """The handlers, over the registry's state."""

    def __init__(self, registry: SchemaRegistry) -> None:
        self._registry = registry
        self.descriptors = Descriptors(registry.world, registry)

    async def stats(self, request: Request) -> Response:
        where = sandbox(request)
        schemas = self._registry.all("tenant", "schemas", where)
        recent = [self._short(document) for document in reversed(schemas[-10:])]
        usage = {document["meta:class"]: 0 for document in schemas}
        for document in schemas:
            usage[document["meta:class"]] += 1
        body = {
            "imsOrg": ORG_ID,
            "tenantId": TENANT_ID,
            "counts": self._registry.counts(where),
            "schemas": {
                "recentlyCreated": recent,
                "recentlyUpdated": recent,
                "classUsage": [{"$id": id, "title": id.rpartition("/")[2], "count": n} for id, n in usage.items()],
            },
        }
        return JSONResponse(body)

    async def list_all(self, request: Request) -> Response:
        container, kind = self._place(request)
        form = accept.for_list(request.headers.get("accept"))
        found = self._registry.all(container, kind, sandbox(request))
        results, following, orderby = self._page(request, found)
        shown = [self._short(document) if form.variant == "-id" else document for document in results]
        next_href = f"{request.url.path}?orderby={orderby}&start={following}" if following else None
        links = {"next": {"href": next_href} if next_href else None}
        links[f"global_{kind}"] = {"href": f"/data/foundation/schemaregistry/global/{kind}"}
        page = {"orderby": orderby, "next": following, "count": len(shown)}
        return JSONResponse({"results": shown, "_page": page, "_links": links})

    async def get(self, request: Request) -> Response:
        container, kind = self._place(request)
        form = accept.for_lookup(request.headers.get("accept"))
        document = self._registry.get(container, kind, sandbox(request), segment(request, "id"))
        shown: object = self._registry.full(sandbox(request), document) if form.is_full else document
        return JSONResponse(accept.without_text(shown) if form.without_text else shown)

    async def create(self, request: Request) -> Response:
        document = self._registry.create(sandbox(request), self._place(request)[1], await json_object(request))
        return JSONResponse(document, 201)

    async def change(self, request: Request) -> Response:
        where, kind, id = sandbox(request), self._place(request)[1], segment(request, "id")
        if request.method == "PATCH":
            instructions = await json_body(request)
            self._check_profile(where, kind, id, instructions)
            return JSONResponse(self._registry.patch(where, kind, id, instructions))
        if request.method == "PUT":
            return JSONResponse(self._registry.replace(where, kind, id, await json_object(request)))
        self._registry.delete(where, kind, id)
        return Response(status_code=204)

    async def list_descriptors(self, request: Request) -> Response:
        form = accept.for_descriptor(request.headers.get("accept"))
        found = self.descriptors.all(sandbox(request))
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
        accept.for_descriptor(request.headers.get("accept"))
        return JSONResponse(self.descriptors.get(where, id))

    # -- parts

    def _place(self, request: Request) -> tuple[str, str]:
        container, word = request.path_params["container"], request.path_params["kind"]
        if container not in ("global", "tenant") or word not in _KINDS:
            raise self._registry.refused(f"There is no {container}/{word}.", 1012, 404)
        if container == "global" and request.method not in ("GET", "HEAD"):
            raise self._registry.refused("Standard resources cannot be changed.", 1021, 405)
        return container, _KINDS[word]

    def _filtered(self, request: Request, found: list[Document]) -> list[Document]:
        expressions = request.query_params.getlist("property")
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
        descending, name = orderby.startswith("-"), orderby.lstrip("+- ")
        keyed = sorted(((self._sort_key(document, name), document) for document in found), key=lambda pair: pair[0])
        if descending:
            keyed.reverse()
        start = request.query_params.get("start")
        if start is not None:
            keyed = [pair for pair in keyed if (pair[0] < start if descending else pair[0] > start)]
        cut = keyed[:limit]
        # A page never ends between equal values: `start` could not tell them apart.
        cut += [pair for pair in keyed[limit:] if cut and pair[0] == cut[-1][0]]
        return [document for _, document in cut], cut[-1][0] if len(keyed) > len(cut) and cut else None, orderby

    @staticmethod
    def _sort_key(document: Document, name: str) -> str:
        path = {
            "updated": "meta:registryMetadata.repo:lastModifiedDate",
            "created": "meta:registryMetadata.repo:createdDate",
        }
        value = next(values_at(document, path.get(name, name)), "")
        return f"{value:020d}" if isinstance(value, int) else str(value)

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

    def _check_profile(self, where: str, kind: str, id: str, instructions: Any) -> None:
        """A schema goes into Profile only with a primary identity."""
        wanted = [item for item in instructions or [] if isinstance(item, dict)]
        if kind != "schemas" or not any(item.get("path") == "/meta:immutableTags" for item in wanted):
            return
        document = self._registry.get("tenant", kind, where, id)
        primary = any(
            entry.get("xdm:isPrimary") and entry.get("xdm:sourceSchema") == document["$id"]
            for entry in self.descriptors.all(where)
        )
        with_map = "identityMap" in self._registry.full(where, document)["properties"]
        if not primary and not with_map and document["meta:class"] == PROFILE:
            raise self._registry.refused("The schema needs a primary identity before it can be used in Profile.", 1052)


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
        Route("/tenant/descriptors", on.list_descriptors),
        Route("/tenant/descriptors", on.create_descriptor, methods=["POST"]),
        Route("/tenant/descriptors/{id}", on.one_descriptor, methods=["GET", "PUT", "DELETE"]),
        Route("/{container}/{kind}", on.list_all),
        Route("/{container}/{kind}", on.create, methods=["POST"]),
        Route("/{container}/{kind}/{id}", on.get),
        Route("/{container}/{kind}/{id}", on.change, methods=["PATCH", "PUT", "DELETE"]),
    ]
