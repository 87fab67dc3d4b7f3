"""The platform's XDM against Adobe's published files: every resource by itself, and the composed schemas.

Compared at every place that a path can reach: that there is such a place, type, format, pattern, required, enum,
meta:enum, default, minimum, maximum, minLength, maxLength; and where Adobe's file says them of a field: title and
meta:status. Labels of values that are whole sentences, and descriptions, are the platform's own.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from aeptui.emulator.schema_registry.compose import full, leaves
from aeptui.emulator.schema_registry.definitions import reader

REFERENCE: Final = Path(__file__).resolve().parents[2] / "../shared/reference/xdm"
Node = dict[str, Any]

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not REFERENCE.is_dir(), reason="the XDM reference is not beside the repository"),
]

_CONTEXT: Final = "https://ns.adobe.com/xdm/common/extensible#/definitions/@context"
"""Declares the prefixes of the JSON-LD form; the registry's own names have none."""
_LONGEST_LABEL: Final = 45
_LIMITS: Final = (
    *("type", "format", "pattern", "default", "enum", "meta:enum", "required"),
    *("minimum", "maximum", "minLength", "maxLength"),
)
_SAID: Final = ("title", "meta:status")


@functools.cache
def adobes() -> dict[str, Node]:
    """Adobe's files by `$id`."""
    found = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(REFERENCE.rglob("*.schema.json"))]
    return {document["$id"]: document for document in found}


@functools.cache
def ours() -> dict[str, Node]:
    """The platform's definitions by `$id`."""
    files = ("classes.toml", "datatypes.toml", "fieldgroups.toml")
    return {document["$id"]: document for file in files for _, document in reader.load(file)}


def _composed() -> dict[str, Node]:
    file = REFERENCE / "leaf-paths.derived.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def _named(name: str, node: Node) -> Node:
    """A property under the name that the registry shows: `xdm:a` is `a`, `@id` is `_id`, `repo:a` is `_repo.a`."""
    prefix, colon, rest = name.partition(":")
    if name.startswith("@"):
        return {f"_{name[1:]}": node}
    if colon and prefix != "xdm":
        return {f"_{prefix}": {"type": "object", "properties": {rest: node}}}
    return {rest if colon else name: node}


def _resolved(node: Node, root: Node) -> Node:
    """Adobe's form resolved, independently of the platform's own way."""
    merged: Node = {}
    reference = node.get("$ref")
    if reference and reference != _CONTEXT:
        base, _, pointer = reference.partition("#")
        document = adobes()[base] if base else root
        target = functools.reduce(lambda at, part: at[part], [part for part in pointer.split("/") if part], document)
        inherited = _resolved(target, document)
        if document is not root:
            inherited.pop("meta:status", None)  # a data type's own status is not the field's
        _merge(merged, inherited)
    for part in node.get("allOf", []):
        _merge(merged, {key: value for key, value in _resolved(part, root).items() if key not in _SAID})
    own: Node = {key: node[key] for key in (*_LIMITS, *_SAID) if key in node}
    own["properties"] = {}
    for name, child in node.get("properties", {}).items():
        _merge(own["properties"], _named(name, _resolved(child, root)))
    if "required" in own:
        own["required"] = [next(iter(_named(name, {}))) for name in own["required"]]
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            own[key] = _resolved(node[key], root)
    _merge(merged, own)
    if merged["properties"]:
        merged.setdefault("type", "object")
    return merged


def _merge(into: Node, more: Node) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict) and key != "meta:enum":
            _merge(into[key], value)
        else:
            into[key] = value


def _places(node: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    """Everything that can be said of a field, by its path."""
    yield path, node
    for name, child in node.get("properties", {}).items():
        yield from _places(child, f"{path}.{name}" if path else name)
    for key, word in (("items", "[*]"), ("additionalProperties", ".{key}")):
        if isinstance(node.get(key), dict):
            yield from _places(node[key], path + word)


def _facts(node: Node, key: str, reworded: frozenset[str]) -> object:
    value = node.get(key)
    if key in ("enum", "required"):
        return sorted(value or [])
    if key == "meta:enum" and value:
        return {word: "" if word in reworded else label for word, label in value.items()}
    return value


def differences(adobe: Node, our: Node) -> list[str]:
    """What two resolved schemas do not agree on."""
    theirs, mine = dict(_places(adobe)), dict(_places(our))
    found = [f"{path} is in one only" for path in theirs.keys() ^ mine.keys()]
    for path in theirs.keys() & mine.keys():
        expected, actual = theirs[path], mine[path]
        labels = expected.get("meta:enum", {}).items()
        sentences = frozenset(word for word, label in labels if len(label) > _LONGEST_LABEL)
        for key in _LIMITS:
            left, right = (_facts(node, key, sentences) for node in (expected, actual))
            if left != right:
                found.append(f"{path} {key}: {left} is {right}")
        is_field = path and not path.endswith(("[*]", "}"))
        found += [
            f"{path} {key}: {expected[key]} is {actual.get(key)}"
            for key in _SAID
            if is_field and key in expected and expected[key] != actual.get(key)
        ]
    return sorted(found)


def test_the_platform_has_exactly_the_published_resources() -> None:
    assert len(adobes()) == 28
    assert ours().keys() == adobes().keys()


@pytest.mark.parametrize("id", sorted(adobes()))
def test_a_resource_has_the_published_fields_types_and_limits(id: str) -> None:
    document = adobes()[id]
    our = full(ours()[id], ours().get)
    assert differences(_resolved(document, document), our) == []
    assert (our["title"], our["meta:status"]) == (document["title"], document["meta:status"])
    assert set(document.get("meta:extends", [])) <= set(ours()[id]["meta:extends"])
    assert set(document.get("meta:intendedToExtend", [])) <= set(ours()[id].get("meta:intendedToExtend", []))


@pytest.mark.parametrize("name", sorted(_composed()))
def test_a_composed_schema_has_the_published_fields_types_and_limits(name: str) -> None:
    entry = _composed()[name]
    parts = [{"$ref": id} for id in entry["compose"]]
    schema = full({"$id": "x", "allOf": parts}, ours().get)
    assert dict(leaves(schema)) == {leaf["path"]: leaf["xdmType"] for leaf in entry["leaves"]}
    adobe = _resolved({"allOf": parts}, {})
    adobe["type"] = "object"
    assert differences(adobe, schema) == []
    assert schema.get("required", []) == (["_id", "timestamp"] if name.startswith("event") else [])
