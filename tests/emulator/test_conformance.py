"""Every operation of the six published files: answered as the file says, or refused with the stated reason."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import routes_table, tour
from tests.emulator.conformance import CORRECTIONS, STATUSES
from tests.unit.api.published import OPENAPI, operations

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not OPENAPI.is_dir(), reason="the published OpenAPI files are not beside the repository"),
]


async def test_every_served_operation_answers_a_good_request_as_its_file_says(live: Any) -> None:
    live.conformance.lenient = True
    facts: dict[str, Any] = {}
    for stop in tour.STOPS:
        await stop(live, facts)
    assert not live.conformance.wrong, "\n".join(sorted(live.conformance.wrong))
    served = {row.operation for row in await routes_table.rows(live.http) if row.served}
    missing = sorted(one.name for one in served - live.conformance.good)
    assert not missing, f"tests/emulator/tour.py has no good request for {missing}"


async def test_every_operation_of_the_files_is_served_or_refused_with_a_reason(caller: Any) -> None:
    rows = await routes_table.rows(caller.http)
    assert len(rows) == len(operations()) == 155
    silent = [row.operation.name for row in rows if not row.served and not row.why]
    assert not silent, f"neither served nor with a reason in aeptui/emulator/unserved.py: {silent}"


async def test_no_reason_is_left_over(caller: Any) -> None:
    refused = [row for row in await routes_table.rows(caller.http) if not row.served]
    reasons = routes_table.reasons(caller.platform.app)
    assert len(refused) == len(reasons), "a row of aeptui/emulator/unserved.py is in no file, or twice"
    assert {row.why for row in refused} == set(reasons.values())


async def test_the_table_of_routes_is_up_to_date(caller: Any) -> None:
    text = routes_table.markdown(await routes_table.rows(caller.http), routes_table.others(caller.platform.app))
    same = routes_table.FILE.read_text(encoding="utf-8") == text
    assert same, "run `python -m tests.emulator.routes_table` to write aeptui/emulator/ROUTES.md anew"


def test_corrections_name_files_or_operations_that_exist() -> None:
    names = {name for one in operations() for name in (one.file, one.name)}
    assert {scope for scope, _ in CORRECTIONS} | STATUSES.keys() <= names
    assert all(CORRECTIONS.values())
