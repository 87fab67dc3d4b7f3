"""Which files a path means, what is refused, and every compression."""

from __future__ import annotations

import bz2
import gzip
import io
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Literal

import pytest

from aeptui.emulator.ingest.archives import open_streams, reading
from aeptui.emulator.ingest.members import Member, find_members
from aeptui.emulator.ingest.storage import Kind, SourceError

CONTENT = b"id,n\n1,2\n" * 40_000


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    folder = tmp_path / "storage"
    for path in ("a.csv", "in/b.csv", "in/b.tsv", "in/[x]?.csv", "in/.hidden.csv", "in/old/c.csv", "in/new/d.csv"):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(path)
    return folder


def paths(storage: Path, path: str, kind: Kind = "folder", *, recursive: bool = False) -> list[str]:
    return [member.path for member in find_members(storage, path, kind=kind, recursive=recursive)]


def test_a_folder_means_its_files_and_with_recursion_all_below(storage: Path) -> None:
    assert paths(storage, "/in/") == ["/in/[x]?.csv", "/in/b.csv", "/in/b.tsv"]
    assert paths(storage, "/in", recursive=True) == [
        "/in/[x]?.csv",
        "/in/b.csv",
        "/in/b.tsv",
        "/in/new/d.csv",
        "/in/old/c.csv",
    ]
    assert len(paths(storage, "/", recursive=True)) == 6


def test_a_star_matches_in_any_segment(storage: Path) -> None:
    assert paths(storage, "/in/*.csv") == ["/in/[x]?.csv", "/in/b.csv"]
    assert paths(storage, "/in/*/*.csv") == ["/in/new/d.csv", "/in/old/c.csv"]
    assert paths(storage, "/*/o*d/c*") == ["/in/old/c.csv"]
    assert paths(storage, "/in/*.csv", "file") == ["/in/[x]?.csv", "/in/b.csv"]


def test_a_star_with_recursion_matches_file_names_below_too(storage: Path) -> None:
    assert paths(storage, "/in/*.csv", recursive=True) == [
        "/in/[x]?.csv",
        "/in/b.csv",
        "/in/new/d.csv",
        "/in/old/c.csv",
    ]
    assert paths(storage, "/in/ol*", recursive=True) == ["/in/old/c.csv"]


def test_brackets_and_question_marks_are_plain_characters(storage: Path) -> None:
    assert paths(storage, "/in/[x]?.csv", "file") == ["/in/[x]?.csv"]
    assert paths(storage, "/in/[x]?*") == ["/in/[x]?.csv"]
    with pytest.raises(SourceError, match="does not exist"):
        paths(storage, "/in/[b].csv", "file")


@pytest.mark.parametrize(
    ("path", "kind", "code"),
    [
        ("/nowhere.csv", "file", "CONNECTOR-1001-500"),
        ("/nowhere", "folder", "CONNECTOR-1001-500"),
        ("/in", "file", "CONNECTOR-1001-500"),
        ("/../secret.csv", "file", "CONNECTOR-1001-500"),
        ("/in/*.json", "folder", "133"),
        ("/empty", "folder", "133"),
    ],
)
def test_a_path_without_files_fails_with_the_platforms_code(storage: Path, path: str, kind: Kind, code: str) -> None:
    (storage / "empty").mkdir()
    with pytest.raises(SourceError) as caught:
        paths(storage, path, kind)
    assert caught.value.code == code


@pytest.mark.parametrize("path", ["/link.csv", "/*.csv", "/", "/linked/x.csv", "/linked", "/l*/x.csv", "/linked/*"])
def test_a_link_that_leaves_the_storage_is_refused(storage: Path, tmp_path: Path, path: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.csv").write_text("secret")
    (storage / "link.csv").symlink_to(outside / "x.csv")
    (storage / "linked").symlink_to(outside)
    kind: Kind = "file" if path.endswith(".csv") else "folder"
    with pytest.raises(SourceError, match=r"leaves the storage"):
        paths(storage, path, kind, recursive=True)


def test_a_link_inside_the_storage_is_followed_and_a_circle_ends(storage: Path) -> None:
    (storage / "same.csv").symlink_to(storage / "a.csv")
    (storage / "in/old/up").symlink_to(storage / "in")
    assert "/same.csv" in paths(storage, "/*.csv")
    assert "/in/old/c.csv" in paths(storage, "/in", recursive=True)


def test_size_and_time_of_a_member_are_the_files(storage: Path) -> None:
    [member] = find_members(storage, "/a.csv", kind="file")
    facts = (storage / "a.csv").stat()
    assert (member.size, member.mtime_ns) == (facts.st_size, facts.st_mtime_ns)


def raw_deflate(data: bytes) -> bytes:
    press = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return press.compress(data) + press.flush()


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, b"" if name.endswith("/") else CONTENT)
    return buffer.getvalue()


def tarred(mode: Literal["w", "w:gz"], *names: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = len(CONTENT)
            archive.addfile(info, io.BytesIO(CONTENT))
        link = tarfile.TarInfo("link.csv")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return buffer.getvalue()


def member_of(folder: Path, data: bytes) -> Member:
    file = folder / "packed"
    file.write_bytes(data)
    return Member("/packed", folder, len(data), 0)


@pytest.mark.parametrize(
    ("compression", "data", "names"),
    [
        (None, CONTENT, [""]),
        ("gzip", gzip.compress(CONTENT), [""]),
        ("gzip", gzip.compress(CONTENT[:100]) + gzip.compress(CONTENT[100:]), [""]),
        ("bzip2", bz2.compress(CONTENT), [""]),
        ("deflate", zlib.compress(CONTENT), [""]),
        ("deflate", raw_deflate(CONTENT), [""]),
        ("zipDeflate", zipped("a.csv", "sub/", "sub/b.csv", "sub/.c"), ["a.csv", "sub/b.csv"]),
        ("tar", tarred("w", "a.csv", "../b.csv"), ["a.csv", "../b.csv"]),
        ("tarGzip", tarred("w:gz", "a.csv", "b.csv"), ["a.csv", "b.csv"]),
    ],
)
def test_every_compression_gives_the_content_of_every_member(
    tmp_path: Path, compression: str | None, data: bytes, names: list[str]
) -> None:
    member = member_of(tmp_path, data)
    found: list[str] = []
    for name, stream in open_streams(member, compression):
        found.append(name)
        assert stream.read() == CONTENT
    assert found == names


def read_all(member: Member, compression: str) -> None:
    with reading(member, compression):
        for _, stream in open_streams(member, compression):
            while stream.read(65536):
                pass


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


@pytest.mark.parametrize(
    ("compression", "data"),
    [
        *((name, b"id,n\n1,2\n") for name in ("gzip", "bzip2", "deflate", "zipDeflate", "tar", "tarGzip")),
        ("gzip", half(gzip.compress(CONTENT))),
        ("bzip2", half(bz2.compress(CONTENT))),
        ("deflate", half(zlib.compress(CONTENT))),
        ("deflate", b""),
        ("zipDeflate", half(zipped("a.csv"))),
        ("tar", half(tarred("w", "a.csv"))),
        ("tarGzip", half(tarred("w:gz", "a.csv"))),
        ("lzma", CONTENT),
    ],
)
def test_broken_archives_fail_with_the_name_of_the_file(tmp_path: Path, compression: str, data: bytes) -> None:
    member = member_of(tmp_path, data)
    with pytest.raises(SourceError, match="/packed") as caught:
        read_all(member, compression)
    assert caught.value.code == "CONNECTOR-1001-500"
    assert compression in caught.value.message
