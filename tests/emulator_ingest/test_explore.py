"""Folders, previews and detection, as the explore calls show them."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aeptui.emulator import samples
from aeptui.emulator.explore import ExploreError, determine_properties, list_folder, preview_file

SAMPLES = Path(samples.__file__).parent / "storage"


def names(columns: dict[str, Any]) -> list[tuple[str, str]]:
    return [(column["name"], column["xdm"]["type"]) for column in columns["schema"]["columns"]]


@pytest.mark.parametrize("root", ["", "/"])
def test_the_root_lists_its_folders_and_files(tmp_path: Path, root: str) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "jan.csv").write_text("a\n")
    (tmp_path / ".DS_Store").write_text("")
    assert list_folder(tmp_path, root) == [
        {"type": "folder", "name": "old", "path": "/old/", "canPreview": False, "canFetchSchema": False},
        {"type": "file", "name": "jan.csv", "path": "/jan.csv", "canPreview": True, "canFetchSchema": True},
    ]


@pytest.mark.parametrize("path", ["/nowhere", "/../", "/a.csv", "/out", "/out/"])
def test_a_folder_that_is_absent_or_outside_is_not_found(tmp_path: Path, path: str) -> None:
    storage = tmp_path / "storage"
    storage.mkdir()
    (storage / "a.csv").write_text("a\n")
    (storage / "out").symlink_to(tmp_path)
    with pytest.raises(FileNotFoundError):
        list_folder(storage, path)
    assert [entry["name"] for entry in list_folder(storage, "/")] == ["a.csv"]


def test_a_delimited_preview_shows_text_and_leaves_out_corrupt_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('Id~First Name\n7~\n8\n9~"x~y"\n')
    shown = preview_file(tmp_path, "/a.csv", file_type="Delimited", column_delimiter="~")
    assert shown == {
        "format": "flat",
        "schema": {
            "columns": [
                {"name": "Id", "type": "string", "xdm": {"type": "string"}},
                {"name": "First Name", "type": "string", "xdm": {"type": "string"}},
            ]
        },
        "data": [{"Id": "7", "First Name": ""}, {"Id": "9", "First Name": "x~y"}],
        "properties": {"fileType": "delimited", "columnDelimiter": "~", "encoding": "UTF-8"},
    }


def test_a_file_with_only_a_header_still_has_columns(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("a\tb\n")
    shown = preview_file(tmp_path, "a.tsv", file_type="delimited", column_delimiter="\\t")
    assert (names(shown), shown["data"]) == ([("a", "string"), ("b", "string")], [])


def test_a_preview_stops_at_its_limit() -> None:
    shown = preview_file(
        SAMPLES, "/loyalty/members/2026-11-01.tsv", file_type="delimited", column_delimiter="\t", limit=5
    )
    assert len(shown["data"]) == 5
    assert len(shown["schema"]["columns"]) == 11


def test_json_and_parquet_keep_their_types() -> None:
    orders = preview_file(SAMPLES, "/orders/orders.jsonl.gz", file_type="json", compression="gzip", limit=3)
    assert dict(names(orders)) | {} == {
        "id": "string",
        "placedAt": "string",
        "status": "string",
        "currency": "string",
        "total": "number",
        "channel": "string",
        "customer": "object",
        "items": "array",
    }
    assert orders["properties"] == {"fileType": "json", "compressionType": "gzip"}
    products = preview_file(SAMPLES, "/products/products.parquet", file_type="parquet")
    assert len(products["data"]) == 100
    assert dict(names(products))["active"] == "boolean"
    assert dict(names(products))["stock"] == "integer"
    json.dumps([orders, products], allow_nan=False)


def test_numbers_json_does_not_have_do_not_break_a_preview(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [float("nan"), float("inf"), 1.5]}), tmp_path / "x.parquet")
    shown = preview_file(tmp_path, "/x.parquet", file_type="parquet")
    assert shown["data"] == [{"x": None}, {"x": "inf"}, {"x": 1.5}]


@pytest.mark.parametrize(
    ("path", "options", "code"),
    [
        ("/nowhere.csv", {"file_type": "delimited"}, 1337),
        ("/loyalty", {"file_type": "delimited"}, 1337),
        ("/orders/orders.jsonl.gz", {"file_type": "xml"}, 1327),
        ("/orders/orders.jsonl.gz", {"file_type": "delimited", "column_delimiter": "::"}, 1331),
        ("/products/products.parquet", {"file_type": "delimited"}, 1308),
        ("/orders/orders.jsonl.gz", {"file_type": "parquet"}, 1308),
        ("/loyalty/members/2026-11-01.tsv", {"file_type": "json", "compression": "gzip"}, 1308),
    ],
)
def test_a_preview_that_cannot_be_made_says_which_error_it_is(path: str, options: dict[str, Any], code: int) -> None:
    with pytest.raises(ExploreError) as caught:
        preview_file(SAMPLES, path, **options)
    assert caught.value.code == code
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize(
    ("path", "properties"),
    [
        ("/loyalty/members/2026-11-02.tsv", {"fileType": "delimited", "columnDelimiter": "\t", "encoding": "UTF-8"}),
        ("/orders/orders.jsonl.gz", {"fileType": "json", "compressionType": "gzip"}),
        ("/products/products.parquet", {"fileType": "parquet"}),
        (
            "/web/visits/2026/11/01/part-00000.csv",
            {"fileType": "delimited", "columnDelimiter": ",", "encoding": "UTF-8"},
        ),
    ],
)
def test_every_sample_file_is_recognised(path: str, properties: dict[str, str]) -> None:
    assert determine_properties(SAMPLES, path) == properties


TABLE = 'id;text\n1;"a,b,c;d"\n2;x, y\n'


def in_zip(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", data)
    return buffer.getvalue()


def in_tar(data: bytes, *, packed: bool) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz" if packed else "w", format=tarfile.USTAR_FORMAT) as archive:
        info = tarfile.TarInfo("a.csv")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "compression"),
    [
        (TABLE.encode(), None),
        (gzip.compress(TABLE.encode()), "gzip"),
        (bz2.compress(TABLE.encode()), "bzip2"),
        (in_zip(TABLE.encode()), "zipDeflate"),
        (in_tar(TABLE.encode(), packed=False), "tar"),
        (in_tar(TABLE.encode(), packed=True), "tarGzip"),
    ],
)
def test_compression_and_delimiter_are_found(tmp_path: Path, data: bytes, compression: str | None) -> None:
    (tmp_path / "x").write_bytes(data)
    found = determine_properties(tmp_path, "/x")
    assert found.pop("compressionType", None) == compression
    assert found == {"fileType": "delimited", "columnDelimiter": ";", "encoding": "UTF-8"}


def test_latin_1_text_is_told_from_utf_8(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes("id|näme\n1|café\n".encode("latin-1"))
    assert determine_properties(tmp_path, "/x") == {
        "fileType": "delimited",
        "columnDelimiter": "|",
        "encoding": "ISO-8859-1",
    }


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02\x03", b"\x1f\x8bnot really"])
def test_what_cannot_be_detected_is_an_error_and_no_guess(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(ExploreError) as caught:
        determine_properties(tmp_path, "/x")
    assert caught.value.code == 1375
