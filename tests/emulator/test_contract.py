"""What the platform answers, against Adobe's published OpenAPI files, with their documented mistakes allowed for."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from openapi_schema_validator import OAS30Validator

OPENAPI: Final = Path(__file__).resolve().parents[2] / "../shared/openapi"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not OPENAPI.is_dir(), reason="the published OpenAPI files are not beside the repository"),
]

_UI = "items.*.sourceSpec.attributes.uiAttributes"
_MS = "epoch milliseconds in every documented sample"
_READ = "reads show the internal spelling of the source type"
KNOWN: Final[dict[tuple[str, str], str]] = {
    ("flow-service", f"{_UI}.category"): "documented samples have an object with a key",
    ("flow-service", f"{_UI}.label"): "documented samples have an object with a key",
    ("flow-service", f"{_UI}.description"): "documented samples have an object with a key",
    ("flow-service", "items.*.transformationSpecs"): "an array in practice",
    (
        "flow-service",
        "items.*.transformations.*.params.mappingVersion",
    ): "both are seen; echoed as sent",
    ("data-prep", "createdDate"): _MS,
    ("data-prep", "modifiedDate"): _MS,
    ("data-prep", "mappings.*.createdDate"): _MS,
    ("data-prep", "mappings.*.modifiedDate"): _MS,
    ("data-prep", "mappings.*.sourceType"): _READ,
    ("data-prep", "data.*.createdDate"): _MS,
    ("data-prep", "data.*.modifiedDate"): _MS,
    ("data-prep", "data.*.mappings.*.createdDate"): _MS,
    ("data-prep", "data.*.mappings.*.modifiedDate"): _MS,
    ("data-prep", "data.*.mappings.*.sourceType"): _READ,
    ("data-prep", "validationResponse.*.errors"): "null when nothing is wrong, in every documented sample",
}
"""(file, path of the violation with numbers as `*`): why the file is wrong there."""


def _operation(file: str, method: str, template: str) -> tuple[dict[str, Any], dict[str, Any]]:
    document = _document(file)
    return document, document["paths"][template][method]


@functools.cache
def _document(file: str) -> dict[str, Any]:
    text = (OPENAPI / f"{file}.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same as `safe_load`, ten times as fast
    loaded: dict[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506
    return loaded


def violations(file: str, method: str, template: str, answer: Any) -> list[str]:
    """What in an answer the published file does not allow, without its known mistakes."""
    document, operation = _operation(file, method, template)
    responses = {str(code): response for code, response in operation["responses"].items()}
    assert str(answer.status_code) in responses, f"{method} {template} answered {answer.status_code}"
    schema = responses[str(answer.status_code)].get("content", {}).get("application/json", {}).get("schema")
    if schema is None:
        return []
    root = {**schema, "components": document.get("components", {})}
    found: list[str] = []
    for error in OAS30Validator(root).iter_errors(answer.json()):
        place = ".".join("*" if isinstance(part, int) else str(part) for part in error.absolute_path)
        if (file, place) not in KNOWN:
            found.append(f"{place}: {error.message[:160]}")
    return found


async def test_the_answers_of_a_whole_chain_fit_the_published_files(live: Any) -> None:
    flow = await live.made(f"{live.FS}/flows", await live.flow_body())
    (run,) = await live.ended(flow)
    batch = run["activities"][1]["targetInfo"][0]["reference"]["ids"][0]
    found = await live.one(f"{live.FS}/flows/{flow}")
    source, target = found["sourceConnectionIds"][0], found["targetConnectionIds"][0]
    mapping_set = found["transformations"][0]["params"]["mappingId"]
    dataset = (await live.one(f"{live.FS}/targetConnections/{target}"))["params"]["dataSetId"]
    base = (await live.base())["id"]
    (file,) = (await live.get(f"{live.DA}/batches/{batch}/files")).json()["data"]
    sandboxes = "/data/foundation/sandbox-management"
    calls = [
        ("flow-service", "/connections", f"{live.FS}/connections?limit=2"),
        ("flow-service", "/connections/{BASE_CONNECTION_ID}", f"{live.FS}/connections/{base}"),
        ("flow-service", "/connections/{BASE_CONNECTION_ID}/test", f"{live.FS}/connections/{base}/test"),
        ("flow-service", "/connectionSpecs", f"{live.FS}/connectionSpecs"),
        ("flow-service", "/flowSpecs", f"{live.FS}/flowSpecs"),
        ("flow-service", "/sourceConnections/{SOURCE_CONNECTION_ID}", f"{live.FS}/sourceConnections/{source}"),
        ("flow-service", "/targetConnections/{TARGET_CONNECTION_ID}", f"{live.FS}/targetConnections/{target}"),
        ("flow-service", "/flows/{FLOW_ID}", f"{live.FS}/flows/{flow}"),
        ("flow-service", "/runs", f"{live.FS}/runs"),
        ("flow-service", "/runs/{RUN_ID}", f"{live.FS}/runs/{run['id']}"),
        ("catalog", "/dataSets", f"{live.CAT}/dataSets"),
        ("catalog", "/dataSets/{DATASET_ID}", f"{live.CAT}/dataSets/{dataset}"),
        ("catalog", "/batches", f"{live.CAT}/batches"),
        ("catalog", "/batches/{BATCH_ID}", f"{live.CAT}/batches/{batch}"),
        ("data-prep", "/mappingSets", f"{live.DP}/mappingSets?limit=10&start=0"),
        ("data-prep", "/mappingSets/{MAPPING_SET_ID}", f"{live.DP}/mappingSets/{mapping_set}"),
        ("data-prep", "/languages/el/functions", f"{live.DP}/languages/el/functions"),
        ("data-prep", "/languages/el/operators", f"{live.DP}/languages/el/operators"),
        ("data-access", "/batches/{batchId}/files", f"{live.DA}/batches/{batch}/files"),
        ("data-access", "/batches/{batchId}/meta", f"{live.DA}/batches/{batch}/meta?path=row_errors"),
        ("data-access", "/files/{dataSetFileId}", f"{live.DA}/files/{file['dataSetFileId']}"),
        ("data-access", "/datasets/{id}/preview", f"{live.DA}/datasets/{dataset}/preview"),
        ("sandbox", "/sandbox-management/", f"{sandboxes}/"),
        ("sandbox", "/sandbox-management/sandboxes", f"{sandboxes}/sandboxes"),
        ("sandbox", "/sandbox-management/sandboxes/{sandboxName}", f"{sandboxes}/sandboxes/prod"),
    ]
    wrong: list[str] = []
    for name, template, url in calls:
        answer = await live.get(url)
        wrong += [f"{name} {template}: {text}" for text in violations(name, "get", template, answer)]
    assert not wrong, "\n".join(sorted(set(wrong)))


async def test_what_creates_answer_fits_the_published_files(caller: Any) -> None:
    body = await caller.flow_body()
    schema = await caller.schema()
    content = "application/vnd.adobe.xed+json;version=1"
    dataset = {"name": "x", "schemaRef": {"id": schema, "contentType": content}}
    parts = [{"$ref": caller.PROFILE}]
    composed = {"type": "object", "title": "t", "description": "", "allOf": parts}
    mapping = {"sourceType": "ATTRIBUTE", "source": "a", "destination": "person.name.firstName"}
    mapping_set = {"outputSchema": {"schemaRef": {"id": schema, "contentType": content}}, "mappings": [mapping]}
    calls = [
        ("flow-service", "/flows", f"{caller.FS}/flows", body),
        ("catalog", "/dataSets", f"{caller.CAT}/dataSets", dataset),
        ("schema-registry", "/tenant/schemas", f"{caller.SR}/tenant/schemas", composed),
        ("data-prep", "/mappingSets", f"{caller.DP}/mappingSets", mapping_set),
        ("data-prep", "/mappingSets/validate", f"{caller.DP}/mappingSets/validate", mapping_set),
    ]
    wrong: list[str] = []
    for name, template, url, content_of in calls:
        answer = await caller.post(url, content_of)
        wrong += [f"{name} {template}: {text}" for text in violations(name, "post", template, answer)]
    assert not wrong, "\n".join(sorted(set(wrong)))
