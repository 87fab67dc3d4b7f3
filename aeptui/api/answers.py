"""An answer, or the lack of one, in the words of our errors. Pure but for decoding large answers in a thread."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from aeptui.api.calls import Call
from aeptui.api.errors import BadRequest, DecodeError, TransportError
from aeptui.api.network import LARGEST_ANSWER, unpacked
from aeptui.models.base import Json

_LONGEST_LINE = 1024 * 1024
_DECODED_AT_ONCE = 1024 * 1024
"""Bytes of JSON that hold up nobody who waits for a key; more is decoded in a thread."""

_MAY_HOLD_HALVES = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")
"""Half of a character, which JSON can spell, but no file, no terminal and no request can hold: it becomes a `?`."""


async def first_lines(response: httpx.Response, limit: int) -> list[str]:
    """The first lines of a body, without reading more of it than they take; one of over a megabyte is cut."""
    lines: list[str] = []
    rest = b""
    async for piece in unpacked(response):
        *whole, rest = (rest + piece).split(b"\n")
        if len(rest) > _LONGEST_LINE:
            whole, rest = [*whole, rest[:_LONGEST_LINE]], b""
        lines.extend(line.decode("utf-8", "replace").rstrip("\r") for line in whole)
        if len(lines) >= limit:
            return lines[:limit]
    if rest:
        lines.append(rest.decode("utf-8", "replace"))
    return lines[:limit]


async def answer_of(content: bytes, content_type: str, call: Call) -> Json:
    """The JSON of an answer; None when it is empty.

    Raises:
        DecodeError: it is none.
    """
    if not content:
        return None
    try:
        if len(content) > _DECODED_AT_ONCE:
            return await asyncio.to_thread(_decoded, content)
        return _decoded(content)
    except (ValueError, RecursionError) as error:
        kind = content_type.partition(";")[0].strip()
        what = f"is {kind}, not JSON" if kind and "json" not in kind else "is not JSON"
        raise DecodeError(
            f"The platform's answer to {call.method} {call.path} {what}.",
            "A proxy may have answered in its place; check the profile's platform URL, and `aeptui doctor`.",
            method=call.method,
            path=call.path,
        ) from error


def _decoded(content: bytes) -> Json:
    value: Json = json.loads(content)
    if _MAY_HOLD_HALVES.search(content):
        value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    return value


def no_answer(error: httpx.RequestError, call: Call, *, was_sent: bool) -> TransportError:
    """No answer came, or only half of one."""
    host = urlsplit(call.url).netloc
    why = _why(error)
    if was_sent:
        title, hint = f"{host} did not answer {call.method} {call.path}: {why}.", "Try again when the line is stable."
    else:
        title, hint = f"{host} cannot be reached: {why}.", "Check the network, the proxy, and the profile's URL."
    if "certificate" in why.lower():
        hint = (
            "Behind a proxy with its own authority, set SSL_CERT_FILE to its certificates; `aeptui doctor` tells more."
        )
    maybe_applied = was_sent and not call.reads
    return TransportError(title, hint, method=call.method, path=call.path, maybe_applied=maybe_applied, why=why)


def redirected(call: Call, response: httpx.Response, request_id: str) -> BadRequest:
    """A redirect, which is not followed: the token would go with it."""
    where = urlsplit(response.headers.get("location", "")).hostname or "another address"
    return BadRequest(
        f"The platform answered {call.method} {call.path} with a redirect to {where}, which is not followed "
        f"({response.status_code}).",
        "A proxy or a sign-in page may have answered in its place; check the profile's platform URL.",
        method=call.method,
        path=call.path,
        status=response.status_code,
        request_id=request_id,
    )


def too_large(call: Call, request_id: str) -> DecodeError:
    """An answer that was given up."""
    return DecodeError(
        f"The answer to {call.method} {call.path} is larger than {LARGEST_ANSWER // 1024**2} MB and was given up.",
        "Ask for less at once, or report it with the request log.",
        method=call.method,
        path=call.path,
        request_id=request_id,
    )


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds of a `Retry-After` header: a number, or a date. A date is of the server's clock, not of this one's."""
    value = headers.get("retry-after")
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        pass
    else:
        return max(0.0, seconds) if seconds < float("inf") else None
    until = http_date(value)
    if until is None:
        return None
    return max(0.0, (until - (http_date(headers.get("date", "")) or now)).total_seconds())


def http_date(value: str) -> datetime | None:
    """A moment as headers write it; None when it is none."""
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _why(error: httpx.RequestError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "it took too long"
    return (str(error) or type(error).__name__).rstrip(".")
