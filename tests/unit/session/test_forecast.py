"""The forecast of a pipeline, held against what a real run of it on the local platform reports."""

from __future__ import annotations

import asyncio
import gzip
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aeptui.api.errors import ApiError
from aeptui.chain.document import ParsedPipeline, parse_pipeline
from aeptui.chain.pipeline import MappingRow, Pipeline, Source
from aeptui.clock import SystemIds
from aeptui.config import Paths
from aeptui.credentials import SessionVault
from aeptui.errors import AeptuiError, ConfigError
from aeptui.models.flow_runs import FlowRun
from aeptui.session import Session
from aeptui.session.forecast import ForecastError, ForecastProgress, Forecasts
from aeptui.session.losses import Forecast
from aeptui.session.pipelines import read_pipeline

ROWS = 3000
PIPELINE = """
version = 1
name = "Planted"
[source]
base_connection = "Sample SFTP"
path = "/planted/*.csv"
[schema]
title = "Planted"
class = "https://ns.adobe.com/xdm/context/profile"
field_groups = [
  "https://ns.adobe.com/xdm/context/profile-person-details",
  "https://ns.adobe.com/xdm/mixins/profile/profile-loyalty-details",
]
[dataset]
name = "Planted"
[[mapping]]
source = "id"
target = "_id"
[[mapping]]
expression = "date(born, 'dd/MM/yyyy')"
target = "person.birthDate"
[[mapping]]
source = "joined"
target = "loyalty.joinDate"
[schedule]
frequency = "once"
[options]
partial_ingestion_percent = 50
"""


@pytest.fixture
async def session(tmp_path: Path) -> Any:
    home = tmp_path / "home"
    paths = Paths(config=home, state=home, data=home)
    session = await Session.open("local", paths=paths, vaults=[SessionVault()])
    yield session
    await session.aclose()


def plant(session: Session) -> ParsedPipeline:
    """Files with dates that are none, dates that are missing, and rows that are none."""
    folder = session.paths.local / "storage" / "planted"
    folder.mkdir()
    for part in range(2):
        lines = ["id,born,joined"]
        for number in range(ROWS):
            born = "31/02/2024" if number % 30 == 0 else "" if number % 30 == 1 else "17/03/1980"
            joined = "2026-13-07" if number % 100 == 50 else "2026-11-07"
            lines.append(f"{part}-{number},{born},{joined}")
        lines.insert(200, "too,few")
        (folder / f"{part}.csv").write_text("\n".join(lines) + "\n")
    return parse_pipeline(PIPELINE, file="planted.toml")


async def run_of(session: Session, parsed: ParsedPipeline) -> FlowRun:
    """The flow run that the pipeline ends with."""
    tracking = await session.executions.start(parsed)
    record = await tracking.wait()
    assert record.flow_run is not None, (tracking.error, tracking.problems)
    (found,) = await session.flows.runs(record.ids["flow"])
    return found


async def forecast(session: Session, pipeline: Pipeline, file: Path | None = None) -> Forecast:
    return await session.forecasts.run(pipeline, lambda _progress: None, file)


async def test_a_forecast_equals_what_the_run_then_reports(session: Any) -> None:
    parsed = plant(session)
    told: list[ForecastProgress] = []
    found = await session.forecasts.run(parsed.pipeline, told.append)
    run = await run_of(session, parsed)

    assert (found.files, found.rows) == (run.input_files, run.input_records)
    assert (found.rejected, found.with_nulls) == (run.failed_records, run.warning_records)
    assert found.whole + found.with_nulls == run.output_records
    assert {code: count for code, count, _ in found.codes} == {
        one.code: one.record_count for one in run.errors if one.code not in ("INGEST-1212-400", "INGEST-1211-400")
    }
    identifier, born, joined = (found.mappings[row] for row in parsed.pipeline.mapping)
    assert not identifier.loses
    # Of the 200 rows with that date 20 are rejected for another reason: there is no null in them to speak of.
    assert [(one.value, one.count) for one in born.nulls.values] == [("'31/02/2024'", 180)]
    assert (run.warning_records, born.empty) == (180, 200)
    assert [(one.value, one.count) for one in joined.rejected.values] == [("'2026-13-07'", 60)]
    assert (joined.rejected.first.path, joined.rejected.first.line) == ("/planted/0.csv", 52)
    assert found.elsewhere.count == 2
    assert not found.fails_at(parsed.pipeline.options.partial_ingestion_percent)
    assert list((session.paths.state / "forecasts").iterdir()) == []


async def test_more_rejected_rows_than_the_pipeline_allows_are_told_to_fail_the_run(session: Any) -> None:
    parsed = plant(session)
    options = parsed.pipeline.options.model_copy(update={"partial_ingestion_percent": 1.0})
    strict = replace(parsed, pipeline=parsed.pipeline.model_copy(update={"options": options}))
    found = await forecast(session, strict.pipeline)
    assert (found.fails_at(1.0), found.fails_at(None), found.fails_at(50)) == (True, True, False)
    assert (await run_of(session, strict)).outcome == "failed"


async def test_a_file_at_hand_is_run_instead_and_said_to_be_it(session: Any, tmp_path: Path) -> None:
    pipeline = plant(session).pipeline
    source = pipeline.source.model_copy(update={"compression": "gzip"})
    pipeline = pipeline.model_copy(update={"source": source})
    file = tmp_path / "own.csv.gz"
    file.write_bytes(gzip.compress(b"id,born,joined\n1,17/03/1980,\n2,17.03.1980,\n"))
    elsewhere = Forecasts(session._client, session.schemas, tmp_path, SystemIds(), session.clock.now, None)
    with pytest.raises(ConfigError, match="not on this machine"):
        await elsewhere.run(pipeline, lambda _progress: None)
    for named in (file, tmp_path / "own*.gz"):
        found = await elsewhere.run(pipeline, lambda _progress: None, named)
        assert (found.source, found.is_own_file, found.rows, found.with_nulls) == (str(named), True, 2, 1)


async def test_mapping_rows_with_a_mistake_are_left_out_and_counted(session: Any) -> None:
    pipeline = plant(session).pipeline
    wrong = (MappingRow(expression="upper(", target="person.gender"), MappingRow(source="id", target="no.such.field"))
    found = await forecast(session, pipeline.model_copy(update={"mapping": (*pipeline.mapping, *wrong)}))
    assert found.left_out == 2
    assert set(found.mappings) == set(pipeline.mapping)


async def test_what_cannot_be_read_is_said_with_what_to_do(session: Any, tmp_path: Path) -> None:
    pipeline = plant(session).pipeline
    half = tmp_path / "half.gz"
    half.write_bytes(gzip.compress(os.urandom(200_000))[:100_000])
    zipped = pipeline.model_copy(update={"source": pipeline.source.model_copy(update={"compression": "gzip"})})
    gone = pipeline.model_copy(update={"source": Source(base_connection="x", path="/gone.csv", type="file")})
    stream = pipeline.model_copy(update={"source": Source(base_connection="x", stream="clicks")})
    tries: list[tuple[Pipeline, Path | None, type[AeptuiError], str]] = [
        (zipped, half, ForecastError, "half.gz"),
        (gone, None, ForecastError, "/gone.csv does not exist"),
        (pipeline, tmp_path / "none.csv", ConfigError, "none.csv cannot be read: No such file"),
        (stream, None, ConfigError, "A stream has no files"),
        (pipeline.model_copy(update={"mapping": ()}), None, ConfigError, "Nothing is mapped yet"),
    ]
    for one, file, kind, says in tries:
        with pytest.raises(kind, match=says) as caught:
            await forecast(session, one, file)
        assert caught.value.hint


def processes_of(folder: Path) -> list[int]:
    """The forecasts that run, found by the folder they run in."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                where, command = (process / "cwd").resolve(), (process / "cmdline").read_bytes()
            except OSError:
                continue
            if where == folder.resolve() and b"aeptui.emulator.ingest" in command:
                found.append(int(process.name))
    return found


def endless(session: Session) -> Pipeline:
    """A pipeline with far more rows than a test has time for."""
    pipeline = plant(session).pipeline
    file = session.paths.local / "storage" / "planted" / "0.csv"
    with file.open("a") as stream:
        for _ in range(25):
            stream.write("1,31/02/2024,2026-11-07\n" * 20_000)
    return pipeline


async def running(session: Session) -> tuple[asyncio.Task[Forecast], int]:
    """A forecast in the middle of its work, and its process."""
    started = asyncio.Event()
    task = asyncio.create_task(session.forecasts.run(endless(session), lambda _progress: started.set()))
    await asyncio.wait_for(started.wait(), 30)
    (process,) = processes_of(session.paths.state / "forecasts")
    assert list((session.paths.state / "forecasts").iterdir()) == []  # so that a killed app leaves nothing there
    return task, process


async def test_a_cancelled_forecast_leaves_no_process_and_no_file(session: Any) -> None:
    task, _ = await running(session)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    folder = session.paths.state / "forecasts"
    assert processes_of(folder) == []
    assert list(folder.iterdir()) == []


async def test_a_forecast_gives_way_to_the_keyboard_and_says_when_it_was_killed(session: Any) -> None:
    task, process = await running(session)
    assert os.getpriority(os.PRIO_PROCESS, process) > os.getpriority(os.PRIO_PROCESS, 0)
    os.kill(process, signal.SIGKILL)
    with pytest.raises(ForecastError, match="SIGKILL"):
        await task


async def test_sample_rows_are_judged_as_ingestion_judges_them(session: Any) -> None:
    pipeline = read_pipeline(session.paths, "loyalty").pipeline
    sample = await session.sources.sample(pipeline.source)
    rows = [*sample.rows, {**sample.rows[0], "BirthDate": "31/02/1990"}]
    preview = await session.forecasts.preview(pipeline, rows)
    fates = [preview.take() for _ in rows]
    assert fates == ["whole"] * len(sample.rows) + ["rejected"]
    born, phone = (next(row for row in pipeline.mapping if row.source == name) for name in ("BirthDate", "Phone"))
    without = [place for place, row in enumerate(rows) if not row["Phone"]]
    assert preview.statistics().mappings[phone].empty == len(without)
    assert preview.first_empty(phone) == without[0]
    lost = preview.statistics().mappings[born].rejected
    assert (lost.count, lost.first.line, lost.values[0].value) == (1, len(rows), "'31/02/1990'")
    judged = preview.judged(len(rows) - 1)
    assert [field.outcome.fate for field in judged.fields if field.mapping == born] == ["rejected"]
    assert judged.fate == "rejected"
    assert judged.record["person"]["name"]["firstName"] == sample.rows[0]["FirstName"]


async def test_a_schema_that_is_gone_is_the_platforms_own_error(session: Any) -> None:
    pipeline = plant(session).pipeline
    lost = pipeline.schema_.model_copy(update={"id": "https://ns.adobe.com/acme/schemas/none"})
    with pytest.raises(ApiError):
        await forecast(session, pipeline.model_copy(update={"schema_": lost}))


WITHOUT = """
import sys
sys.modules.update(pyarrow=None, starlette=None)
from datetime import UTC, datetime
from aeptui.chain.pipeline import MappingRow
from aeptui.session.forecast import Forecasts, _require_pyarrow
from aeptui.session.preview import Preview
schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
preview = Preview([MappingRow(source="n", target="n")], schema, datetime.now(UTC), [{"n": "x"}], only_text=True)
assert preview.take() == "rejected"
try:
    _require_pyarrow()
except Exception as error:
    print(error, error.hint)
"""


def test_a_preview_needs_no_pyarrow_and_a_forecast_without_it_says_what_to_install() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "needs pyarrow" in done.stdout
    assert "aeptui[local]" in done.stdout
