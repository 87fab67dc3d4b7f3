"""Explore and preview: takes the query apart and asks the storage. All connectors of one platform read one storage."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.datastructures import QueryParams

from aeptui.emulator.errors import flow_error
from aeptui.emulator.flow_service.state import Document, FlowService


async def explored(service: FlowService, query: QueryParams) -> Any:
    """GET /connections/{id}/explore: a listing (an array) or a file (an object).

    Raises:
        ServiceError: 1358 and 1337 for a wrong question, 1374 for properties given twice, and what the file says.
    """
    from aeptui.emulator import explore  # brings pyarrow: not before somebody explores

    given = {key.replace("_", "").lower(): value for key, value in query.items()}
    kind = given.get("objecttype", "root").lower()  # optional in the published file, left out in Adobe's collection
    storage = service.world.storage
    if kind not in ("root", "folder", "file"):
        raise flow_error(1358, f"The objectType {kind} is not supported: root, folder or file.")
    path = "/" if kind == "root" else given.get("object", "")
    if not path:
        raise flow_error(1337, f"object is required with the objectType {kind}.")
    if kind != "file":
        try:
            return await asyncio.to_thread(explore.list_folder, storage, path)
        except FileNotFoundError as error:
            raise flow_error(1337, f"The folder {path} does not exist.") from error
    names = ("filetype", "columndelimiter", "compressiontype", "encoding")
    manual = {name: given[name] for name in names if given.get(name)}
    determine = given.get("determineproperties", "").lower() == "true"
    if determine and manual:
        raise flow_error(1374, "determineProperties cannot be used together with properties given by hand.")
    if not determine and "filetype" not in manual:
        raise flow_error(1337, "fileType is required with the objectType file.")
    try:
        return await asyncio.to_thread(
            _file, service, path, manual, determine, given.get("preview", "").lower() == "true"
        )
    except explore.ExploreError as error:
        raise flow_error(error.code, error.message) from error


def _file(service: FlowService, path: str, manual: dict[str, str], determine: bool, preview: bool) -> Document:
    from aeptui.emulator import explore

    storage = service.world.storage
    properties: Document
    if determine:
        properties = explore.determine_properties(storage, path)
    else:
        properties = {"fileType": manual["filetype"].lower()}
        for name, key in (("compressiontype", "compressionType"), ("columndelimiter", "columnDelimiter")):
            if name in manual:
                properties[key] = manual[name]
        if "encoding" in manual:
            properties["encoding"] = manual["encoding"]
    shown = explore.preview_file(
        storage,
        path,
        file_type=properties["fileType"],
        column_delimiter=properties.get("columnDelimiter", ","),
        compression=properties.get("compressionType"),
        encoding=properties.get("encoding", "UTF-8"),
    )
    answer: Document = {"format": shown["format"], "schema": shown["schema"]}
    if preview:
        answer["data"] = shown["data"]
    return {**answer, "properties": shown.get("properties", properties)}
