"""The process as a whole: thresholds, what is published and what is not, and how it ends."""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Protocol

import pytest

MakeObject = Callable[..., dict[str, Any]]


class Ingestion(Protocol):
    folder: Path
    storage: Path

    def put(self, path: str, data: bytes | str) -> Path: ...
    def job(self, **changes: Any) -> dict[str, Any]: ...
    def command(self, job: dict[str, Any]) -> list[str]: ...
    def run(self, job: dict[str, Any]) -> dict[str, Any]: ...
    def records(self, job: dict[str, Any]) -> list[dict[str, Any]]: ...
    def row_errors(self, job: dict[str, Any]) -> list[dict[str, Any]]: ...


def attribute(source: str, destination: str) -> dict[str, str]:
    return {"sourceType": "ATTRIBUTE", "source": source, "destination": destination}


def expression(source: str, destination: str) -> dict[str, str]:
    return {"sourceType": "EXPRESSION", "source": source, "destination": destination}


TEN_ROWS_TWO_BAD = "id,n\n" + "".join(f"{number},{'x' if number in (3, 7) else number}\n" for number in range(10))


@pytest.mark.parametrize(
    ("percent", "status", "written"), [(None, "failed", 0), (19.9, "failed", 0), (20, "success", 8), (50, "success", 8)]
)
def test_more_bad_rows_than_the_threshold_allows_fail_the_batch(
    ingestion: Ingestion, percent: float | None, status: str, written: int
) -> None:
    ingestion.put("in.csv", TEN_ROWS_TWO_BAD)
    job = ingestion.job(partial_ingestion_percent=percent)
    result = ingestion.run(job)
    assert (result["status"], result["output_records"]) == (status, written)
    assert (result["input_records"], result["failed_records"]) == (10, 2)
    assert [error["code"] for error in result["errors"]] == ["INGEST-1212-400", "MAPPER-3700-400"]
    assert [error["_row"] for error in ingestion.row_errors(job)] == [5, 9]
    assert len(ingestion.records(job)) == written
    meta = Path(job["output"]) / "meta"
    assert json.loads((meta / "input_files/fileMetaData0.json").read_text()) == {"path": "/in.csv"}
    assert len((meta / result["diagnostics"]["samples"]).read_text().splitlines()) == 2


def test_without_diagnostics_errors_are_counted_but_no_row_is_kept(ingestion: Ingestion) -> None:
    ingestion.put("in.csv", TEN_ROWS_TWO_BAD)
    job = ingestion.job(error_diagnostics=False)
    result = ingestion.run(job)
    assert [(error["code"], error["recordCount"]) for error in result["errors"]] == [
        ("INGEST-1211-400", 2),
        ("MAPPER-3700-400", 2),
    ]
    assert result["diagnostics"] == {"row_errors": [], "input_files": ["fileMetaData0.json"], "samples": None}
    assert not (Path(job["output"]) / "meta/row_errors").exists()


def test_without_bad_rows_there_are_no_errors_and_no_row_files(ingestion: Ingestion) -> None:
    ingestion.put("in.csv", "id,n\na,1\nb,\n")
    job = ingestion.job(partial_ingestion_percent=None)
    result = ingestion.run(job)
    assert (result["status"], result["errors"], result["diagnostics"]["row_errors"]) == ("success", [], [])
    assert ingestion.records(job) == [{"id": "a", "n": 1.0}, {"id": "b", "n": None}]
    size = (Path(job["output"]) / "part-00000.parquet").stat().st_size
    assert result["output_files"] == [{"name": "part-00000.parquet", "records": 2, "size": size}]
    assert (result["input_bytes"], result["output_bytes"]) == (12, size)


def test_every_way_to_break_the_schema_has_its_code(ingestion: Ingestion, make_object: MakeObject) -> None:
    schema = make_object(
        id={"type": "string", "pattern": "^[A-Z][0-9]+$"},
        kind={"type": "string", "enum": ["new", "old"]},
        size={"type": "integer", "minimum": 1, "maximum": 9},
        name={"type": "string", "maxLength": 5},
    )
    schema["required"] = ["id"]
    ingestion.put(
        "in.csv",
        "id,kind,size,name\nA1,new,5,ok\n,new,5,ok\nb1,new,5,ok\nA2,odd,5,ok\nA3,old,10,ok\nA4,old,1.5,ok\nA5,old,1,longer\n",
    )
    names = ("id", "kind", "size", "name")
    job = ingestion.job(schema=schema, mappings=[attribute(name, name) for name in names])
    result = ingestion.run(job)
    errors = {line["_row"]: line["_errors"][0] for line in ingestion.row_errors(job)}
    assert {row: (error["code"], error["column"]) for row, error in errors.items()} == {
        3: ("1555", "id"),
        4: ("EMU-1601-400", "id"),
        5: ("EMU-1601-400", "kind"),
        6: ("EMU-1601-400", "size"),
        7: ("3700", "size"),
        8: ("EMU-1601-400", "name"),
    }
    assert "is not one of new, old" in errors[5]["message"]
    assert "above the maximum 9" in errors[6]["message"]
    counts = {error["code"]: error["recordCount"] for error in result["errors"]}
    assert counts == {"INGEST-1212-400": 6, "INGEST-1555-400": 1, "MAPPER-3700-400": 1, "EMU-1601-400": 4}


def test_a_failing_expression_keeps_the_row_and_counts_a_warning(ingestion: Ingestion) -> None:
    ingestion.put("in.csv", "id,n\na,1\nb,many\n")
    job = ingestion.job(mappings=[attribute("id", "id"), expression("to_integer(n)", "n")])
    result = ingestion.run(job)
    assert (result["output_records"], result["failed_records"], result["warning_records"]) == (2, 0, 1)
    assert ingestion.records(job) == [{"id": "a", "n": 1.0}, {"id": "b", "n": None}]


def test_a_failing_expression_costs_the_row_when_its_field_is_required(
    ingestion: Ingestion, make_object: MakeObject
) -> None:
    ingestion.put("in.csv", "id,n\na,1\nb,many\n")
    schema = {**make_object(id={"type": "string"}, n={"type": "number"}), "required": ["n"]}
    job = ingestion.job(schema=schema, mappings=[attribute("id", "id"), expression("to_integer(n)", "n")])
    result = ingestion.run(job)
    assert (result["output_records"], result["failed_records"], result["warning_records"]) == (1, 1, 0)
    [line] = ingestion.row_errors(job)
    assert line["_errors"][0]["code"] == "1555"
    assert (line["id"], line["n"], line["_filename"], line["_row"]) == ("b", "many", "/in.csv", 3)


def test_latin_1_a_custom_delimiter_and_an_archive_work_together(ingestion: Ingestion) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("one.csv", "id~n\ncafé~1\n".encode("latin-1"))
        archive.writestr("two.csv", "n~id\n2~crème\nx~tarte\n".encode("latin-1"))
    ingestion.put("in.zip", buffer.getvalue())
    job = ingestion.job(path="/in.zip", compression="zipDeflate", encoding="ISO-8859-1", column_delimiter="~")
    ingestion.run(job)
    assert ingestion.records(job) == [{"id": "café", "n": 1.0}, {"id": "crème", "n": 2.0}]
    [line] = ingestion.row_errors(job)
    assert (line["_filename"], line["_member"], line["_row"]) == ("/in.zip", "two.csv", 3)


def test_unchanged_files_and_files_outside_the_window_are_left_alone(ingestion: Ingestion) -> None:
    for number in range(1, 6):
        file = ingestion.put(f"in/{number}.csv", f"id,n\nfile {number},{number}\n")
        os.utime(file, ns=(0, number * 1_000_000_000))
    whole = ingestion.run(ingestion.job(path="/in", type="folder"))
    facts = {entry["path"]: [entry["size"], entry["mtime_ns"]] for entry in whole["files"]}
    seen = {"/in/2.csv": facts["/in/2.csv"], "/in/3.csv": [facts["/in/3.csv"][0], 1]}
    job = ingestion.job(path="/in", type="folder", seen=seen, modified_after=1, modified_before=4)
    result = ingestion.run(job)
    assert [entry["path"] for entry in result["files"]] == ["/in/3.csv", "/in/4.csv"]
    nothing_new = ingestion.job(path="/in", type="folder", seen=facts)
    result = ingestion.run(nothing_new)
    assert (result["status"], result["copy_error"], result["files"]) == ("success", None, [])
    assert (result["input_records"], result["output_files"]) == (0, [])


@pytest.mark.parametrize(
    ("path", "compression", "code"),
    [
        ("/absent.csv", None, "CONNECTOR-1001-500"),
        ("/*.nothing", None, "133"),
        ("/broken.gz", "gzip", "CONNECTOR-1001-500"),
        ("/link.csv", None, "CONNECTOR-1001-500"),
    ],
)
def test_a_source_that_cannot_be_copied_leaves_nothing(
    ingestion: Ingestion, path: str, compression: str | None, code: str
) -> None:
    packed = gzip.compress(b"id,n\n" + b"".join(b"%d,1\n" % number for number in range(50_000)))
    ingestion.put("broken.gz", packed[: len(packed) // 2])
    secret = ingestion.folder / "secret.csv"
    secret.write_text("id,n\nsecret,1\n")
    (ingestion.storage / "link.csv").symlink_to(secret)
    job = ingestion.job(path=path, compression=compression)
    result = ingestion.run(job)
    assert (result["status"], result["copy_error"]["code"]) == ("failed", code)
    assert path in result["copy_error"]["message"]
    assert list(Path(job["output"]).parent.iterdir()) == []


def test_records_go_out_in_row_groups_with_maps_and_untouched_fields(
    ingestion: Ingestion, make_object: MakeObject
) -> None:
    text = {"type": "string"}
    schema = make_object(
        id=text,
        user=make_object(name=text, age={"type": "integer"}, address=make_object(city=text)),
        ids={"type": "object", "additionalProperties": {"type": "array", "items": make_object(id=text)}},
        unmapped=make_object(x=text),
    )
    lines = [json.dumps({"id": f"{n}", "u": {"city": f"C{n}"}, "m": {"crm": [{"id": f"i{n}"}]}}) for n in range(25_000)]
    ingestion.put("in.json", "\n".join(lines))
    job = ingestion.job(
        path="/in.json",
        format="json",
        schema=schema,
        mappings=[attribute("id", "id"), attribute("u.city", "user.address.city"), attribute("m", "ids")],
    )
    result = ingestion.run(job)
    assert result["output_records"] == 25_000
    records = ingestion.records(job)
    assert records[24_999] == {
        "id": "24999",
        "user": {"name": None, "age": None, "address": {"city": "C24999"}},
        "ids": [("crm", [{"id": "i24999"}])],
    }


def test_a_value_arrow_cannot_hold_costs_its_row_only(ingestion: Ingestion, make_object: MakeObject) -> None:
    schema = make_object(id={"type": "string"}, ids={"type": "object", "properties": {}})
    # Half a character, which UTF-8 has no bytes for.
    lines = [json.dumps({"id": "\ud800" if number == 3 else str(number)}) for number in range(5)]
    ingestion.put("in.json", "\n".join(lines))
    job = ingestion.job(path="/in.json", format="json", schema=schema, mappings=[attribute("id", "id")])
    result = ingestion.run(job)
    assert (result["output_records"], result["failed_records"]) == (4, 1)
    assert [record["id"] for record in ingestion.records(job)] == ["0", "1", "2", "4"]
    assert [line["_row"] for line in ingestion.row_errors(job)] == [4]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"mappings": [{"sourceType": "EXPRESSION", "source": "lower(", "destination": "id"}]}, "mappings"),
        ({"format": "xml"}, "format xml"),
        ({"column_delimiter": "::"}, "delimiter"),
        ({"encoding": "UTF-99"}, "UTF-99"),
        ({"schema": None}, "job file"),
    ],
)
def test_an_unusable_job_exits_with_2_and_says_why(ingestion: Ingestion, change: dict[str, Any], says: str) -> None:
    ingestion.put("in.csv", TEN_ROWS_TWO_BAD)
    job = ingestion.job(**change)
    done = subprocess.run(ingestion.command(job), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert not Path(job["output"]).exists()


def endless(ingestion: Ingestion) -> dict[str, Any]:
    """A job that takes long enough to be interrupted while it writes: some hundred thousand rows in a small file."""
    rows = b"".join(b"%d,1\n" % number for number in range(600_000))
    ingestion.put("in.csv.gz", gzip.compress(b"id,n\n" + rows, 1))
    return ingestion.job(path="/in.csv.gz", compression="gzip")


def wait_for_progress(stream: IO[str]) -> int:
    """Block until the process reports rows; gives how many."""
    for line in stream:
        if "progress" in line:
            rows: int = json.loads(line)["progress"]["rows"]
            return rows
    raise AssertionError("the process ended without progress")


def test_progress_is_reported_while_rows_are_read(ingestion: Ingestion) -> None:
    job = endless(ingestion)
    with subprocess.Popen(ingestion.command(job), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert 0 < wait_for_progress(process.stdout) < 600_000
        *_, last = process.stdout
        assert json.loads(last)["result"]["output_records"] == 600_000


def test_memory_does_not_grow_with_the_file(ingestion: Ingestion) -> None:
    """Two hundred megabytes of large JSON documents, packed small."""
    document = json.dumps({"id": "x" * 200_000, "n": 1}) + "\n"
    ingestion.put("small.json.gz", gzip.compress(document.encode()))
    ingestion.put("large.json.gz", gzip.compress(document.encode() * 1000, 1))
    measure = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=2)"
    measure += "; print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    peaks = []
    for path in ("/small.json.gz", "/large.json.gz"):
        command = ingestion.command(ingestion.job(path=path, format="json", compression="gzip"))
        done = subprocess.run([sys.executable, "-c", measure, *command], capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout) * 1024)
    assert peaks[1] - peaks[0] < 120 * 1024 * 1024


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_process_leaves_no_half_batch(ingestion: Ingestion, how: signal.Signals) -> None:
    job = endless(ingestion)
    with subprocess.Popen(ingestion.command(job), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        wait_for_progress(process.stdout)
        process.send_signal(how)
    out = Path(job["output"]).parent
    assert not Path(job["output"]).exists()
    left = list(out.iterdir())
    assert [entry for entry in left if how == signal.SIGTERM or not entry.name.startswith(".")] == []


def test_the_process_ends_when_its_parent_is_gone(ingestion: Ingestion) -> None:
    job = endless(ingestion)
    # The middle process hands its own output on, so nothing but the watch over the parent can end the child early.
    middle = "import subprocess, sys; subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE); sys.stdin.read()"
    command = [sys.executable, "-c", middle, *ingestion.command(job), "--end-with-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        wait_for_progress(process.stdout)
        process.kill()
        assert "result" not in process.stdout.read()
    assert not Path(job["output"]).exists()
