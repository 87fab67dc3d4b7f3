"""One fault as data: which calls it concerns, which of them it strikes, and what happens then. Does nothing itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import Scope

from aeptui.emulator.filters import values_at
from aeptui.emulator.gateway import routed_path

FOUNDATION: Final = "/data/foundation/"
_SERVICE: Final = re.compile(r"^(/data/foundation/[^/]+|/ims)(?=/)")


@dataclass(frozen=True)
class Call:
    """One request, as far as rules look at it."""

    method: str
    path: str
    """As routes see it."""
    query_string: str
    sandbox: str
    body: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, scope: Scope) -> Call:
        """The call in a scope; its body is read by whoever needs it."""
        return cls(
            method=str(scope["method"]).upper(),
            path=routed_path(scope),
            query_string=bytes(scope["query_string"]).decode("latin-1"),
            sandbox=Headers(scope=scope).get("x-sandbox-name", ""),
        )

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        """The decoded query."""
        return parse_qsl(self.query_string, keep_blank_values=True)

    @cached_property
    def document(self) -> Any:
        """The body as JSON, or as a form; None when it is neither."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return dict(parse_qsl(self.body.decode("utf-8", "replace"))) or None

    def first(self, name: str) -> str | None:
        """A parameter of the query."""
        return next((value for key, value in self.query if key == name), None)

    @property
    def service(self) -> str:
        """`flowservice`, `catalog` ...; empty for what belongs to no service of the platform."""
        return self.path.removeprefix(FOUNDATION).partition("/")[0] if self.path.startswith(FOUNDATION) else ""


@dataclass(frozen=True)
class Target:
    """Which calls a fault concerns; what is not said, does not matter."""

    methods: frozenset[str] = frozenset()
    route: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str] = field(default_factory=dict)
    """Dotted path -> text with `*`."""
    sandbox: str | None = None

    def fits_head(self, call: Call) -> bool:
        """Everything but the body."""
        return (
            (not self.methods or call.method in self.methods)
            and (self.sandbox is None or call.sandbox == self.sandbox)
            and (not self.route or self._fits_route(call.path))
            and all(
                any(key == name and _alike(pattern, value) for key, value in call.query)
                for name, pattern in self.query.items()
            )
        )

    def fits_body(self, call: Call) -> bool:
        """The body."""
        return all(
            any(_alike(pattern, text_of(value)) for value in values_at(call.document, path))
            for path, pattern in self.body.items()
        )

    def _fits_route(self, path: str) -> bool:
        pattern = _pattern(self.route.rstrip("/"), segments=True)
        return bool(pattern.fullmatch(path) or pattern.fullmatch(_SERVICE.sub("", path)))


@dataclass(frozen=True)
class Occurrences:
    """Which of the concerned calls are struck, counted from 1; all when nothing is said."""

    nth: tuple[int, ...] = ()
    every: int | None = None
    first: int | None = None
    since: int | None = None

    def holds(self, number: int) -> bool:
        """Is the call of this number struck?"""
        if self.nth:
            return number in self.nth
        if self.every is not None:
            return number % self.every == 0
        if self.first is not None:
            return number <= self.first
        return self.since is None or number >= self.since


@dataclass(frozen=True)
class Answer:
    """An answer of ours."""

    status: int
    content: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    applied: bool = False
    """Sent after the call was handled with success, not instead."""


@dataclass(frozen=True)
class Cut:
    """The connection breaks."""

    at: Literal["before", "after", "body"] = "before"


@dataclass(frozen=True)
class Slow:
    """A wait, in seconds outside: not faster on a platform that is."""

    seconds: float
    at: Literal["before", "after"] = "before"


@dataclass(frozen=True)
class Silence:
    """No answer."""

    applied: bool = False
    seconds: float | None = None
    """When the line is given up; None: never."""


@dataclass(frozen=True)
class Late:
    """No answer, and handled only later."""

    reads: int = 0
    """After so many later reads of the collection."""
    seconds: float | None = None
    """After that time, instead."""


@dataclass(frozen=True)
class PageAgain:
    """A list's next page is the same page: once, or for ever."""

    endless: bool = False


@dataclass(frozen=True)
class TokenExpires:
    """A continuation token is refused."""


@dataclass(frozen=True)
class RunView:
    """What is odd about the flow runs of an answer."""

    view: Literal["summaries_missing", "counts_minus_one", "unknown_status", "seconds_for_ms"]
    summaries: tuple[str, ...] = ()
    word: str = ""


@dataclass(frozen=True)
class Initializing:
    """A created flow is not ready for some reads."""

    reads: int


@dataclass(frozen=True)
class Lag:
    """A change is not seen for some reads."""

    reads: int
    get: bool = False


Effect: TypeAlias = Answer | Cut | Slow | Silence | Late | PageAgain | TokenExpires | RunView | Initializing | Lag
CHANGES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass
class Rule:
    """One fault of a plan, and how often it happened."""

    number: int
    """Its place in the plan, from 1."""
    name: str
    target: Target
    when: Occurrences
    effect: Effect
    seen: int = 0
    """How many calls it concerned."""
    fired: int = 0
    """How many it struck: an answer that another fault gave before, or a refusal by the platform, does not count."""

    def may_concern(self, call: Call) -> bool:
        """Whether the call is one of its kind, as far as can be told without the body."""
        return self.target.fits_head(call) and _is_kind(self.effect, call)

    def strikes(self, call: Call) -> bool:
        """Count a call that it concerns; is it one of those that are struck?"""
        if not self.target.fits_body(call):
            return False
        self.seen += 1
        return self.when.holds(self.seen)


def _is_kind(effect: Effect, call: Call) -> bool:
    """Whether an effect makes sense for a call at all."""
    reads = call.method == "GET"
    match effect:
        case RunView():
            return reads and bool(re.fullmatch(r"/data/foundation/flowservice/runs(/[^/]+)?", call.path))
        case Initializing():
            return call.method == "POST" and call.path == "/data/foundation/flowservice/flows"
        case Lag() | Late():
            return call.method in CHANGES and bool(call.service)
        case TokenExpires():
            return reads and call.first("continuationToken") is not None
        case PageAgain():
            return reads and bool(call.service)
        case _:
            return True


def text_of(value: object) -> str:
    """A value as patterns are compared with it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _alike(pattern: str, text: str) -> bool:
    return _pattern(pattern).fullmatch(text) is not None


def _pattern(glob: str, *, segments: bool = False) -> re.Pattern[str]:
    """A text with `*` for anything; within segments, `*` ends at a slash and `**` does not."""
    one = "[^/]*" if segments else ".*"
    parts = [".*" if part == "**" else one if part == "*" else re.escape(part) for part in re.split(r"(\*+)", glob)]
    return re.compile("".join(parts), re.DOTALL)
