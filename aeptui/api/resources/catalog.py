"""Catalog: datasets and batches. Both come in maps keyed by id."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Generic, TypeVar

from aeptui.api.errors import DecodeError, NotFound
from aeptui.api.http import Http
from aeptui.api.resources.flow_service import decode
from aeptui.ids import DatasetId
from aeptui.models.base import Entity, Json, items_of, mapping_of
from aeptui.models.datasets import Batch, Dataset, DatasetCreate

CATALOG = "/data/foundation/catalog"
_PAGE = 100
C = TypeVar("C", bound=Entity)


class CatalogResource(Generic[C]):
    """Reads of one kind. Paging is a zero-based offset; there is neither a total nor a link."""

    PATH: str
    model: type[C]
    noun: str

    def __init__(self, http: Http) -> None:
        self._http = http

    async def get(self, identifier: str) -> C:
        """One by id.

        Raises:
            NotFound: there is none.
        """
        path = f"{self.PATH}/{identifier}"
        raw = mapping_of((await self._http.send("GET", path)).body).get(identifier)
        if raw is None:
            raise NotFound(
                f"There is no {self.noun} {identifier}.",
                "It may be in another sandbox.",
                method="GET",
                path=path,
                status=404,
            )
        return decode(self.model, {**mapping_of(raw), "id": identifier}, "GET", path)

    async def _pages(self, fixed: Sequence[tuple[str, str]], limit: int | None = None) -> AsyncIterator[C]:
        size = _PAGE if limit is None else max(1, min(_PAGE, limit))
        start, seen = 0, set[str]()
        while True:
            params = [*fixed, ("orderBy", "desc:created"), ("limit", str(size)), ("start", str(start))]
            page = (await self._http.send("GET", self.PATH, params=params)).body
            if not isinstance(page, Mapping):
                raise DecodeError(
                    f"Catalog's answer to GET {self.PATH} is no map of {self.noun}s.",
                    "A proxy may have answered in its place, or this is a new form; see the request log.",
                    method="GET",
                    path=self.PATH,
                )
            before = len(seen)
            for identifier, raw in page.items():
                if identifier in seen:
                    continue
                seen.add(identifier)
                yield decode(self.model, {**mapping_of(raw), "id": identifier}, "GET", self.PATH)
                if limit is not None and len(seen) >= limit:
                    return
            if len(page) < size or len(seen) == before:
                return
            start += len(page)


class Datasets(CatalogResource[Dataset]):
    """Datasets."""

    PATH = f"{CATALOG}/dataSets"
    model = Dataset
    noun = "dataset"

    def list(
        self, *, name: str | None = None, tags: str | None = None, limit: int | None = None
    ) -> AsyncIterator[Dataset]:
        """All, by name or by tags (`key:value`, `*` for any), newest first. Source: Catalog, GET /dataSets."""
        wanted = (("name", name), ("tags", tags))
        return self._pages([(key, value) for key, value in wanted if value is not None], limit)

    async def create(self, body: DatasetCreate) -> DatasetId:
        """The new dataset's id; the answer is `["@/dataSets/<id>"]`. Source: Catalog, POST /dataSets."""
        return _id_of((await self._http.send("POST", self.PATH, body=body.to_wire())).body, "POST", self.PATH)

    async def update(self, identifier: str, patch: Sequence[Json], etag: str | None = None) -> DatasetId:
        """Change it by a JSON Patch, with its own content type. Source: Catalog, PATCH /dataSets/{id}."""
        path = f"{self.PATH}/{identifier}"
        answer = await self._http.send(
            "PATCH", path, body=list(patch), content_type="application/json-patch+json", etag=etag
        )
        return _id_of(answer.body, "PATCH", path)

    async def delete(self, identifier: str) -> None:
        """Delete it, and what is in it. Source: Catalog, DELETE /dataSets/{id}."""
        await self._http.send("DELETE", f"{self.PATH}/{identifier}")


class Batches(CatalogResource[Batch]):
    """Writes into datasets."""

    PATH = f"{CATALOG}/batches"
    model = Batch
    noun = "batch"

    def list(
        self, dataset_id: str | None = None, *, status: str | None = None, limit: int | None = None
    ) -> AsyncIterator[Batch]:
        """Newest first, of one dataset or of all, in one status or in any. Source: Catalog, GET /batches."""
        wanted = (("dataSet", dataset_id), ("status", status))
        return self._pages([(key, value) for key, value in wanted if value is not None], limit)


def _id_of(answer: Json, method: str, path: str) -> DatasetId:
    texts = items_of(answer)
    if not texts or not isinstance(texts[0], str) or "/" not in texts[0] or texts[0].endswith("/"):
        raise DecodeError(
            f"Catalog's answer to {method} {path} names no dataset.",
            "Look for it by name before trying again.",
            method=method,
            path=path,
        )
    return DatasetId(texts[0].rpartition("/")[2])
