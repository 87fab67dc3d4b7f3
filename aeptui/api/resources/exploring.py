"""Looking into a storage: through a base connection, or for Data Landing Zone through its connection spec."""

from __future__ import annotations

from collections.abc import Sequence

from aeptui.api.http import Http, Params
from aeptui.api.resources.flow_service import decode
from aeptui.models.base import Json, items_of, mapping_of
from aeptui.models.connections import ExploredItem, FileColumn, FileFormat, FilePreview


class Explorable:
    """Adds `explore` to a resource. Source: Flow Service, GET /connections/{id}/explore, /connectionSpecs/{id}/explore.

    A path goes out percent-encoded once, as it is: base64 is for other connectors.
    """

    PATH: str
    _http: Http

    async def explore(self, identifier: str, *, path: str | None = None) -> Sequence[ExploredItem]:
        """The entries of a folder; None is the root."""
        params = {"objectType": "root"} if path in (None, "", "/") else {"objectType": "folder", "object": str(path)}
        answer = await self._explore(identifier, params)
        entries = items_of(answer) or items_of(mapping_of(answer).get("items"))
        return [decode(ExploredItem, raw, "GET", f"{self.PATH}/{identifier}/explore") for raw in entries]

    async def preview(self, identifier: str, path: str, file_format: FileFormat) -> FilePreview:
        """Columns and first rows of a file, read as that format."""
        query = {"objectType": "file", "object": path, "preview": "true", **file_format.explore_params()}
        answer = await self._explore(identifier, query)
        raw = mapping_of(answer)
        listed = items_of(mapping_of(raw.get("schema")).get("columns")) or items_of(answer)
        columns = [decode(FileColumn, one, "GET", f"{self.PATH}/{identifier}/explore") for one in listed]
        rows = [one for one in items_of(raw.get("data")) if isinstance(one, dict)]
        return FilePreview(file_format, tuple(columns), tuple(rows))

    async def determine_properties(self, identifier: str, path: str) -> FileFormat:
        """The format the platform detects in a file.

        Raises:
            BadRequest: it cannot tell (1375), or does not detect for this connector (1371, 1376).
        """
        query = {"objectType": "file", "object": path, "determineProperties": "true"}
        answer = mapping_of(await self._explore(identifier, query))
        return FileFormat.from_properties(mapping_of(answer.get("properties")))

    async def _explore(self, identifier: str, params: Params) -> Json:
        return (await self._http.send("GET", f"{self.PATH}/{identifier}/explore", params=params)).body
