"""Adobe's published OpenAPI files: which operation a request is, what body it wants, what it may answer, and what it
gives as examples."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from openapi_schema_validator import OAS30Validator

OPENAPI: Final = Path(__file__).resolve().parents[3] / "../shared/openapi"
_METHODS = ("get", "post", "put", "patch", "delete", "head")
_BASES: Final = {
    "flow-service": "/data/foundation/flowservice",
    "schema-registry": "/data/foundation/schemaregistry",
    "catalog": "/data/foundation/catalog",
    "data-prep": "/data/foundation/conversion",
    "data-access": "/data/foundation/export",
    "sandbox": "/data/foundation",
}
_DEEPEST = 8


@dataclass(frozen=True)
class Operation:
    """One operation of one file."""

    file: str
    method: str
    template: str
    raw: Any = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        return f"{self.file} {self.method} {self.template}"

    @property
    def query_names(self) -> set[str]:
        """The query parameters it knows."""
        document = _document(self.file)
        shared = document["paths"][self.template].get("parameters", [])
        found = [_resolved(one, document) for one in (*shared, *self.raw.get("parameters", []))]
        return {str(one["name"]) for one in found if one.get("in") == "query"}

    @property
    def body_schema(self) -> Any:
        """JSON Schema of its body; None when it takes none."""
        document = _document(self.file)
        content = self.raw.get("requestBody", {}).get("content", {})
        schema = next((kind.get("schema") for kind in content.values()), None)
        if schema is None:
            found = [_resolved(one, document) for one in self.raw.get("parameters", [])]
            schema = next((one.get("schema") for one in found if one.get("in") == "body"), None)
        return schema

    def violations(self, body: Any) -> Iterator[tuple[str, str]]:
        """Where a body does not fit, with array places as `*`, and why."""
        yield from _violations(_validator(self.file, self.method, self.template, ""), body)

    @property
    def base_url(self) -> str:
        """What stands before its template in the path of a request."""
        return _BASES[self.file]

    @property
    def statuses(self) -> set[int]:
        """The statuses it may answer with."""
        return {int(status) for status in self.raw["responses"] if str(status).isdigit()}

    def answer_violations(self, status: int, body: Any) -> Iterator[tuple[str, str]]:
        """Where an answer does not fit, and why; nothing where the file has no schema for that status."""
        yield from _violations(_validator(self.file, self.method, self.template, str(status)), body)

    @property
    def examples(self) -> list[Any]:
        """What it says it answers when all is well: whole examples, and one made of those of its fields."""
        document = _document(self.file)
        found: list[Any] = []
        for status, raw in self.raw.get("responses", {}).items():
            if not str(status).startswith("2"):
                continue
            response = _resolved(raw, document)
            kinds = list(response.get("content", {}).values()) or [response]
            for kind in kinds:
                if "example" in kind:
                    found.append(kind["example"])
                for one in (kind.get("examples") or {}).values():
                    found.append(_resolved(one, document).get("value") if isinstance(one, dict) else one)
                if kind.get("schema"):
                    found.append(_example_of(kind["schema"], document, 0))
        return [one for one in found if one not in (None, {}, [])]


def _violations(validator: OAS30Validator | None, body: Any) -> Iterator[tuple[str, str]]:
    for error in validator.iter_errors(body) if validator is not None else ():
        place = ".".join("*" if isinstance(part, int) else str(part) for part in error.absolute_path)
        yield place, error.message[:200]


@functools.cache
def _validator(file: str, method: str, template: str, status: str) -> OAS30Validator | None:
    """Of an operation's answers with a status, or of its body (status "")."""
    document = _document(file)
    (operation,) = (one for one in operations() if (one.file, one.method, one.template) == (file, method, template))
    if status:
        responses = {str(code): response for code, response in operation.raw["responses"].items()}
        response = _resolved(responses.get(status, {}), document)
        content = response.get("content", {}).get("application/json", {})
        schema = content.get("schema") or response.get("schema")
    else:
        schema = operation.body_schema
    if schema is None:
        return None
    parts = {key: document[key] for key in ("components", "definitions") if key in document}
    return OAS30Validator({**schema, **parts})


@functools.cache
def operations() -> tuple[Operation, ...]:
    """All of the six files, longest template first, so that a fixed word wins over a parameter."""
    found = [
        Operation(file, method.upper(), template, raw)
        for file in _BASES
        for template, methods in _document(file)["paths"].items()
        for method, raw in methods.items()
        if method in _METHODS
    ]
    return tuple(sorted(found, key=lambda one: (one.template.count("{"), -len(one.template))))


def operation_of(method: str, path: str) -> Operation | None:
    """The operation a request is; None when no file has it."""
    for one in operations():
        if one.method == method and _pattern(one.file, one.template).fullmatch(path):
            return one
    return None


@functools.cache
def _pattern(file: str, template: str) -> re.Pattern[str]:
    parts = (part if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[^}]*\})", template))
    text = "".join("[^/]+" if part.startswith("{") else part for part in parts)
    return re.compile(re.escape(_BASES[file]) + text.rstrip("/") + "/?")


@functools.cache
def _document(file: str) -> dict[str, Any]:
    text = (OPENAPI / f"{file}.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: dict[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506 - one of the two safe ones
    return loaded


def _resolved(raw: Any, document: dict[str, Any]) -> Any:
    while isinstance(raw, dict) and "$ref" in raw:
        found: Any = document
        for part in str(raw["$ref"]).removeprefix("#/").split("/"):
            found = found.get(part, {})
        raw = found
    return raw


def _example_of(schema: Any, document: dict[str, Any], depth: int) -> Any:
    """An instance made of the examples of its fields; None where there is none."""
    schema = _resolved(schema, document)
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return None
    if "example" in schema:
        return schema["example"]
    for word in ("allOf", "oneOf", "anyOf"):
        if schema.get(word):
            parts = [_example_of(one, document, depth + 1) for one in schema[word]]
            objects = [one for one in parts if isinstance(one, dict)]
            return {key: value for one in objects for key, value in one.items()} if objects else parts[0]
    if schema.get("type") == "array":
        item = _example_of(schema.get("items"), document, depth + 1)
        return [item] if item is not None else []
    if "properties" in schema or schema.get("type") == "object":
        made = {key: _example_of(one, document, depth + 1) for key, one in schema.get("properties", {}).items()}
        return {key: value for key, value in made.items() if value is not None}
    return (schema.get("enum") or [None])[0]
