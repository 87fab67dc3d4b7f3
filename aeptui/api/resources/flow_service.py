"""What all Flow Service resources share. Every read of it is a list; creates answer `{id, etag}` only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Generic, TypeVar

from pydantic import ValidationError

from aeptui.api.errors import DecodeError, NotFound
from aeptui.api.http import Http, query_of
from aeptui.models.base import CreateBody, Entity, Json, Ref, items_of, mapping_of

E = TypeVar("E", bound=Entity)
FLOW_SERVICE = "/data/foundation/flowservice"
PAGE = 100


def decode(model: type[E], raw: Json, method: str, path: str) -> E:
    """A model of an answer.

    Raises:
        DecodeError: the answer is not what is documented; names the field.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "answer"
        reason = f"{place}: {first['msg']}"
    except RecursionError:
        reason = "it is nested too deeply"
    raise DecodeError(
        f"The platform's answer to {method} {path} is not a {model.__name__}: {reason}.",
        "This may be a new form of the answer; please report it with the request log.",
        method=method,
        path=path,
    )


def rows_of(answer: Json, name: str, method: str, path: str) -> tuple[Json, ...]:
    """The rows of a listing.

    Raises:
        DecodeError: it is no listing. No rows at all would be a lie then.
    """
    if isinstance(answer, dict) and isinstance(answer.get(name), list):
        return tuple(answer[name])
    raise DecodeError(
        f"The platform's answer to {method} {path} is no list of {name}.",
        "A proxy may have answered in its place, or this is a new form; see the request log.",
        method=method,
        path=path,
    )


class FlowServiceResource(Generic[E]):
    """Reads of one resource: `model` is what its items are."""

    PATH: str
    model: type[E]
    noun: str

    def __init__(self, http: Http) -> None:
        self._http = http

    async def get(self, identifier: str) -> E:
        """One by id.

        Raises:
            NotFound: there is none, or a label hides it.
        """
        path = f"{self.PATH}/{identifier}"
        body = (await self._http.send("GET", path)).body
        items = items_of(mapping_of(body).get("items")) if "items" in mapping_of(body) else (body,)
        if not items or not items[0]:
            raise NotFound(
                f"There is no {self.noun} {identifier}.",
                "It may have been deleted, or be in another sandbox.",
                method="GET",
                path=path,
                status=404,
            )
        return decode(self.model, items[0], "GET", path)

    async def _pages(
        self, property: Iterable[str] = (), orderby: str | None = None, limit: int | None = None
    ) -> AsyncIterator[E]:
        fixed = [("property", one) for one in property]
        if orderby:
            fixed.append(("orderby", orderby))
        fixed.append(("limit", str(min(PAGE, limit) if limit is not None else PAGE)))
        token: str | None = None
        seen: set[str] = set()
        ids: set[str] = set()
        given = 0
        while True:
            query = [*fixed, ("continuationToken", token)] if token else fixed
            body = (await self._http.send("GET", self.PATH, params=query)).body
            for raw in rows_of(body, "items", "GET", self.PATH):
                one = decode(self.model, raw, "GET", self.PATH)
                identifier = str(getattr(one, "id", ""))
                if identifier in ids:
                    continue  # a page that came twice: one resource must not look like two
                ids.add(identifier)
                yield one
                given += 1
                if limit is not None and given >= limit:
                    return
            link = mapping_of(mapping_of(mapping_of(body).get("_links")).get("next")).get("href")
            token = query_of(link).get("continuationToken")
            if not token:
                return
            if token in seen:
                raise DecodeError(
                    f"The pages of {self.PATH} go round in a circle after {given} items; the rest cannot be listed.",
                    "Try again in a minute, or filter; if it stays, report it with the request log.",
                    method="GET",
                    path=self.PATH,
                )
            seen.add(token)


class Catalogue(FlowServiceResource[E]):
    """A catalogue of Adobe's: it takes filters, but no paging."""

    async def list(self, *, property: Iterable[str] = ()) -> AsyncIterator[E]:
        """All of them, or those that fit every filter, such as `name==CloudStorageToAEP`."""
        answer = await self._http.send("GET", self.PATH, params=[("property", one) for one in property])
        for raw in rows_of(answer.body, "items", "GET", self.PATH):
            yield decode(self.model, raw, "GET", self.PATH)


class Owned(FlowServiceResource[E]):
    """A resource of the organisation's own: made, changed, published and deleted. A subclass adds `create`."""

    def list(
        self, *, property: Iterable[str] = (), orderby: str | None = None, limit: int | None = None
    ) -> AsyncIterator[E]:
        """All of them, or those that fit every filter, such as `name==Loyalty`.

        Args:
            property: `path OP value`, OP one of == < > >= <=; a comma in the value means "or".
            orderby: A field; with `-` before it downwards.
            limit: At most so many.
        """
        return self._pages(property, orderby, limit)

    async def update(self, identifier: str, patch: Sequence[Json], etag: str) -> Ref:
        """Change it by a JSON Patch. Safe to repeat, because of the etag.

        Raises:
            EtagMismatch: somebody changed it meanwhile, or an attempt whose answer was lost did.
        """
        path = f"{self.PATH}/{identifier}"
        patch = [{**mapping_of(one), "op": str(mapping_of(one).get("op", "")).lower()} for one in patch]
        return ref_of((await self._http.send("PATCH", path, body=patch, etag=etag)).body, "PATCH", path)

    async def publish(self, identifier: str) -> Ref:
        """End its being a draft. Order: base connection, then source and target connection, then flow."""
        return await self._act(identifier, "publish")

    async def delete(self, identifier: str, etag: str | None = None) -> None:
        """Delete it. One that is gone already counts as deleted."""
        await self._http.send("DELETE", f"{self.PATH}/{identifier}", etag=etag)

    async def _create(self, body: CreateBody, *, draft: bool) -> Ref:
        params = {"mode": "draft"} if draft else None
        answer = (await self._http.send("POST", self.PATH, params=params, body=body.to_wire())).body
        return ref_of(answer, "POST", self.PATH)

    async def _act(self, identifier: str, action: str) -> Ref:
        return await act(self._http, f"{self.PATH}/{identifier}/action", action)


async def act(http: Http, path: str, action: str) -> Ref:
    """An action by its name, without a body."""
    return ref_of((await http.send("POST", path, params={"op": action})).body, "POST", path)


def ref_of(answer: Json, method: str, path: str) -> Ref:
    """`{id, etag}`, bare or in a list of items."""
    items = items_of(mapping_of(answer).get("items")) or items_of(answer)
    return decode(Ref, items[0] if items else answer, method, path)
