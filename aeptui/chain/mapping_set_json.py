"""Mapping rows as the platform's own mapping-set JSON: as it is written, as it is read back, as it was before 2022."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from aeptui.chain.mapping_exchange import ReadRow, ReadTable
from aeptui.chain.mapping_rows import source_text, source_type
from aeptui.chain.pipeline import MappingRow
from aeptui.models.base import items_of, mapping_of

if TYPE_CHECKING:
    from aeptui.models.base import Json

_KINDS: Final = {
    "ATTRIBUTE": "ATTRIBUTE", "text/x.schema-path": "ATTRIBUTE", "": "ATTRIBUTE",
    "EXPRESSION": "EXPRESSION", "text/x.aep-xl": "EXPRESSION",
    "STATIC": "STATIC",
}  # fmt: skip
_NOT_KEPT: Final = {"identity": "that it is an identity", "primaryIdentity": "that it is the primary identity"}


def to_json(rows: Iterable[MappingRow], name: str, schema_id: str | None) -> str:
    """The body of POST /mappingSets; without an `outputSchema` when the schema is not made yet."""
    body: dict[str, Any] = {"name": name}
    if schema_id is not None:
        content = "application/vnd.adobe.xed-full+json;version=1"
        body["outputSchema"] = {"schemaRef": {"id": schema_id, "contentType": content}}
    body["mappings"] = [
        {
            "sourceType": source_type(row),
            "source": source_text(row),
            "destination": row.target,
        }
        for row in rows
    ]
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def looks_like_json(text: str) -> bool:
    """Is this JSON rather than a table?"""
    return text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[")


def read_json(text: str) -> ReadTable:
    """Rows of a mapping set, as it is written (POST /mappingSets), as it is read back, or in the words of before 2022.

    Something else is answered as one line with the reason.
    """
    try:
        value: Json = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        return _none(f"It is not JSON: {error}")
    sets = items_of(mapping_of(value).get("data"))
    if len(sets) > 1:
        return _none(f"It holds {len(sets)} mapping sets; keep one")
    one = mapping_of(sets[0] if sets else value)
    one = mapping_of(one.get("mappingSet")) or one
    listed = one.get("mappings") if "mappings" in one else value
    if not isinstance(listed, list):
        return _none('It is no mapping set: there is no list called "mappings" in it')
    return read_mappings(listed)


def _none(reason: str) -> ReadTable:
    return ReadTable((ReadRow(1, "", None, reason),))


def read_mappings(mappings: Iterable[Json]) -> ReadTable:
    """The rows of a mapping set's list, in either spelling."""
    return ReadTable(tuple(_of_mapping(number, raw) for number, raw in enumerate(mappings, 1)))


def _of_mapping(number: int, raw: Json) -> ReadRow:
    if not isinstance(raw, dict):
        return ReadRow(number, _shown(json.dumps(raw, ensure_ascii=False)), None, "It is no object")
    source = raw.get("source") or raw.get("sourceAttribute") or ""
    target = raw.get("destination") or raw.get("destinationXdmPath") or ""
    named = str(raw.get("sourceType") or "")
    shown = _shown(f"{source}  {target}")
    if not isinstance(source, str) or not isinstance(target, str):
        return ReadRow(number, shown, None, "Source and destination have to be texts")
    if not _is_text(source) or not _is_text(target):
        return ReadRow(number, shown, None, "It holds half a character, which no file can keep")
    kind = _KINDS.get(named)
    if kind is None:
        return ReadRow(number, shown, None, f"Its source type {named!r} cannot be said in a pipeline")
    if not source and not target:
        return ReadRow(number, shown, None, "It has neither a source nor a destination")
    lost = [words for key, words in _NOT_KEPT.items() if raw.get(key) is True]
    note = f"not kept: {', '.join(lost)}" if lost else ""
    if kind == "STATIC":
        constant = MappingRow(expression=json.dumps(source, ensure_ascii=False), target=target)
        return ReadRow(number, shown, constant, "a constant, written as an expression" + (f"; {note}" if note else ""))
    if kind == "EXPRESSION":
        return ReadRow(number, shown, MappingRow(expression=source, target=target), note)
    return ReadRow(number, shown, MappingRow(source=source or None, target=target), note)


def _shown(text: str) -> str:
    """The beginning of a text, with what no terminal can show spelled out."""
    text = text[:200]
    return text if _is_text(text) else ascii(text)


def _is_text(text: str) -> bool:
    """JSON can spell half of a surrogate pair; UTF-8 cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
