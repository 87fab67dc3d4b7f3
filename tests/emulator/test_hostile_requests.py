"""Requests that nobody means well with: always an answer in the service's shape, never a failure, nothing broken after.

The same ones in every check run. `FUZZ_EXAMPLES=200 pytest tests/emulator/test_hostile_requests.py` tries new ones,
that many for each operation.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.emulator.hostility import WORDS, encoded, from_nowhere, headed, queries, segments, spoiled
from tests.emulator.probing import DA, DP, FS, SR, Request, Target

OPENAPI: Final = Path(__file__).resolve().parents[2] / "../shared/openapi"
SERVERS: Final = {
    "catalog": "/data/foundation/catalog",
    "data-access": DA,
    "data-prep": DP,
    "flow-service": FS,
    "sandbox": "/data/foundation",
    "schema-registry": SR,
}
OPERATIONS: Final = {
    "catalog": 20,
    "data-access": 6,
    "data-prep": 11,
    "flow-service": 45,
    "sandbox": 29,
    "schema-registry": 44,
}
MORE: Final = int(os.environ.get("FUZZ_EXAMPLES", "0"))


def steady(examples: int) -> Callable[[Any], Any]:
    """The same examples each time, unless more are asked for: then new ones."""
    return settings(
        max_examples=MORE or examples,
        derandomize=not MORE,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink] if MORE else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    made = Target(tmp_path)
    yield made
    made.still_well()
    made.close()


def _operations(file: str) -> list[Any]:
    """The operations of one file, for schemathesis."""
    import schemathesis
    from schemathesis.core.result import Err, Ok

    text = (OPENAPI / f"{file}.yaml").read_text(encoding="utf-8")
    document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe one
    found = list(schemathesis.openapi.from_dict(_mended(document)).get_all_operations())
    assert [one.err() for one in found if isinstance(one, Err)] == []
    return [one.ok() for one in found if isinstance(one, Ok)]


def _mended(node: Any) -> Any:
    """The document without two slips: references that begin `/#`, and examples that YAML takes for dates."""
    if isinstance(node, list):
        return [_mended(one) for one in node]
    if isinstance(node, date):
        return node.isoformat()
    if not isinstance(node, dict):
        return node
    mended = {key: _mended(value) for key, value in node.items()}
    if str(mended.get("$ref", "")).startswith("/#"):
        mended["$ref"] = "#/" + mended["$ref"].removeprefix("/#").lstrip("/")
    return mended


@st.composite
def from_operation(draw: st.DrawFn, target: Target, server: str, operation: Any) -> Request:
    """What schemathesis makes of an operation, right or wrong, with real ids and good headers most of the time."""
    from schemathesis import GenerationMode
    from schemathesis.core import NOT_SET

    mode = draw(st.sampled_from((GenerationMode.POSITIVE, GenerationMode.NEGATIVE)))
    case = draw(operation.as_strategy(generation_mode=mode))
    path, kind = server, ""
    for part in operation.path.strip("/").split("/"):
        if part.startswith("{"):
            part = draw(segments(target, kind, str(case.path_parameters.get(part[1:-1], "x"))))
        path, kind = f"{path}/{part}", part
    body = b""
    if case.body is not NOT_SET:
        body = case.body if isinstance(case.body, bytes) else encoded(case.body)
    kinds = {name.lower().encode(): str(value).encode("latin-1", "replace") for name, value in case.headers.items()}
    accept = kinds.get(
        b"accept", b"application/vnd.adobe.xed-full+json; version=1" if server == SR else b"application/json"
    )
    headers = draw(headed(target, accept))
    extra = tuple((name, value) for name, value in kinds.items() if name not in dict(headers))
    if b"if-match" in kinds and draw(st.booleans()):
        extra = (*extra, (b"if-match", target.etag(kind)))
    return Request(
        operation.method.upper(),
        path.encode("utf-8", "replace"),
        draw(queries(list(case.query.items()))),
        (*headers, *extra),
        body,
    )


@pytest.mark.shared
@pytest.mark.skipif(not OPENAPI.is_dir(), reason="the published OpenAPI files are not beside the repository")
@pytest.mark.timeout(600 + 10 * MORE)
@pytest.mark.parametrize("file", sorted(SERVERS))
def test_no_request_that_a_published_file_suggests_breaks_the_platform(target: Target, file: str) -> None:
    operations = _operations(file)
    assert len(operations) == OPERATIONS[file]
    for operation in operations:

        @steady(6)
        @given(from_operation(target, SERVERS[file], operation))
        def try_it(request: Request) -> None:
            target.send(request)

        try_it()


@pytest.mark.timeout(600 + 10 * MORE)
def test_no_request_to_a_known_route_breaks_the_platform(target: Target) -> None:
    @steady(300)
    @given(from_nowhere(target))
    def try_it(request: Request) -> None:
        target.send(request)

    try_it()


@pytest.mark.timeout(600 + 10 * MORE)
def test_no_spoiled_body_breaks_the_platform(target: Target) -> None:
    """Good headers and a good path, so that what is wrong in the body is reached."""
    headers = (*target.auth, (b"content-type", b"application/json"))

    def requests(method: str, path: str, body: Any) -> st.SearchStrategy[Request]:
        return spoiled(body).map(lambda wrong: Request(method, path.encode(), b"", headers, encoded(wrong)))

    for method, path, body in list(target.bodies):

        @steady(30)
        @given(requests(method, path, body))
        def try_it(request: Request) -> None:
            target.send(request)

        try_it()


@pytest.mark.timeout(600)
def test_no_word_in_any_place_of_a_path_or_query_breaks_the_platform(target: Target) -> None:
    paths = sorted({path for _, path, _ in target.bodies})
    for word in WORDS:
        text = quote(word, safe="", errors="surrogatepass") or "%20"
        explore = f"{FS}/connections/{target.ids['connections']}/explore"
        for path in (*(f"{path}/{text}" for path in paths), explore, f"{FS}/{text}", f"/{text}", f"/data/{text}"):
            for query in ("", f"objectType=file&fileType=delimited&object={text}&columnDelimiter={text}"):
                for accept in (b"application/json", b"application/vnd.adobe.xed-full+json; version=1"):
                    target.send(Request("GET", path.encode(), query.encode(), (*target.auth, (b"accept", accept))))
