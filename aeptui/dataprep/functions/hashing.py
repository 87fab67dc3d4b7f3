"""Hashes of text as lower-case hexadecimal. They identify values; they protect nothing."""

from __future__ import annotations

import codecs
import hashlib
import zlib
from collections.abc import Callable
from typing import Final

from aeptui.dataprep.errors import TransformError, shown

from .registry import Category, text_argument

FUNCTIONS = Category("hashing")

_CHARSETS: Final = {"UTF-8": "utf-8", "ISO-8859-1": "latin-1", "US-ASCII": "ascii"}


def _bytes(value: object, charset: object) -> bytes:
    text, name = text_argument(value, "text"), text_argument(charset, "charset").upper()
    if name == "UTF-16":
        # Java's UTF-16 writes a byte order mark and big-endian units.
        return codecs.BOM_UTF16_BE + text.encode("utf-16-be", errors="replace")
    if name not in _CHARSETS:
        raise TransformError(f"{shown(charset)} is none of UTF-8, UTF-16, ISO-8859-1, US-ASCII", argument="charset")
    return text.encode(_CHARSETS[name], errors="replace")


def _register(name: str, digest: Callable[[bytes], str]) -> None:
    def body(value: object, charset: object = "UTF-8") -> str:
        return digest(_bytes(value, charset))

    FUNCTIONS.plain(
        f"{name}(text, [charset])",
        f"The {name.upper()} of a text as lower-case hexadecimal; the charset is UTF-8 unless given.",
        f'{name}("my text", "UTF-8")',
        "string",
    )(body)


for _name in ("sha1", "sha256", "sha512", "md5"):
    _register(_name, lambda data, name=_name: hashlib.new(name, data, usedforsecurity=False).hexdigest())  # type: ignore[misc]  # the default binds the loop's value
# The platform prints the four bytes of a CRC in little-endian order.
_register("crc32", lambda data: zlib.crc32(data).to_bytes(4, "little").hex())
