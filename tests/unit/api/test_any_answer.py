"""Whatever a server answers, every verb gives a value or a documented error, soon, and the value can be looked at."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from aeptui.api.client import AepClient
from aeptui.api.errors import ApiError, AuthError
from aeptui.api.http import Endpoints
from aeptui.clock import ManualClock, SeededIds
from aeptui.credentials import Secret
from tests.unit.api import verbs
from tests.unit.api.published import OPENAPI, operation_of

ALL = {**verbs.READS, **verbs.HARMLESS, **verbs.CHANGES}
LONGEST_S = 5.0
"""Of computing: what a loaded machine takes away from it does not count."""
quick = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


class Answering:
    """An application that gives one answer to everything but the token."""

    def __init__(self) -> None:
        self.status, self.body = 200, b""
        self.asked: list[tuple[str, str]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = self.body
        if scope["path"].startswith("/ims/"):
            body = b'{"access_token": "made-up-token", "expires_in": 86399}'
        else:
            self.asked.append((scope["method"], scope["path"]))
        status = 200 if scope["path"].startswith("/ims/") else self.status
        kind = (b"content-type", b"application/json")
        await send({"type": "http.response.start", "status": status, "headers": [kind]})
        await send({"type": "http.response.body", "body": body})


def looked_at(value: Any, depth: int = 0) -> None:
    """Everything a screen could ask of a value."""
    if depth > 4:
        return
    if isinstance(value, BaseModel):
        value.model_dump()
        for name in dir(type(value)):
            if not name.startswith(("_", "model_")) and isinstance(getattr(type(value), name, None), property):
                getattr(value, name)
        for name in ("errors", "batch_id", "activities"):
            getattr(value, name, None)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            looked_at(getattr(value, field.name), depth + 1)
    elif isinstance(value, list | tuple):
        for one in value:
            looked_at(one, depth + 1)


async def tried(verb: str, body: bytes, status: int = 200) -> None:
    application = Answering()
    application.body, application.status = body, status
    endpoints = Endpoints("http://localhost", "http://localhost", "client-1", "ORG@AdobeOrg", "dev", "openid")
    client = AepClient(endpoints, Secret("made-up-secret"), asgi_app=application, clock=ManualClock(), ids=SeededIds())
    async with client:
        started = time.process_time()
        try:
            looked_at(await ALL[verb](client))
        except (ApiError, AuthError) as error:
            assert error.title  # noqa: PT017 - a value is right too
            assert error.hint  # noqa: PT017
        assert time.process_time() - started < LONGEST_S
        if verb in verbs.CHANGES:
            assert len(application.asked) <= 4 if verb.endswith("delete") else len(application.asked) == 1


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["-1", "1e400", "NaN", "2031-04-05 06:07:08", "", "\ud800", '"1"', "%zz", "http://[", "?a=b=="])
)
NAMES = [
    *("items", "id", "etag", "_links", "next", "href", "results", "_page", "$id", "data", "sandboxes", "schema"),
    *("metrics", "activities", "statusSummary", "errors", "recordSummary", "connectionSpec", "scheduleParams"),
    *("transformations", "params", "properties", "required", "mappings", "version", "columns", "name", "type"),
    *("inheritedAttributes", "authSpec", "attributes", "relatedObjects", "targetInfo", "reference", "ids", "status"),
]
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=6), inner),
    max_leaves=25,
)


def as_body(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "replace")


@pytest.mark.parametrize("verb", ALL)
@quick
@given(value=values, cut=st.integers(0, 40), status=st.sampled_from([200, 200, 200, 201, 400, 404, 409, 412]))
def test_any_answer_is_a_value_or_a_documented_error(verb: str, value: Any, cut: int, status: int) -> None:
    body = as_body(value)
    asyncio.run(tried(verb, body[: len(body) - cut] if cut < 10 else body, status))


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict):
        for key, one in value.items():
            yield from places(one, (*path, key))
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from places(one, (*path, at))


def replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    if not path:
        return by
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], by)
    return copy


NUMBERS: list[Any] = [10**20, -(10**400), float("inf")]
HOSTILE: list[Any] = [None, True, -1, float("nan"), "1e400", "x" * 9, [], [None], {}, {"a": {}}]
_MOST_PLACES = 40


@pytest.mark.shared
@pytest.mark.skipif(not OPENAPI.is_dir(), reason="the published OpenAPI files are not beside the repository")
@pytest.mark.parametrize("verb", ALL)
def test_a_published_answer_with_any_part_replaced_is_no_crash(verb: str) -> None:
    example = _example(verb)
    found = list(places(example))
    found = found[:: max(1, len(found) // _MOST_PLACES)]

    async def all_of_them() -> None:
        for number, path in enumerate(found):
            for by in (HOSTILE[number % len(HOSTILE)], *NUMBERS):
                await tried(verb, as_body(replaced(example, path, by)))

    asyncio.run(all_of_them())


_examples: dict[str, Any] = {}


def _example(verb: str) -> Any:
    if verb not in _examples:
        application = Answering()
        application.body = b'{"id": "a"}'

        async def ask() -> None:
            endpoints = Endpoints("http://localhost", "http://localhost", "c", "O@AdobeOrg", "dev", "openid")
            client = AepClient(
                endpoints, Secret("made-up-secret"), asgi_app=application, clock=ManualClock(), ids=SeededIds()
            )
            async with client:
                try:
                    await ALL[verb](client)
                except ApiError:
                    return

        asyncio.run(ask())
        operation = operation_of(*application.asked[0])
        found = operation.examples if operation is not None else []
        _examples[verb] = json.loads(json.dumps(found[0], default=str)) if found else {"id": "a"}
    return _examples[verb]


@pytest.mark.parametrize(
    "verb", ["flows.list", "schemas.get", "flow_runs.get", "datasets.list", "connection_specs.list"]
)
def test_a_huge_answer_takes_bounded_time(verb: str) -> None:
    rows = [{"id": f"f{at}", "$id": f"s{at}", "name": "x" * 50, "attributes": {"a": [1] * 50}} for at in range(20_000)]
    body = {row["id"]: row for row in rows} if verb == "datasets.list" else {"items": rows, "id": "x"}
    asyncio.run(tried(verb, as_body(body)))


@pytest.mark.parametrize("verb", ["flows.get", "flow_runs.get", "schemas.get_full", "datasets.get"])
@pytest.mark.parametrize("depth", [100, 300, 900, 50_000])
def test_a_deep_answer_is_a_value_or_a_documented_error(verb: str, depth: int) -> None:
    inner = '{"items":[{"id":"a","activities":' + "[" * depth + "]" * depth + "}]}"
    asyncio.run(tried(verb, inner.encode()))
