"""Pre-flight against the local platform: document and platform in one pass, and nothing is ever written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import aeptui.emulator.samples
from aeptui.api.client import AepClient, Endpoints
from aeptui.api.request_log import RequestLog
from aeptui.chain.document import parse_pipeline
from aeptui.chain.preflight import Preflight, preflight
from aeptui.clock import SeededIds, SystemClock
from aeptui.credentials import Secret
from aeptui.emulator.platform import LocalPlatform

PIPELINES = Path(aeptui.emulator.samples.__file__).parent / "pipelines"
SAMPLES = sorted(PIPELINES.glob("*.toml"))
LOYALTY = (PIPELINES / "loyalty.toml").read_text()
assert SAMPLES


class World:
    """A client of a fresh local platform, and what it sent."""

    def __init__(self, client: AepClient, log: RequestLog) -> None:
        self.client = client
        self._log = log

    @property
    def sent(self) -> list[str]:
        """Method and path of every request but the token's."""
        return [f"{one.method} {one.path}" for one in self._log.entries if "/ims/" not in one.path]

    async def check(self, text: str, now: datetime | None = None) -> Preflight:
        """Pre-flight of a text; no request may write anything."""
        found = await preflight(parse_pipeline(text), self.client, now=now or datetime.now(UTC))
        assert {request.partition(" ")[0] for request in self.sent} <= {"GET"}
        return found

    async def checked(self, text: str) -> list[str]:
        """The problems of a text that names what was made for it."""
        return [
            str(one) for one in (await preflight(parse_pipeline(text), self.client, now=datetime.now(UTC))).problems
        ]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    platform = LocalPlatform.open(tmp_path / "local", clock=SystemClock(), ids=SeededIds(7))
    endpoints = Endpoints(
        platform_url="http://localhost",
        ims_url="http://localhost",
        client_id=platform.client_id,
        org_id=platform.org_id,
        sandbox=platform.sandbox,
        scopes="openid",
    )
    log = RequestLog()
    client = AepClient(
        endpoints,
        Secret(platform.client_secret),
        asgi_app=platform.app,
        request_log=log,
        clock=SystemClock(),
        ids=SeededIds(8),
    )
    try:
        async with client:
            yield World(client, log)
    finally:
        await platform.close()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
async def test_the_sample_pipelines_pass_without_a_word(world: World, sample: Path) -> None:
    found = await world.check(sample.read_text())
    assert found.problems == ()
    resolved = found.resolved
    assert resolved is not None
    assert resolved.flow_spec.name == "CloudStorageToAEP"
    assert resolved.base_connection is not None
    assert resolved.base_connection.connection_spec_id == resolved.connection_spec.id
    assert resolved.columns
    assert {field.path for field in resolved.schema_fields} >= {"_id"}
    groups = len(parse_pipeline(sample.read_text()).pipeline.schema_.field_groups)
    assert len(world.sent) <= 9 + groups + 3  # one read for each field group, and for sub-folders looked into


async def test_seven_mistakes_in_document_and_platform_are_seven_problems_in_one_pass(world: World) -> None:
    changes = {
        "recursive = false": "recursiv = false",  # no such key
        'source = "FirstName"': 'source = "FristName"',  # no such column
        '"person.name.lastName"': '"person.name.lastNmae"',  # no such field
        "lower(trim(Email))": "lower(trim(Emial))",  # no such column, in an expression
        'upper(nvl(Tier, "bronze"))': 'upper(nvl(Tier, "bronze")',  # a missing parenthesis
        'target = "loyalty.points"': 'target = "loyalty.joinDate"',  # a second row for one target
        'frequency = "once"': 'frequency = "minute"\ninterval = 10',  # too often
    }
    text = LOYALTY
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    found = await world.check(text)
    assert found.resolved is None
    lines = text.splitlines()
    told = [(problem.line, lines[(problem.line or 0) - 1]) for problem in found.errors]
    assert [line for _, line in told] == [
        "recursiv = false",
        'source = "FristName"',
        'target = "person.name.lastNmae"',
        'expression = "lower(trim(Emial))"',
        "expression = 'upper(nvl(Tier, \"bronze\")'",
        'target = "loyalty.joinDate"',
        "interval = 10",
    ]
    assert len(found.problems) == 7, found.problems
    assert all(problem.fix and problem.what for problem in found.problems)
    fixes = " ".join(problem.fix for problem in found.problems)
    assert all(word in fixes for word in ("recursive", "FirstName", "person.name.lastName", "Email", "15"))


@pytest.mark.parametrize(
    ("old", "new", "where", "what", "fix"),
    [
        ('"Sample SFTP"', '"Sample SFPT"', "[source] base_connection", "no base connection", '"Sample SFTP"'),
        (
            '"Sample SFTP"',
            '"00000000-0000-4000-8000-000000000000"',
            "[source] base_connection",
            "no base connection",
            "There are: ",
        ),
        ("/loyalty/members/", "/loyalty/membres/", "[source] path", "no folder", "/loyalty/members"),
        ("members/*.tsv", "members/*.csv", "[source] path", "No file matches", ".tsv"),
        ('"\\t"', '";"', "[source] column_delimiter", "one column only", '"\\t"'),
        (
            "context/profile-person-details",
            "context/profile-person-detials",
            "[schema] field_groups",
            "no field",
            "details",
        ),
        ('context/profile"', 'context/profil"', "[schema] class", "no class", "context/profile?"),
        ('"https://ns.adobe.com/xdm/context/profile"', '"profile"', "[schema] class", "no class", "context/profile?"),
        ('[dataset]\nname = "Loyalty members"', '[dataset]\nid = "0123456789abcdef01234567"', "[dataset] id", "", ""),
        (
            'frequency = "once"',
            'frequency = "once"\nstart = 2020-01-01T00:00:00Z',
            "[schedule] start",
            "is in the past",
            "later start",
        ),
        ('"JoinedOn"', '"City"', "mapping 10: source", "None of the first", "another target"),
        ('"person.birthDate"', '"person"', "mapping 5: target", "is an object", "birthDate"),
    ],
)
async def test_one_mistake_that_only_the_platform_knows_is_told_once(
    world: World, old: str, new: str, where: str, what: str, fix: str
) -> None:
    assert old in LOYALTY
    text = LOYALTY.replace(old, new)
    found = await world.check(text)
    matching = [problem for problem in found.problems if problem.where == where]
    assert matching, found.problems
    assert what in matching[0].what
    assert fix in matching[0].fix
    assert matching[0].line
    others = [problem for problem in found.problems if problem.where != where]
    assert all(problem.section == matching[0].section for problem in others), found.problems


async def test_required_fields_of_an_event_are_missed(world: World) -> None:
    text = (PIPELINES / "visits.toml").read_text()
    without = text.replace('[[mapping]]\nsource = "timestamp"\ntarget = "timestamp"\n', "")
    assert without != text
    (problem,) = (await world.check(without)).problems
    assert (problem.where, problem.what) == ("[[mapping]]", "The required field timestamp has no mapping")
    assert problem.line == without.splitlines().index("[[mapping]]") + 1


async def test_ftp_is_read_once_only(world: World) -> None:
    text = LOYALTY.replace("Sample SFTP", "Sample FTP").replace('"once"', '"day"\ninterval = 1')
    (problem,) = (await world.check(text)).problems
    assert problem.where == "[schedule] frequency"
    assert "once" in problem.fix


async def test_a_start_in_the_future_is_fine(world: World) -> None:
    start = datetime.now(UTC) + timedelta(days=2)
    schedule = f'"hour"\ninterval = 2\nstart = {start:%Y-%m-%dT%H:%M:%SZ}'
    assert (await world.check(LOYALTY.replace('"once"', schedule))).problems == ()


async def test_a_text_that_is_not_toml_asks_the_platform_nothing(world: World) -> None:
    found = await world.check("version = \n")
    assert len(found.errors) == 1
    assert world.sent == []
