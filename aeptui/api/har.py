"""The request log as files others can read: JSON lines, and HAR 1.2 for browsers and support."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from aeptui.api.request_log import LoggedRequest
from aeptui.models.base import Json


def json_lines(entries: Iterable[LoggedRequest]) -> str:
    """One object per attempt, oldest first."""
    return "".join(
        json.dumps({"event": "request", **asdict(entry)}, ensure_ascii=False, default=str) + "\n" for entry in entries
    )


def har(entries: Iterable[tuple[LoggedRequest, str]], version: str) -> str:
    """An HTTP archive, version 1.2, of requests and their platforms. Headers are left out: tokens are in them."""
    creator = {"name": "aeptui", "version": version}
    log = {"version": "1.2", "creator": creator, "entries": [_entry(*entry) for entry in entries]}
    return json.dumps({"log": log}, ensure_ascii=False, indent=1, default=str)


def _entry(entry: LoggedRequest, platform_url: str) -> dict[str, Any]:
    query = [{"name": name, "value": value} for name, value in parse_qsl(urlsplit(entry.path).query)]
    sent = _text(entry.request_body)
    got = _text(entry.response_body)
    request: dict[str, Any] = {
        "method": entry.method,
        "url": f"{platform_url}{entry.path}",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [],
        "queryString": query,
        "headersSize": -1,
        "bodySize": len(sent.encode()) if sent else 0,
    }
    if sent:
        request["postData"] = {"mimeType": "application/json", "text": sent}
    return {
        "startedDateTime": entry.at.isoformat(),
        "time": entry.duration_ms,
        "request": request,
        "response": {
            "status": entry.status or 0,
            "statusText": entry.error or "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [],
            "content": {"size": len(got.encode()), "mimeType": "application/json", "text": got},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
        },
        "cache": {},
        "timings": {"send": 0, "wait": entry.duration_ms, "receive": 0},
        "comment": f"attempt {entry.attempt}, request {entry.request_id or 'without an id'}",
    }


def _text(body: Json) -> str:
    if body is None:
        return ""
    return body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, default=str)
