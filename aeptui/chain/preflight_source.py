"""The source side of pre-flight: base connection and its test, and the flow spec that takes it.

The files are `preflight_files`' part, the parameters of a stream that of `stream_checks`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from aeptui.api.errors import ApiError, NotFound, ResponseError, TransportError, Unauthorized
from aeptui.chain.account_checks import find_connector, live_account_problems
from aeptui.chain.connectors import CONNECTORS, LANDING_ZONE_ID, is_landing_zone, wrong_spec_id
from aeptui.chain.live_mapping_checks import Sample
from aeptui.chain.preflight_files import Files, Storage, read_files
from aeptui.chain.problems import Problem, closest
from aeptui.chain.reads import all_at_once, refused
from aeptui.chain.stream_checks import kind_problem, live_stream_problems
from aeptui.ids import BaseConnectionId

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.chain.document import ParsedPipeline
    from aeptui.chain.pipeline import NewBaseConnection
    from aeptui.chain.step import StepName
    from aeptui.models.connections import BaseConnection, ConnectionSpec, FileColumn
    from aeptui.models.flows import FlowSpec

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PREFERRED_FLOW_SPEC: Final = "CloudStorageToAEP"
_PLACE: Final = ("source", "base_connection")


@dataclass(slots=True)
class SourceFacts:
    """What was found; everything is None when it could not be read, and then a problem says why."""

    problems: list[Problem] = field(default_factory=list)
    base_connection: BaseConnection | None = None
    connection_spec: ConnectionSpec | None = None
    flow_spec: FlowSpec | None = None
    notes: list[tuple[StepName, str]] = field(default_factory=list)
    """What is no problem, and good to know before it is run."""
    columns: tuple[FileColumn, ...] | None = None
    sample: Sample | None = None


@dataclass(frozen=True)
class _Account:
    """Where the data comes from: a base connection, or the Data Landing Zone, which has none."""

    spec_id: str
    base: BaseConnection | None = None
    spec: ConnectionSpec | None = None
    """Of one that is declared: it was read to find it."""
    is_new: bool = False
    """It is yet to be made, so nothing of it can be tested or explored."""


async def read_source(parsed: ParsedPipeline, client: AepClient, now: datetime) -> SourceFacts:
    """Read the source side of a pipeline, as much as possible at once."""
    facts, source = SourceFacts(), parsed.pipeline.source
    wrong = {problem.where for problem in parsed.errors}
    if parsed.places.is_spoiled(_PLACE) or "[source] base_connection" in wrong:
        return facts
    declared = parsed.pipeline.base_connection
    if declared is None and not source.base_connection.strip():
        return facts
    if declared is not None and any(where.startswith("[base_connection]") for where in wrong):
        return facts
    flow_specs, account = await all_at_once(_flow_specs(client), _account(parsed, client))
    if isinstance(account, Problem):
        facts.problems.append(account)
        return facts
    facts.base_connection = account.base
    spec, (test, files) = await all_at_once(
        _connection_spec(account, flow_specs, parsed, client),
        all_at_once(_test(account, parsed, client), _files(account, parsed, client, now)),
    )
    misread = None
    if isinstance(spec, Problem):
        facts.problems.append(spec)
    else:
        facts.connection_spec = spec
        if declared is not None:
            facts.problems.extend(live_account_problems(declared, spec, parsed.places))
            facts.notes.append(("base_connection", _about(account)))
        misread = kind_problem(source, spec, parsed.places)
        if misread is not None:
            facts.problems.append(misread)
        else:
            _choose_flow_spec(facts, flow_specs, parsed)
            if source.is_stream:
                facts.problems.extend(live_stream_problems(source, spec, parsed.places))
    if test is not None or misread is not None:
        # Whatever the files say then comes from the same trouble.
        facts.problems.extend([test] if test is not None else [])
        return facts
    facts.problems.extend(files.problems)
    facts.notes.extend(("source_connection", note) for note in files.notes)
    facts.columns, facts.sample = files.columns, files.sample
    return facts


def _about(account: _Account) -> str:
    if account.base is not None:
        return "it exists already and is used as it is; its credentials are not changed"
    return "it is made and tested first, so its files and columns are not known before"


async def _declared(declared: NewBaseConnection, parsed: ParsedPipeline, client: AepClient) -> _Account | Problem:
    """The connector of a declared base connection, and the base connection where it was made before."""
    place = ("base_connection", "connector")
    try:
        specs, known = await all_at_once(_all_specs(client), _named(declared.name, client))
    except Unauthorized:
        raise
    except ResponseError as error:
        return refused(parsed.places, place, "The connectors cannot be read", error)
    spec = find_connector(declared.connector, specs)
    if isinstance(spec, str):
        fix = f'Did you mean "{spec}"?' if spec else f"Write for example: {', '.join(list(CONNECTORS.values())[:5])}"
        return parsed.places.problem(place, f'There is no connector "{declared.connector}"', fix)
    if len(known) > 1:
        fix = "Choose another name, or name one of them under [source] by its id"
        return parsed.places.problem(
            ("base_connection", "name"), f'{len(known)} base connections are named "{declared.name}"', fix
        )
    if known and known[0].connection_spec_id != spec.id:
        what = f'A base connection named "{declared.name}" exists already, and is of another connector'
        return parsed.places.problem(("base_connection", "name"), what, "Choose another name")
    return _Account(spec.id, known[0] if known else None, spec, is_new=not known)


async def _all_specs(client: AepClient) -> tuple[ConnectionSpec, ...]:
    return tuple([spec async for spec in client.connection_specs.list()])


async def _named(name: str, client: AepClient) -> list[BaseConnection]:
    return [one async for one in client.base_connections.list() if one.name == name]


async def _account(parsed: ParsedPipeline, client: AepClient) -> _Account | Problem:
    if parsed.pipeline.base_connection is not None:
        return await _declared(parsed.pipeline.base_connection, parsed, client)
    if is_landing_zone(parsed.pipeline.source.base_connection):
        return _Account(LANDING_ZONE_ID)
    found = await _base_connection(parsed, client)
    if isinstance(found, Problem):
        return found
    spec_id = found.connection_spec_id or ""
    if not spec_id:
        what = "The base connection does not say which connector it belongs to"
        return parsed.places.problem(_PLACE, what, "Choose another one")
    wrong = wrong_spec_id(spec_id)
    if wrong is not None:
        what = f"The base connection {found.name or found.id} was made with another connection spec: {wrong[0]}"
        return parsed.places.problem(_PLACE, what, f"Make it anew: {wrong[1]}")
    return _Account(spec_id, found)


async def _files(account: _Account, parsed: ParsedPipeline, client: AepClient, now: datetime) -> Files:
    if parsed.pipeline.source.is_stream or account.is_new:
        return Files()
    base = account.base
    storage = Storage(client.base_connections, base.id) if base is not None else None
    return await read_files(storage or Storage(client.connection_specs, account.spec_id), parsed, now)


async def find_base_connection(name_or_id: str, client: AepClient) -> BaseConnection | tuple[BaseConnection, ...]:
    """The base connection with this id or exactly this name.

    Returns:
        All base connections there are (none or several of them with that name) when it is not exactly one.
    """
    if _UUID.fullmatch(name_or_id):
        with suppress(NotFound):  # it may still be a name, and the list tells which ones there are
            return await client.base_connections.get(BaseConnectionId(name_or_id))
    known = tuple([connection async for connection in client.base_connections.list()])
    named = [connection for connection in known if connection.name == name_or_id]
    return named[0] if len(named) == 1 else known


async def _base_connection(parsed: ParsedPipeline, client: AepClient) -> BaseConnection | Problem:
    wanted = parsed.pipeline.source.base_connection
    try:
        found = await find_base_connection(wanted, client)
    except Unauthorized:
        raise
    except ResponseError as error:
        return refused(parsed.places, _PLACE, "The base connections cannot be read", error)
    if not isinstance(found, tuple):
        return found
    named = [connection for connection in found if connection.name == wanted]
    if named:
        fix = f"Write one of their ids: {', '.join(str(connection.id) for connection in named[:4])}"
        return parsed.places.problem(_PLACE, f'{len(named)} base connections are named "{wanted}"', fix)
    near = closest(wanted, [connection.name or "" for connection in found])
    names = ", ".join(sorted(connection.name or "" for connection in found)[:5])
    fix = f'Did you mean "{near}"?' if near else f"There are: {names}" if names else "Create a base connection first"
    return parsed.places.problem(_PLACE, f'There is no base connection "{wanted}"', fix)


async def _flow_specs(client: AepClient) -> list[FlowSpec]:
    try:
        return [flow_spec async for flow_spec in client.flow_specs.list()]
    except Unauthorized:
        raise
    except ResponseError:
        return []  # told as "no flow spec takes it", with the connector's name


async def _connection_spec(
    account: _Account, flow_specs: Sequence[FlowSpec], parsed: ParsedPipeline, client: AepClient
) -> ConnectionSpec | Problem:
    """The connector; not read where the flow spec for files says already all that is needed of it."""
    from aeptui.models.connections import ConnectionSpec

    if account.spec is not None:
        return account.spec
    spec_id = account.spec_id
    for_files = next((one for one in flow_specs if one.name == _PREFERRED_FLOW_SPEC), None)
    if for_files is not None and spec_id in for_files.source_connection_spec_ids:
        return ConnectionSpec.model_validate(
            {"id": spec_id, "name": CONNECTORS.get(spec_id, ""), "exploreSpec": {"type": "FileSystem"}}
        )
    try:
        return await client.connection_specs.get(spec_id)
    except Unauthorized:
        raise
    except ResponseError as error:
        return refused(parsed.places, _PLACE, "Its connection spec cannot be read", error)


async def _test(account: _Account, parsed: ParsedPipeline, client: AepClient) -> Problem | None:
    if account.base is None:
        return None
    try:
        await client.base_connections.test(account.base.id)
    except (TransportError, Unauthorized):
        raise
    except ApiError as error:  # a red test is a 200 with false in it, so it need not be a ResponseError
        fix = error.hint or "Check its credentials and the network rules of the storage"
        what = f"The test of the base connection fails: {error.title.rstrip('.')}"
        return parsed.places.problem(_PLACE, what, fix)
    return None


def _choose_flow_spec(facts: SourceFacts, flow_specs: Sequence[FlowSpec], parsed: ParsedPipeline) -> None:
    spec = facts.connection_spec
    if spec is None:
        return
    is_stream = spec.kind == "streaming"
    taking = [one for one in flow_specs if spec.id in one.source_connection_spec_ids and one.is_batch is not is_stream]
    taking.sort(key=lambda one: one.name != _PREFERRED_FLOW_SPEC)
    if taking and spec.kind in ("batch_files", "other", "streaming"):
        facts.flow_spec = taking[0]
        return
    kind = {"batch_tables": "read as tables", "destination": "a destination"}
    takes = f"No {'streaming' if is_stream else 'batch'} flow spec takes {spec.label}"
    what = f"{spec.label} is {kind[spec.kind]}" if spec.kind in kind else takes
    fix = "Choose a base connection of a source with files, or of a stream"
    facts.problems.append(parsed.places.problem(_PLACE, what, fix))
