"""Every answer of the local platform against Adobe's published OpenAPI files, with their documented mistakes allowed
for. A client's response hook: what any test of the emulator receives is checked, refusals too.

Statuses of refusals are not taken from the files: most operations list 403 and 503 only, where the documents have many
more (aep-api.md sections 1.4, 2.10, 3.1). What a refusal looks like is checked against the shapes of its section 1.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import httpx
from openapi_schema_validator import OAS30Validator

from tests.unit.api.published import OPENAPI, Operation, operation_of

_UI = "items.*.sourceSpec.attributes.uiAttributes"
_MS = "epoch milliseconds in every documented sample"
_READ = "row 26: reads show the internal spelling of the source type"
_NESTED = ("", "mappings.*.", "data.*.", "data.*.mappings.*.")
CORRECTIONS: Final[dict[tuple[str, str], str]] = {
    **{
        ("flow-service", f"{_UI}.{key}"): "section 2.3: documented samples have an object with a key"
        for key in ("category", "label", "description")
    },
    ("flow-service", "items.*.transformationSpecs"): "row 22: an array in practice",
    ("flow-service", "items.*.transformations.*.params.mappingVersion"): "row 22: both are seen; echoed as sent",
    **{
        ("flow-service", f"items.*.scheduleParams.{key}"): "row 3: echoed as sent; an integer by the flow spec"
        for key in ("interval", "startTime", "backfill")
    },
    ("schema-registry", "_page.next"): "section 3.2, and the file's own example: null on the last page",
    ("schema-registry", "_links.next"): "section 3.2, and the file's own example: null on the last page",
    (
        "schema-registry GET /{CONTAINER_ID}/descriptors",
        "xdm:descriptorIdentity.*",
    ): "section 3.1: ids or links, by the Accept header",
    (
        "schema-registry",
        "xdm:descriptorIdentity.*.xdm:sourceVersion",
    ): "section 3.3: a number in every documented sample",
    ("schema-registry", "@type"): "xdm:descriptorDeprecated is documented, but in another place than the file",
    (
        "schema-registry GET /rpc/auditlog/{RESOURCE_ID}",
        "*.updates.*.value",
    ): "any value, as in the file's own example",
    ("schema-registry", "xdm:sourceVersion"): "section 3.3: a number in every documented sample",
    ("flow-service GET /connections/{BASE_CONNECTION_ID}/explore", ""): "row 12: an object for a file",
    ("flow-service GET /connectionSpecs/{CONNECTION_SPEC_ID}/explore", ""): "row 12: an object for a file",
    ("flow-service GET /connections/{BASE_CONNECTION_ID}/configs", ""): "the file's own example is an object",
    ("flow-service GET /connectionSpecs/{CONNECTION_SPEC_ID}/configs", ""): "the file's own example is an object",
    **{("data-prep", f"{part}{key}"): _MS for part in _NESTED for key in ("createdDate", "modifiedDate")},
    **{("data-prep", f"{part}sourceType"): _READ for part in ("", "*.", "mappings.*.", "data.*.mappings.*.")},
    ("data-prep", "*.createdDate"): _MS,
    ("data-prep", "*.modifiedDate"): _MS,
    **{
        ("data-prep", f"{part}outputSchema.jsonSchema."): "section 5.1: a JSON Schema; the file has a map of objects"
        for part in ("", "data.*.")
    },
    ("data-prep", "validationResponse.*.errors"): "section 5.1: null when nothing is wrong, in every documented sample",
    ("data-prep GET /mappingSets/{MAPPING_SET_ID}/mappings", ""): "section 5.1: an array",
    ("data-prep POST /mappingSets/preview", ""): "row 27: an array in the documents",
    ("data-prep POST /languages/el/validate", ""): "row 27: an object in the documents",
}
"""(file or operation, place in the answer with numbers as `*`): why the file is wrong there; a place that ends in a dot
stands for all below it. Rows and sections are those of aep-api.md."""

STATUSES: Final[dict[str, tuple[int, str]]] = {}
"""Operation: a good status that the file does not have, and why."""

_TEXT: Final = {"type": "string"}


def _shape(*names: str, **more: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*names, *more], "properties": {**dict.fromkeys(names, _TEXT), **more}}


_STATUS: Final = {"type": "integer"}
_PROBLEM: Final = _shape("type", "title", "detail", status=_STATUS)
_REPORTED: Final = _shape("type", "title", "detail", status=_STATUS, report=_shape("request-id", "detailed-message"))
_SHAPES: Final = {
    "flowservice": _shape(
        "type",
        "title",
        "errorMessage",
        "errorDetails",
        status=_STATUS,
        report=_shape("request-id", "detailed-message"),
    ),
    "schemaregistry": _shape(
        "type",
        "title",
        "detail",
        status=_STATUS,
        report=_shape("registryRequestId", "timestamp", "detailed-message", **{"sub-errors": {"type": "array"}}),
    ),
}
_GATEWAY: Final = {**_shape("error_code", "message"), "additionalProperties": False}


class Conformance:
    """Checks what it is shown, and remembers which operations answered well."""

    def __init__(self, *, lenient: bool = False) -> None:
        self.lenient = lenient
        """Note what is wrong instead of failing."""
        self.good: set[Operation] = set()
        self.wrong: set[str] = set()

    async def __call__(self, response: httpx.Response) -> None:
        """The hook of an httpx client."""
        await response.aread()
        method, path = response.request.method, response.request.url.raw_path.partition(b"?")[0].decode()
        found = [f"{method} {path} {response.status_code}: {text}" for text in self._judged(response, method, path)]
        self.wrong.update(found)
        assert self.lenient or not found, "\n".join(found)

    def _judged(self, response: httpx.Response, method: str, path: str) -> Iterator[str]:
        if not OPENAPI.is_dir():
            return
        operation = operation_of(method, path)
        if response.is_error:
            if path.startswith("/data/") and method != "HEAD":
                yield from _refusal(response, path, operation)
            return
        if operation is None:
            return
        self.good.add(operation)
        if response.status_code not in {*operation.statuses, *STATUSES.get(operation.name, ())}:
            yield f"{operation.name} does not have this status"
        if response.headers.get("content-type", "").startswith("application/json"):
            yield from _misfits(response, operation)


def _misfits(response: httpx.Response, operation: Operation) -> Iterator[str]:
    for place, why in operation.answer_violations(response.status_code, response.json()):
        if not _known(operation, place):
            yield f"{place}: {why}"


def _known(operation: Operation, place: str) -> bool:
    places = [place, *(f"{place[:end]}." for end, sign in enumerate(place) if sign == ".")]
    return any((scope, one) in CORRECTIONS for scope in (operation.file, operation.name) for one in places)


def _refusal(response: httpx.Response, path: str, operation: Operation | None) -> Iterator[str]:
    body = response.json()
    if "error_code" in body:
        shape, status = _GATEWAY, int(str(body["error_code"])[:3])
    else:
        status = body.get("status")
        generic = body.get("title") == "BadRequestError" or response.status_code == 501
        service = path.removeprefix("/data/foundation/").partition("/")[0]
        shape = _PROBLEM if generic else _SHAPES.get(service, _REPORTED)
        code = str(body.get("type")).rpartition("-")[2]
        if code.isdigit() and int(code) != response.status_code:
            yield f"the code {body['type']} has another status"
    if status != response.status_code:
        yield f"the body says {status}"
    for error in OAS30Validator(shape).iter_errors(body):
        yield f"a refusal without its shape: {error.message[:200]}"
    if operation is not None and response.status_code in operation.statuses:
        yield from _misfits(response, operation)
