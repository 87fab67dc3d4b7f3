"""URL functions. A text that is no URL gives null, as documented."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urlsplit

from aeptui.dataprep.effort import SLOW_CALL, SLOW_CHARACTER, check_length, spend
from aeptui.dataprep.errors import TransformError, shown
from aeptui.dataprep.values import truth

from .registry import Category, text_argument

FUNCTIONS = Category("url")

_MOST_ESCAPES: Final = 200_000
_UNFIT: Final = re.compile(r"[\x00-\x20\x7f\"<>\\^`{|}]|%(?![0-9A-Fa-f]{2})")
"""What Java's URI does not take."""
_PORTS: Final = {"http": 80, "https": 443, "ftp": 21, "sftp": 22, "ssh": 22}


def _parts(url: object) -> SplitResult | None:
    """The parts of a URL, which need not have a host: mailto:jo@example.com, file:///home/jo. None: it is none."""
    text = text_argument(url, "url")
    if _UNFIT.search(text) or any(character.isspace() for character in text):
        return None
    try:
        parts = urlsplit(text)
        known = parts.port is None or parts.port >= 0
    except ValueError:
        return None
    if not known or not parts.scheme or (parts.netloc and not parts.hostname):
        return None
    return parts if parts.netloc or parts.path else None


@FUNCTIONS.plain(
    "get_url_protocol(url)", "The protocol.", 'get_url_protocol("https://platform.adobe.com/home")', "string"
)
def _get_url_protocol(url: object) -> str | None:
    parts = _parts(url)
    return parts.scheme if parts else None


def _host(parts: SplitResult) -> str:
    """The host as it is written, as Java's URI gives it; Python's own makes it lower case."""
    address = parts.netloc.rpartition("@")[2]
    if address.startswith("["):
        return address[: address.find("]") + 1]
    return address.partition(":")[0]


@FUNCTIONS.plain("get_url_host(url)", "The host.", 'get_url_host("https://platform.adobe.com/home")', "string")
def _get_url_host(url: object) -> str | None:
    parts = _parts(url)
    return _host(parts) or None if parts else None


@FUNCTIONS.plain(
    "get_url_port(url)",
    "The port; the protocol's own when the URL names none.",
    'get_url_port("sftp://example.com//home/joe/employee.csv")',
    "integer",
)
def _get_url_port(url: object) -> int | None:
    parts = _parts(url)
    if parts is None:
        return None
    return parts.port if parts.port is not None else _PORTS.get(parts.scheme)


@FUNCTIONS.plain(
    "get_url_path(url, [full_path])",
    "The path; with false only its last part.",
    'get_url_path("sftp://example.com//home/joe/employee.csv")',
    "string",
)
def _get_url_path(url: object, full: object = True) -> str | None:
    parts = _parts(url)
    if parts is None:
        return None
    return parts.path if truth(full) else parts.path.rpartition("/")[2]


@FUNCTIONS.plain(
    "get_url_query_str(url, anchor)",
    'The query as an object. The anchor is "retain" (stays on the last value), "remove" or "append" (key _anchor_).',
    'get_url_query_str("foo://example.com:8042/over/there?name=ferret#nose", "retain")',
    "object",
)
def _get_url_query_str(url: object, anchor: object) -> dict[str, object] | None:
    choice = text_argument(anchor, "anchor")
    if choice not in ("retain", "remove", "append"):
        raise TransformError(f"{shown(anchor)} is none of retain, remove, append", argument="anchor")
    parts = _parts(url)
    if parts is None:
        return None
    found: dict[str, object] = {}
    last = ""
    for entry in filter(None, parts.query.split("&")):
        last, _, found[last] = entry.partition("=")
    if parts.fragment and choice == "retain" and last:
        found[last] = f"{found[last]}#{parts.fragment}"
    elif parts.fragment and choice == "append":
        found["_anchor_"] = parts.fragment
    return found


@FUNCTIONS.plain(
    "get_url_encoded(text)",
    "Percent-encodes every character that has a meaning in a URL.",
    'get_url_encoded("https://example.com/partneralliance_asia-pacific_2022")',
    "string",
    weight=SLOW_CALL,
)
def _get_url_encoded(text: object) -> str:
    given = text_argument(text, "text")
    spend(SLOW_CHARACTER * len(given))
    # quote() keeps the tilde; the documented table encodes it.
    encoded = quote(given, safe="", errors="replace").replace("~", "%7E")
    check_length(len(encoded))
    return encoded


@FUNCTIONS.plain(
    "get_url_decoded(text)",
    "Decodes a percent-encoded text.",
    'get_url_decoded("https%3A%2F%2Fexample.com%2Fpartneralliance_asia-pacific_2022")',
    "string",
    weight=SLOW_CALL,
)
def _get_url_decoded(text: object) -> str:
    given = text_argument(text, "text")
    spend(SLOW_CHARACTER * len(given))
    if given.count("%") > _MOST_ESCAPES:
        raise TransformError(f"more than {_MOST_ESCAPES} characters are encoded", argument="text")
    return unquote(given)
