"""A mapping set proposed for the rows of a batch: what is called the same goes to the same place. Never stored.

Source: aepp, GET /mappingSets/suggestion; how the platform decides is not documented (inferred: by names).
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

from aeptui.emulator.data_access.state import BatchFiles
from aeptui.emulator.data_prep.state import MappingSets, field_types, refused

Document = dict[str, Any]

_SAME_PATH: Final = 1.0
_SAME_NAME: Final = 0.5


async def suggested(
    sets: MappingSets, files: BatchFiles, sandbox: str, dataset: str, batch: str, *, unmapped: bool
) -> Document:
    """The proposal, in the shape of a read mapping set without an id.

    Args:
        dataset: Where the rows are to go.
        batch: Where they are.
        unmapped: Whether to name the source attributes without a destination too.
    Raises:
        ServiceError: one of both does not exist, or the batch has no rows.
    """
    known = files.catalog.need_dataset(sandbox, dataset)
    source = files.batch(sandbox, batch)
    data = [files.folder(source) / str(file["name"]) for file in files.data_files(source)]
    if not data:
        raise refused(f"The batch {batch} has no dataset files.", 1009)
    reference = {"id": known["schemaRef"]["id"], "contentType": "application/vnd.adobe.xed-full+json;version=1"}
    schema = sets.schema_of(sandbox, {"outputSchema": {"schemaRef": reference}})
    kinds = field_types(schema)
    targets = [path for path, kind in kinds.items() if "[*]" not in path and kind not in ("object", "array", "map")]
    attributes = await asyncio.to_thread(_attributes, data[0])
    return {
        "outputSchema": {"schemaRef": reference},
        "schemaRef": reference,
        "xdmSchema": reference["id"],
        "mappings": [mapping for mapping in _mapped(attributes, targets) if unmapped or mapping["destination"]],
    }


def _attributes(file: Path) -> list[str]:
    """The leaf columns of a Parquet file, as dotted paths; lists and maps are no attributes."""
    from pyarrow import parquet, types  # not before somebody asks

    def walk(fields: Any, prefix: str) -> list[str]:
        found: list[str] = []
        for field in fields:
            if types.is_struct(field.type):
                found += walk(list(field.type), f"{prefix}{field.name}.")
            elif not types.is_nested(field.type):
                found.append(f"{prefix}{field.name}")
        return found

    return walk(parquet.read_schema(file), "")


def _mapped(attributes: list[str], targets: list[str]) -> list[Document]:
    by_name: dict[str, list[str]] = defaultdict(list)
    for path in targets:
        by_name[_word(path)].append(path)
    taken: set[str] = set(attributes) & set(targets)
    found: list[Document] = []
    for source in attributes:
        same = [path for path in by_name[_word(source)] if path not in taken]
        target: str | None = None
        score = 0.0
        if source in taken:
            target, score = source, _SAME_PATH
        elif len(same) == 1:
            target, score = same[0], _SAME_NAME
            taken.add(target)
        found.append(
            {
                "sourceType": "text/x.schema-path",
                "source": source,
                "destination": target,
                "sourceAttribute": source,
                "destinationXdmPath": target,
                "matchScore": score,
            }
        )
    return found


def _word(path: str) -> str:
    """The last name of a path, without what people write differently."""
    return re.sub(r"[^a-z0-9]", "", path.rpartition(".")[2].lower())
