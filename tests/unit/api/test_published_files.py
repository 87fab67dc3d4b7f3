"""Every verb of the client against Adobe's OpenAPI files, with their documented mistakes in one list."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import pytest

from aeptui.api.client import AepClient
from aeptui.api.errors import ApiError
from tests.unit.api import verbs
from tests.unit.api.published import OPENAPI, operation_of
from tests.unit.api.wire import Say, Wire, wired

ALL = {**verbs.READS, **verbs.HARMLESS, **verbs.CHANGES}
shared = [
    pytest.mark.shared,
    pytest.mark.skipif(not OPENAPI.is_dir(), reason="the published OpenAPI files are not beside the repository"),
]

IN_NO_FILE: Final = {
    "mapping_sets.delete": "used in practice, documented nowhere (aep-api.md section 5.1)",
}
_UPPER = "row 18: the file has upper case; documents and practice have lower"
_VALUE = "a patch may set any value, as every documented sample does"
WRONG_BODIES: Final[dict[tuple[str, str], str]] = {
    ("base_connections.update", ""): "section 2.1: the body is an array of instructions, not one",
    **{
        (f"{resource}.update", f"*.{place}"): why
        for resource in ("source_connections", "target_connections", "flows")
        for place, why in (("op", _UPPER), ("value", _VALUE))
    },
    ("flows.create", "scheduleParams.interval"): "row 3: an integer by the flow spec's own schema",
    ("flows.create", "transformations.*.params.mappingVersion"): "row 22: both are seen; an integer is sent",
    ("descriptors.create", "xdm:sourceVersion"): "section 3.3: a number in every documented sample",
    ("datasets.update", ""): "section 4.1: a JSON Patch, by its own content type",
}
"""(verb, place in the body): why the file is wrong there; rows are of aep-api.md section 8."""

_EXPLORED = "section 2.5: as for base connections"
_PREVIEW = "section 2.5: documented, but not in the file; row 11 for the spelling of fileType"
WRONG_QUERIES: Final[dict[tuple[str, str], str]] = {
    **{
        (f"connection_specs.{verb}", name): _EXPLORED
        for verb, names in (
            ("explore", ("objectType", "object")),
            ("preview", ("objectType", "object", "preview", "fileType")),
            ("determine_properties", ("objectType", "object", "determineProperties")),
        )
        for name in names
    },
    **{("base_connections.preview", name): _PREVIEW for name in ("preview", "columnDelimiter", "fileType")},
    ("base_connections.determine_properties", "determineProperties"): _PREVIEW,
    **{
        ("mapping_sets.suggestion", name): "section 5: sent by aepp only; the file takes its address for that of a set"
        for name in ("datasetId", "batchId", "excludeUnmapped")
    },
    ("flows.create", "mode"): "section 2.8: a draft",
}
"""(verb, query parameter): why the file does not have it."""

_FILE = "section 6: the same address answers a file's lines, of which this is one"
_ID = "its id is another than the one that was asked for"
WRONG_EXAMPLES: Final[dict[str, str]] = {
    "mapping_sets.list": "section 5.1: `data` is an array in practice; the file makes it one object",
    **dict.fromkeys(("data_access.meta", "data_access.row_errors"), _FILE),
    **dict.fromkeys(("data_access.failed_rows", "data_access.failed_rows_by_file"), _FILE),
    **dict.fromkeys(("data_access.input_files", "data_access.parts"), _FILE),
    **dict.fromkeys(("datasets.get", "batches.get"), _ID),
}
"""Verb: why an example of the file is no answer."""


def public_verbs() -> Iterator[str]:
    """Every verb of every resource a client has."""
    client = object.__new__(AepClient)
    client._bind(None)  # type: ignore[arg-type]  # only looked at
    for resource, value in vars(client).items():
        if resource.startswith("_"):
            continue
        for name, method in inspect.getmembers(value, callable):
            if not name.startswith("_") and name != "model":
                yield f"{resource}.{name}"
                assert method.__doc__, f"{resource}.{name} says nothing of itself"


def test_every_verb_of_the_client_is_tried() -> None:
    assert sorted(public_verbs()) == sorted(ALL)


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with wired() as wire:
        wire.answers = [Say(200, {"id": "a", "etag": '"1"'})]
        yield wire


async def sent_by(wire: Wire, verb: str) -> Any:
    with contextlib.suppress(ApiError):
        await ALL[verb](wire.client)
    return wire.asked[0] if wire.asked else None


class TestAgainstTheFiles:
    pytestmark = shared

    @pytest.mark.parametrize("verb", [verb for verb in ALL if not verb.startswith("sandboxes.list")])
    async def test_every_request_is_an_operation_with_queries_it_knows(self, wire: Wire, verb: str) -> None:
        asked = await sent_by(wire, verb)
        operation = operation_of(asked.method, asked.path)
        assert (operation is None) == (verb in IN_NO_FILE), f"{asked.method} {asked.path}"
        if operation is not None:
            unknown = {name for name in asked.query if name not in operation.query_names}
            assert unknown == {name for one, name in WRONG_QUERIES if one == verb}

    def test_no_correction_is_left_over(self) -> None:
        named = {verb for verb, _ in (*WRONG_BODIES, *WRONG_QUERIES)} | WRONG_EXAMPLES.keys() | IN_NO_FILE.keys()
        assert named <= ALL.keys()
        assert all((*WRONG_BODIES.values(), *WRONG_QUERIES.values(), *WRONG_EXAMPLES.values()))

    @pytest.mark.parametrize("verb", [*verbs.HARMLESS, *verbs.CHANGES])
    async def test_every_body_fits(self, wire: Wire, verb: str) -> None:
        asked = await sent_by(wire, verb)
        operation = operation_of(asked.method, asked.path)
        if operation is None or operation.body_schema is None:
            assert asked.body == b"" or verb in IN_NO_FILE or operation is not None
            return
        body = asked.json if asked.body else None
        found = dict(operation.violations(body)) if body is not None else {}
        known = {place for one, place in WRONG_BODIES if one == verb}
        assert found.keys() == known, found

    @pytest.mark.parametrize("verb", [verb for verb in ALL if not verb.startswith("sandboxes.list")])
    async def test_every_example_of_an_answer_is_read(self, wire: Wire, verb: str) -> None:
        asked = await sent_by(wire, verb)
        operation = operation_of(asked.method, asked.path)
        for example in operation.examples if operation is not None else ():
            last = {**example, "_links": {}} if isinstance(example, dict) and "_links" in example else example
            wire.answers = [Say(200, example), Say(200, last)]
            try:
                await ALL[verb](wire.client)
            except ApiError as error:
                assert verb in WRONG_EXAMPLES, f"{error} for {str(example)[:300]}"  # noqa: PT017
