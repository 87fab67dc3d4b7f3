"""The formats a file can be read as, for choosing another than the one detected. Pure functions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aeptui.models.connections import FileFormat

_ENDINGS = {
    "bzip2": "such as .bz2",
    "gzip": "such as .gz",
    "deflate": "raw deflate, without a header",
    "zipDeflate": "such as .zip",
    "tarGzip": "such as .tar.gz",
    "tar": "such as .tar",
}


def tidy(file_format: FileFormat) -> FileFormat:
    """The format without what its type does not have."""
    if file_format.format != "delimited":
        file_format = replace(file_format, column_delimiter=None, encoding=None)
    return replace(file_format, compression=None) if file_format.format == "parquet" else file_format


def format_choices(what: str) -> list[tuple[str, str]]:
    """Words and their meanings to choose from, for `format`, `encoding` or `compression`."""
    from aeptui.chain.pipeline import COMPRESSIONS, ENCODINGS

    if what == "format":
        return [
            ("delimited", "text with one delimiter between columns: CSV, TSV"),
            ("json", "one JSON object per line, or an array of objects"),
            ("parquet", "Apache Parquet"),
        ]
    if what == "encoding":
        return [(word, "when none is named" if word == "UTF-8" else "") for word in ENCODINGS]
    return [("none", "not compressed"), *((word, _ENDINGS.get(word, "")) for word in COMPRESSIONS)]


def with_choice(found: FileFormat, what: str, word: str) -> FileFormat:
    """The format with another word for one of them; `none` takes it away."""
    value = None if word == "none" else word
    if what == "format":
        return replace(found, format=word)
    return replace(found, encoding=value) if what == "encoding" else replace(found, compression=value)
