"""What all Flow Service resources share. Every read of it is a list; creates answer `{id, etag}` only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
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
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "answer"
        raise DecodeError(
            f"The platform's answer to {method} {path} is not a {model.__name__}: {place}: {first['msg']}.",
            "This may be a new form of the answer; please report it with the request log.",
            method=method,
            path=path,
        ) from error


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
        given = 0
        while True:
            query = [*fixed, ("continuationToken", token)] if token else fixed
            body = mapping_of((await self._http.send("GET", self.PATH, params=query)).body)
            for raw in items_of(body.get("items")):
                yield decode(self.model, raw, "GET", self.PATH)
                given += 1
                if limit is not None and given >= limit:
                    return
            link = mapping_of(mapping_of(body.get("_links")).get("next")).get("href")
            token = query_of(link).get("continuationToken")
            if not token or token in seen:
                return
            seen.add(token)


class Deletable(FlowServiceResource[E]):
    """A resource that can be made and deleted."""

    async def _create(self, body: CreateBody) -> Ref:
        answer = (await self._http.send("POST", self.PATH, body=body.to_wire())).body
        return ref_of(answer, "POST", self.PATH)

    async def delete(self, identifier: str, etag: str | None = None) -> None:
        """Delete it. One that is gone already counts as deleted."""
        try:
            await self._http.send("DELETE", f"{self.PATH}/{identifier}", etag=etag)
        except NotFound:
            return


def ref_of(answer: Json, method: str, path: str) -> Ref:
    """`{id, etag}`, bare or in a list of items."""
    items = items_of(mapping_of(answer).get("items")) or items_of(answer)
    return decode(Ref, items[0] if items else answer, method, path)
