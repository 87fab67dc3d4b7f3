"""Reads Postman collections (v2.1) and sends their requests the way Postman does.

Adobe's collections hold variables in every place and, before each request, a script that leaves out headers and query
parameters whose variable is empty; `Sent` does what that script does. Scripts are not run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlsplit

_VARIABLE: Final = re.compile(r"\{\{([^}]*)\}\}")
_WHOLE: Final = re.compile(r"\{\{([^}]*)\}\}\Z")


class Sent(NamedTuple):
    """A request that is ready: the path with its query, without a host."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes | None


class Call(NamedTuple):
    """One request of a collection."""

    collection: str
    name: str
    raw: Mapping[str, Any]

    @property
    def method(self) -> str:
        return str(self.raw["method"])

    @property
    def key(self) -> str:
        """What tells it apart from all others: names occur twice."""
        return f"{self.method} {urlsplit(str(self.raw['url']['raw'])).path}"

    def filled(self, variables: Mapping[str, str]) -> Sent:
        """With its variables in place.

        Raises:
            KeyError: a variable of its path or of its body has no value.
        """
        url = self.raw["url"]
        segments = {one["id"]: one["value"] for one in url.get("variable", [])}
        parts = (segments[part[1:]] if part.startswith(":") else part for part in url["path"])
        path = "/".join(quote(_put_in(part, variables), safe="") for part in parts)
        query = "&".join(
            f"{quote(one['key'])}={quote(_put_in(one['value'], variables), safe='')}"
            for one in url.get("query", [])
            if _has_value(one, variables)
        )
        headers = {
            one["key"]: _put_in(one["value"], variables)
            for one in self.raw.get("header", [])
            if _has_value(one, variables)
        }
        body = self.raw.get("body") or {}
        raw = body.get("raw")
        if body.get("mode") == "formdata" and body.get("formdata"):
            raise KeyError("a form")
        sent = _put_in(raw, variables).encode() if raw else None
        return Sent(self.method, f"/{path}?{query}" if query else f"/{path}", headers, sent)


def calls(folder: Path) -> list[Call]:
    """All requests of all collections in a folder."""
    found: list[Call] = []
    for file in sorted(folder.glob("*.postman_collection.json")):
        document = json.loads(file.read_text("utf-8"))
        found += [Call(str(document["info"]["name"]), name, raw) for name, raw in _requests(document["item"])]
    return found


def environment(file: Path) -> dict[str, str]:
    """The variables of an environment."""
    values = json.loads(file.read_text("utf-8"))["values"]
    return {one["key"]: one["value"] for one in values if one.get("enabled", True)}


def _requests(items: list[Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for item in items:
        if "item" in item:
            yield from _requests(item["item"])
        else:
            yield item["name"], item["request"]


def _put_in(text: str, variables: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda match: variables[match[1]], text)


def _has_value(one: Mapping[str, Any], variables: Mapping[str, str]) -> bool:
    if one.get("disabled"):
        return False
    match = _WHOLE.match(one["value"])
    return match is None or bool(variables.get(match[1]))
