"""The schemas of the world `busy`, as their makers would send them: titles, the widest one's field groups. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from aeptui.emulator.world import TENANT_ID

Document = dict[str, Any]


def titles(data: Document, count: int) -> list[tuple[str, str]]:
    """(pipeline, title) of every schema, in the words of which dataflows are named, too."""
    found = [
        (pipeline, f"{house['name']} {thing}, {region}")
        for house in data["house"]
        for pipeline, things in data["things"].items()
        for thing in things
        for region in data["regions"].values()
    ]
    random.Random(2).shuffle(found)  # noqa: S311 - repeatable on purpose
    laps = count // len(found) + 1
    return [(pipeline, f"{title} {lap}" if lap else title) for lap in range(laps) for pipeline, title in found]


def wide_groups(wide: Document, fields: int) -> Iterator[Document]:
    """The field groups that together have so many fields."""
    left = fields
    for domain in wide["domains"]:
        groups: Document = {}
        for group in wide["groups"]:
            names = wide["fields"][:left]
            left -= len(names)
            if names:
                properties = {name: {"title": name, **_type_of(name)} for name in names}
                groups[group] = {"type": "object", "title": group, "properties": properties}
        if not groups:
            return
        tree: Document = {"type": "object", "title": domain, "properties": groups}
        tenant: Document = {"type": "object", "properties": {f"{domain}360": tree}}
        name = f"customer360-{domain}"
        yield {
            "type": "object",
            "title": f"{wide['title']}: {domain}",
            "description": f"What is known about a customer: {domain}",
            "meta:intendedToExtend": ["https://ns.adobe.com/xdm/context/profile"],
            "definitions": {name: {"properties": {f"_{TENANT_ID}": tenant}}},
            "allOf": [{"$ref": f"#/definitions/{name}"}],
        }


def primary_identity(schema: str) -> Document:
    """The descriptor of a schema whose customers are known by their mail address."""
    return {
        "@type": "xdm:descriptorIdentity",
        "xdm:sourceSchema": schema,
        "xdm:sourceVersion": 1,
        "xdm:sourceProperty": "/personalEmail/address",
        "xdm:namespace": "Email",
        "xdm:property": "xdm:code",
        "xdm:isPrimary": True,
    }


def _type_of(name: str) -> Document:
    """The type that a field's name stands for."""
    if name.startswith("is"):
        return {"type": "boolean"}
    if name.endswith(("At", "On")):
        return {"type": "string", "format": "date-time"}
    if name in ("count", "rank", "version", "priority"):
        return {"type": "integer"}
    return {"type": "number"} if name in ("amount", "average", "share", "score", "trend") else {"type": "string"}
