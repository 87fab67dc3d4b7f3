"""Files that are made to break things, and files that change while they are read: a failed copy, or a right count."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import json
import os
import socket
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aeptui.emulator.explore import ExploreError, list_folder, preview_file
from aeptui.emulator.ingest import archives
from aeptui.emulator.ingest.archives import open_streams, reading
from aeptui.emulator.ingest.delimited import delimited_blocks
from aeptui.emulator.ingest.job import Job
from aeptui.emulator.ingest.members import Member, find_members
from aeptui.emulator.ingest.run import Progress, Tick, run
from aeptui.emulator.ingest.storage import SourceError

COPY_FAILED = "CONNECTOR-1001-500"
ZEROS = b"\0" * 1024 * 1024


class Rig:
    """Runs batches in this process: what is tried here is too much for a process each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.storage = folder / "storage"
        self.storage.mkdir()

    def put(self, path: str, data: bytes) -> Path:
        file = self.storage / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return file

    def run(self, path: str, tick: Tick = lambda _progress: None, **more: Any) -> Any:
        number = len(list(self.folder.iterdir()))
        self.output = self.folder / f"out{number}" / "BATCH"
        text = {"type": "string"}
        job = {
            "storage": str(self.storage),
            "path": path,
            "mappings": [{"sourceType": "ATTRIBUTE", "source": "id", "destination": "id"}],
            "schema": {"type": "object", "properties": {"id": text}},
            "output": str(self.output),
            "now": 1_795_440_000.0,
            "error_diagnostics": True,
            **more,
        }
        return run(Job.load(job), tick)

    def fails(self, path: str, says: str, **more: Any) -> None:
        result = self.run(path, **more)
        assert result["copy_error"], result
        assert result["copy_error"]["code"] == COPY_FAILED
        assert says in result["copy_error"]["message"]
        assert list(self.output.parent.iterdir()) == []


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits of a file, a thousand times smaller: so a bomb of a few kilobytes shows what one of megabytes does."""
    monkeypatch.setattr(archives, "FREE_BYTES", archives.FREE_BYTES // 1024)
    monkeypatch.setattr(archives, "MAX_BYTES", archives.MAX_BYTES // 1024)
    monkeypatch.setattr(archives, "MAX_MEMBERS", 100)
    monkeypatch.setattr(archives, "MAX_DIRECTORY_BYTES", 16 * 1024)


def zipped(count: int, data: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for number in range(count):
            archive.writestr(f"{number}.csv", data)
    return buffer.getvalue()


def tarred(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def long_named() -> bytes:
    """A member whose name is four megabytes long."""
    return tarred((tarfile.TarInfo("n" * 4 * 1024 * 1024), b"id\n1\n"))


def sparse_1_0() -> bytes:
    """A member whose table of holes is megabytes long."""
    info = tarfile.TarInfo("a.csv")
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9999999999"}
    return tarred((info, b"4000000\n" + b"1\n" * 4_000_000))


def overlapping_zip() -> bytes:
    """Ninety members that are all the same bytes of the file."""
    one = zipped(1, ZEROS)
    end = one.rfind(b"PK\x05\x06")
    start = struct.unpack_from("<L", one, end + 16)[0]
    entry = one[start:end]
    directory = entry * 90
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 90, 90, len(directory), start, 0)
    return one[:start] + directory + tail


@pytest.mark.parametrize(
    ("compression", "make", "says"),
    [
        ("gzip", lambda: gzip.compress(ZEROS * 20), "unpacks to more than"),
        ("bzip2", lambda: bz2.compress(ZEROS * 20), "unpacks to more than"),
        ("deflate", lambda: zlib.compress(ZEROS * 20), "unpacks to more than"),
        ("zipDeflate", lambda: zipped(1, ZEROS * 20), "unpacks to more than"),
        ("zipDeflate", lambda: zipped(20, ZEROS), "unpacks to more than"),
        ("zipDeflate", overlapping_zip, "unpacks to more than"),
        ("zipDeflate", lambda: zipped(101, b"id\n"), "101 members"),
        ("zipDeflate", lambda: zipped(2, b"id\n", zipfile.ZIP_LZMA), "another method than deflate"),
        ("tarGzip", lambda: gzip.compress(tarred((tarfile.TarInfo("a.csv"), ZEROS * 20))), "unpacks to more than"),
        ("tarGzip", lambda: gzip.compress(tarred(*((tarfile.TarInfo(f"{n}"), b"") for n in range(101)))), "members"),
        ("tar", long_named, "about one member"),
        ("tar", sparse_1_0, "about one member"),
    ],
)
def test_a_bomb_is_a_failed_copy(
    rig: Rig, small_limits: None, compression: str, make: Callable[[], bytes], says: str
) -> None:
    rig.put("bomb", make())
    rig.fails("/bomb", says, compression=compression)


def test_a_zip_that_claims_a_huge_table_of_contents_is_refused_before_it_is_read(rig: Rig) -> None:
    packed = bytearray(zipped(1, b"id\n1\n"))
    struct.pack_into("<L", packed, packed.rfind(b"PK\x05\x06") + 12, 0x7FFFFFFF)
    rig.put("a.zip", bytes(packed))
    rig.fails("/a.zip", "described in 2147483647 bytes", compression="zipDeflate")


def test_a_gigabyte_of_the_same_line_in_a_megabyte_is_no_bomb(tmp_path: Path) -> None:
    line = b"2026-11-25T10:00:00Z\tINFO\tnothing happened, as always\n"
    block = line * (1024 * 1024 // len(line))
    with gzip.open(tmp_path / "log.gz", "wb", 6) as packed:
        for _ in range(1024):
            packed.write(block)
    facts = (tmp_path / "log.gz").stat()
    assert facts.st_size < 5 * 1024 * 1024
    read = 0
    for _, stream in open_streams(Member("/log.gz", tmp_path, facts.st_size, 0), "gzip"):
        while data := stream.read(1024 * 1024):
            read += len(data)
    assert read == 1024 * len(block)


def test_a_file_that_is_nothing_but_a_hole_is_refused(rig: Rig) -> None:
    with rig.put("hole.csv", b"").open("r+b") as file:
        file.truncate(1 << 41)
    rig.fails("/hole.csv", "holes")


def test_a_large_file_without_holes_is_no_bomb(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read from its start, after it was looked at for holes."""
    monkeypatch.setattr(archives, "FREE_BYTES", 1000)
    rig.put("a.csv", b"id\n" + b"1\n" * 10_000)
    assert rig.run("/a.csv")["output_records"] == 10_000


def test_a_damaged_header_in_the_middle_of_a_tar_is_not_its_end(rig: Rig) -> None:
    packed = bytearray(tarred(*((tarfile.TarInfo(f"{n}.csv"), b"id\n1\n") for n in range(3))))
    packed[1024] ^= 0xFF
    rig.put("a.tar", bytes(packed))
    rig.fails("/a.tar", "a header is damaged", compression="tar")


def test_a_parquet_file_that_stands_for_far_too_many_rows_is_refused(rig: Rig, small_limits: None) -> None:
    file = rig.put("a.parquet", b"")
    pq.write_table(pa.table({"id": pa.nulls(2_000_000, pa.string())}), file, compression="zstd")
    assert file.stat().st_size < 6000
    rig.fails("/a.parquet", "far more rows", format="parquet")


def test_broken_parquet_files_fail_the_copy_whatever_is_broken(rig: Rig) -> None:
    table = pa.table({"id": [f"text {number}" for number in range(2000)], "n": list(range(2000))})
    whole = io.BytesIO()
    pq.write_table(table, whole)
    good = whole.getvalue()
    length = struct.unpack("<L", good[-8:-4])[0]
    for place in (*range(len(good) - 8 - length, len(good), 7), *range(4, len(good) - 8 - length, 997)):
        broken = bytearray(good)
        broken[place] ^= 0xFF
        rig.put("a.parquet", bytes(broken))
        result = rig.run("/a.parquet", format="parquet", partial_ingestion_percent=100)
        if result["copy_error"] is None:
            assert result["input_records"] == 2000, place
        else:
            assert "/a.parquet" in result["copy_error"]["message"]


@pytest.mark.parametrize("compression", ["gzip", "bzip2", "deflate", "zipDeflate", "tar", "tarGzip"])
def test_archives_with_one_bit_turned_fail_the_copy_or_give_all_their_rows(rig: Rig, compression: str) -> None:
    content = b"id\n" + b"".join(b"%d\n" % number for number in range(300))
    tar = tarred((tarfile.TarInfo("a.csv"), content), (tarfile.TarInfo("b.csv"), content))
    good = {
        "gzip": gzip.compress(content),
        "bzip2": bz2.compress(content),
        "deflate": zlib.compress(content),
        "zipDeflate": zipped(2, content),
        "tar": tar,
        "tarGzip": gzip.compress(tar),
    }[compression]
    for place in range(0, len(good), max(1, len(good) // 60)):
        broken = bytearray(good)
        broken[place] ^= 1 << place % 8
        file = rig.put("packed", bytes(broken))
        member = Member("/packed", rig.storage, file.stat().st_size, 0)
        with contextlib.suppress(SourceError), reading(member, compression):
            for _, stream in open_streams(member, compression):
                while stream.read(65536):
                    pass


def test_deeply_nested_json_is_one_rejected_row(rig: Rig) -> None:
    deep = b'{"id": ' + b'{"a": ' * 960 + b"1" + b"}" * 960 + b"}"
    rig.put("a.json", b'{"id": "1"}\n' + deep + b"\n" + deep.replace(b"960", b"1") + b'\n{"id": "2"}\n')
    result = rig.run("/a.json", format="json", partial_ingestion_percent=100)
    assert (result["input_records"], result["output_records"], result["failed_records"]) == (4, 2, 2)
    lines = [
        json.loads(line)
        for file in (rig.output / "meta/row_errors").iterdir()
        for line in file.read_text().splitlines()
    ]
    assert [line["_row"] for line in lines] == [2, 3]


def test_an_endless_line_is_one_bad_record_and_is_never_held_whole(rig: Rig) -> None:
    rig.put("a.csv.gz", gzip.compress(b"id\n1\n" + b"x" * 80 * 1024 * 1024 + b"\n2\n", 1))
    result = rig.run("/a.csv.gz", compression="gzip", partial_ingestion_percent=100)
    assert (result["output_records"], result["failed_records"]) == (2, 1)


@pytest.mark.parametrize("header", [b"," * 4_000_000, b"a," * 2_000_000])
def test_a_header_of_millions_of_columns_is_refused_at_once(rig: Rig, header: bytes) -> None:
    rig.put("a.csv", header + b"\n1\n")
    rig.fails("/a.csv", "columns; 20000 are the most")


def test_twenty_thousand_columns_of_one_name_are_told_apart_and_read(rig: Rig) -> None:
    rig.put("a.csv", b",".join([b"a"] * 20_000) + b"\n" + b",".join(b"%d" % n for n in range(20_000)) + b"\n")
    mappings = [{"sourceType": "ATTRIBUTE", "source": "a_20000", "destination": "id"}]
    assert rig.run("/a.csv", mappings=mappings)["output_records"] == 1
    assert pq.read_table(rig.output / "part-00000.parquet").to_pylist() == [{"id": "19999"}]


def test_a_file_whose_name_is_no_text_fails_the_copy_and_is_not_listed(rig: Rig) -> None:
    rig.put("in/a.csv", b"id\n1\n")
    Path(os.fsdecode(os.fsencode(rig.storage / "in") + b"/b\xff.csv")).write_bytes(b"id\n1\n")
    rig.fails("/in", "/in/b\\xff.csv is no text", type="folder")
    assert rig.run("/in/a*", type="folder")["output_records"] == 1
    assert [entry["name"] for entry in list_folder(rig.storage, "/in")] == ["a.csv"]


def test_a_preview_of_parquet_stops_at_values_that_are_far_too_large(rig: Rig) -> None:
    huge = pa.DictionaryArray.from_arrays(pa.array([0] * 100, pa.int32()), pa.array(["x" * 16 * 1024 * 1024]))
    file = rig.put("a.parquet", b"")
    pq.write_table(pa.table({"id": huge}), file, compression="zstd", dictionary_pagesize_limit=1 << 30)
    assert file.stat().st_size < 6000
    with pytest.raises(ExploreError, match="far more rows"):
        preview_file(rig.storage, "/a.parquet", file_type="parquet")


def test_records_of_a_megabyte_are_taken_a_few_at_a_time() -> None:
    record = b'"' + b"x" * 1_000_000 + b'"\n'
    stream = io.BytesIO(b"id\n" + record * 40)
    blocks = [len(block.frame) for block in delimited_blocks(stream, delimiter=",", encoding="UTF-8", path="/a.csv")]
    assert sum(blocks) == 40
    assert max(blocks) <= 8


def a_pipe(file: Path) -> None:
    os.mkfifo(file)


def a_socket(file: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        at = Path.cwd()
        os.chdir(file.parent)  # a socket's path is short
        try:
            bound.bind(file.name)
        finally:
            os.chdir(at)


def a_circle(file: Path) -> None:
    file.symlink_to(file)


def nothing(file: Path) -> None:
    file.symlink_to(file.with_name("nowhere.csv"))


@pytest.mark.parametrize("make", [a_pipe, a_socket, a_circle, nothing])
def test_what_is_no_file_is_left_alone_in_a_folder_and_refused_by_name(rig: Rig, make: Callable[[Path], None]) -> None:
    rig.put("in/a.csv", b"id\n1\n")
    make(rig.storage / "in/odd.csv")
    for path, more in (("/in", {"type": "folder"}), ("/in", {"type": "folder", "recursive": True})):
        result = rig.run(path, **more)
        assert [file["path"] for file in result["files"]] == ["/in/a.csv"]
    rig.fails("/in/odd.csv", "/in/odd.csv")
    if make in (a_pipe, a_socket):
        rig.fails("/in/odd.csv", "is not a file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads what nobody may")
def test_an_unreadable_file_fails_the_copy(rig: Rig) -> None:
    rig.put("a.csv", b"id\n1\n").chmod(0)
    rig.fails("/a.csv", "Permission denied")


@pytest.mark.parametrize("path", ["/" + "n" * 5000, "/a/" + "n" * 300, "/\ud800.csv", "/a\0.csv", "/a.csv/b", ""])
def test_a_path_that_could_never_be_one_fails_the_copy(rig: Rig, path: str) -> None:
    rig.put("a/b.csv", b"id\n1\n")
    rig.put("a.csv", b"id\n1\n")
    rig.fails(path, "")


def test_links_that_multiply_are_walked_once(rig: Rig) -> None:
    for number in range(30):
        rig.put(f"all/{number}/a.csv", b"id\n1\n")
        for other in range(30):
            (rig.storage / f"all/{number}/to{other}").symlink_to(rig.storage / f"all/{other}")
    members = find_members(rig.storage, "/all", kind="folder", recursive=True)
    assert [member.path for member in members] == sorted(f"/all/{number}/a.csv" for number in range(30))


def large(number: int) -> bytes:
    return b"id\n" + b"".join(b"row %d of file %d\n" % (row, number) for row in range(60_000))


def appended(file: Path) -> None:
    with file.open("ab") as stream:
        stream.write(b"one more\n")


def cut(file: Path) -> None:
    os.truncate(file, 700_000)


def rewritten_in_secret(file: Path) -> None:
    facts = file.stat()
    with file.open("r+b") as stream:
        stream.seek(800_000)
        stream.write(b"\n" * 100)
    os.utime(file, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def touched(file: Path) -> None:
    os.utime(file, (1, 1))


@pytest.mark.parametrize("change", [appended, cut, rewritten_in_secret, touched])
def test_a_file_that_is_changed_while_it_is_read_fails_the_copy(rig: Rig, change: Callable[[Path], None]) -> None:
    file = rig.put("a.csv", large(1))
    waiting: Iterator[None] = iter([None])

    def tick(_progress: Progress) -> None:
        if next(waiting, 0) is None:
            change(file)

    result = rig.run("/a.csv", tick)
    assert result["copy_error"]["message"] == "/a.csv was changed while it was read."
    assert list(rig.output.parent.iterdir()) == []


def removed(file: Path) -> int | None:
    file.unlink()
    return 60_000  # it is open


def replaced(file: Path) -> int | None:
    other = file.with_name("other")
    other.write_bytes(b"id\n1\n")
    other.rename(file)
    return 60_000


def removed_later(file: Path) -> int | None:
    file.with_name("b.csv").unlink()
    return None


def written_later(file: Path) -> int | None:
    file.with_name("b.csv").write_bytes(b"id\n1\n2\n")
    return 60_002


def linked_later(file: Path) -> int | None:
    other = file.parent.parent.parent / "secret"
    other.write_bytes(b"id\nsecret\n")
    file.with_name("b.csv").unlink()
    file.with_name("b.csv").symlink_to(other)
    return None


def folder_linked_later(file: Path) -> int | None:
    outside = file.parent.parent.parent / "outside"
    outside.mkdir()
    (outside / "b.csv").write_bytes(b"id\nsecret\n")
    file.parent.rename(file.parent.with_name("moved"))
    file.parent.symlink_to(outside)
    return None


@pytest.mark.parametrize("change", [removed, replaced, removed_later, written_later, linked_later, folder_linked_later])
def test_files_that_come_and_go_during_a_run_are_counted_right_or_fail_it(
    rig: Rig, change: Callable[[Path], int | None]
) -> None:
    file = rig.put("in/a.csv", large(1))
    if change not in (removed, replaced):
        rig.put("in/b.csv", b"id\n1\n")
    waiting: Iterator[None] = iter([None])
    expected: list[int | None] = []

    def tick(_progress: Progress) -> None:
        if next(waiting, 0) is None:
            expected.append(change(file))

    result = rig.run("/in", tick, type="folder")
    if expected == [None]:
        assert result["copy_error"]["code"] == COPY_FAILED
        assert "b.csv" in result["copy_error"]["message"]
    else:
        assert [result["output_records"]] == expected
        for entry in result["files"]:
            now = rig.storage / entry["path"][1:]
            same = now.exists() and now.stat().st_mtime_ns == entry["mtime_ns"] and now.stat().st_size == entry["size"]
            assert same == (change is written_later or entry["path"] == "/in/b.csv")


def test_a_full_disk_is_not_blamed_on_the_source(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.put("a.csv", b"id\n1\n")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "ParquetWriter", full)
    with pytest.raises(OSError, match="No space left"):
        rig.run("/a.csv")
    assert list(rig.output.parent.iterdir()) == []
