"""What was asked and answered, for people to look at. Secrets are struck out by name and by value."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from aeptui.credentials.secret import STARS, strike_out
from aeptui.models.base import Json

_SECRET_NAME = re.compile(
    r"secret|password|passphrase|token|credential|authorization|api[-_]?key|accesskey|privatekey|sas(?:uri|key)|"
    r"connectionstring|^key$|principalkey",
    re.IGNORECASE,
)
_NOT_SECRET = frozenset({"continuationToken", "tokenType", "token_type", "expires_in"})
_LARGEST_BODY = 64_000
_DEEPEST = 60
"""Levels of a body that are kept; no documented one has a quarter of them."""

_purpose: ContextVar[str] = ContextVar("aeptui_request_purpose", default="")


@contextmanager
def purpose(text: str) -> Iterator[None]:
    """Mark the requests made inside, and in tasks begun inside, as made for `text`."""
    mark = _purpose.set(text)
    try:
        yield
    finally:
        _purpose.reset(mark)


@dataclass(frozen=True)
class LoggedRequest:
    """One attempt of one request."""

    number: int
    at: datetime
    method: str
    path: str
    """With its query."""
    status: int | None
    """None: no answer."""
    duration_ms: float
    attempt: int
    request_id: str | None
    error: str | None
    request_body: Json
    response_body: Json
    purpose: str = ""


class RequestLog:
    """The newest requests, in memory only."""

    def __init__(self, capacity: int = 500) -> None:
        self._entries: deque[LoggedRequest] = deque(maxlen=capacity)
        self._listeners: list[Callable[[LoggedRequest], None]] = []
        self._number = 0

    @property
    def entries(self) -> tuple[LoggedRequest, ...]:
        """Oldest first."""
        return tuple(self._entries)

    @property
    def newest(self) -> int:
        """The number of the newest request; 0 before the first."""
        return self._number

    def subscribe(self, listener: Callable[[LoggedRequest], None]) -> Callable[[], None]:
        """Hear of every request from now on; the answer ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def note(
        self,
        *,
        at: datetime,
        method: str,
        path: str,
        status: int | None,
        duration_ms: float,
        attempt: int,
        request_id: str | None,
        error: str | None = None,
        request_body: Json = None,
        response_body: Json = None,
    ) -> None:
        """Keep one attempt."""
        self._number += 1
        entry = LoggedRequest(
            number=self._number,
            at=at,
            method=method,
            path=str(self.redacted(path)),
            status=status,
            duration_ms=duration_ms,
            attempt=attempt,
            request_id=request_id,
            error=error,
            request_body=self._kept(request_body),
            response_body=self._kept(response_body),
            purpose=_purpose.get(),
        )
        self._entries.append(entry)
        for listener in tuple(self._listeners):
            listener(entry)

    def redacted(self, value: Json, name: str = "", depth: int = 0) -> Json:
        """The value without secrets."""
        if name and isinstance(value, str | int | float) and _hides(name):
            return STARS
        if isinstance(value, str):
            return strike_out(value)
        if depth > _DEEPEST:
            return "..."
        if isinstance(value, Mapping):
            if name == "auth" and isinstance(value.get("params"), Mapping):
                # Which parameters of a connector are secret, its spec knows; here all are.
                value = {**value, "params": dict.fromkeys(map(str, value["params"]), STARS)}
            return {strike_out(str(key)): self.redacted(one, str(key), depth + 1) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.redacted(one, name, depth + 1) for one in value]
        return value

    def _kept(self, body: Json) -> Json:
        if body is None:
            return None
        kept = self.redacted(body)
        text = kept if isinstance(kept, str) else json.dumps(kept, ensure_ascii=False, default=str)
        if len(text) <= _LARGEST_BODY:
            return kept
        return f"{text[:_LARGEST_BODY]} ... ({len(text):,} characters in all)"


@lru_cache(4096)
def _hides(name: str) -> bool:
    """Is what stands under this name a secret?"""
    return name not in _NOT_SECRET and _SECRET_NAME.search(name) is not None
