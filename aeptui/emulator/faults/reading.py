"""Reads a fault plan, from TOML or plain data, into rules. Every mistake is told with its place and a way out."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from aeptui.emulator.faults.refusals import UnknownError, refusal_of
from aeptui.emulator.faults.rules import (
    Answer,
    Cut,
    Effect,
    Initializing,
    Lag,
    Late,
    Occurrences,
    PageAgain,
    Rule,
    RunView,
    Silence,
    Slow,
    Target,
    TokenExpires,
    text_of,
)

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SUMMARIES: Final = ("durationSummary", "sizeSummary", "recordSummary", "fileSummary", "latencySummary", "statusSummary")
_HABITUAL: Final = ("durationSummary", "sizeSummary", "recordSummary", "fileSummary", "latencySummary")
"""Missing unless a plan names others: a run without a status has not been seen."""
_ODD_WORD: Final = "awaitingPromotion"
_OCCURRENCES: Final = ("nth", "every", "first", "from")
_COMMON: Final = ("name", "method", "route", "query", "body", "sandbox", *_OCCURRENCES, "do")
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "answer": ("status", "error", "message", "headers", "json", "text", "applied"),
    "cut": ("at",),
    "slow": ("seconds", "at"),
    "silence": ("applied", "seconds"),
    "late": ("reads", "seconds"),
    "page_twice": (),
    "token_repeats": (),
    "token_expires": (),
    "summaries_missing": ("summaries",),
    "counts_minus_one": (),
    "unknown_status": ("word",),
    "seconds_for_ms": (),
    "initializing": ("reads",),
    "lag": ("reads", "get"),
}
"""What `do` can be, and the keys that belong to it."""


class FaultPlanError(ValueError):
    """The plan cannot be used; `problems` has a sentence for each mistake."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def read_file(file: Path) -> list[Rule]:
    """The rules of a TOML file.

    Raises:
        FaultPlanError: lists every mistake, with file, fault and key.
        OSError: it cannot be read.
    """
    try:
        document = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FaultPlanError([f"{file}: it is not TOML: {error}."]) from error
    problems = [f"{file}: {_unknown(key, ('fault',))}" for key in document if key != "fault"]
    faults = document.get("fault", [])
    if not isinstance(faults, list) or not all(isinstance(fault, dict) for fault in faults):
        raise FaultPlanError([*problems, f"{file}: fault must be tables; begin each fault with [[fault]]."])
    try:
        rules = read_rules(faults, where=f"{file}: ")
    except FaultPlanError as error:
        raise FaultPlanError([*problems, *error.problems]) from error
    if problems:
        raise FaultPlanError(problems)
    return rules


def read_rules(faults: list[Mapping[str, Any]], *, where: str = "", already: int = 0) -> list[Rule]:
    """The rules of plain data.

    Args:
        where: Begins every sentence about a mistake.
        already: How many faults the plan has before these.
    Raises:
        FaultPlanError: lists every mistake.
    """
    problems: list[str] = []
    rules: list[Rule] = []
    for number, fault in enumerate(faults, already + 1):
        table = _Table(fault)
        rule = table.rule(number)
        problems += [f"{where}fault {number}: {problem}" for problem in table.problems]
        rules.append(rule)
    if problems:
        raise FaultPlanError(problems)
    return rules


class _Table:
    """One fault, while it is read. A value that does not fit is noted, and a harmless one stands in for it."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._table = table
        self.problems: list[str] = []

    def rule(self, number: int) -> Rule:
        do = self._word("do", tuple(KEYS), "")
        if do:
            known = (*_COMMON, *KEYS[do])
            elsewhere = {key: word for word, keys in KEYS.items() for key in keys}
            for key in self._table:
                if key in known:
                    continue
                other = f'{key} does not belong to do = "{do}".' if key in elsewhere else _unknown(key, known)
                self.problems.append(other)
        given = [key for key in _OCCURRENCES if key in self._table]
        if len(given) > 1:
            self.problems.append(f"{' and '.join(given)} exclude each other; keep one.")
        when = Occurrences(self._nth(), self._count("every"), self._count("first"), self._count("from"))
        target = Target(
            methods=self._methods(),
            route=self._route(),
            query=self._patterns("query"),
            body=self._patterns("body"),
            sandbox=self._text("sandbox"),
        )
        return Rule(number, self._text("name") or str(number), target, when, self._effect(do))

    def _effect(self, do: str) -> Effect:
        reads = self._count("reads", least=0)
        seconds = self._seconds()
        match do:
            case "answer":
                return self._answer()
            case "cut":
                at = self._word("at", ("before", "after", "body"), "before")
                return Cut("after" if at == "after" else "body" if at == "body" else "before")
            case "slow":
                if "seconds" not in self._table:
                    self.problems.append("seconds is missing: how long it takes, such as seconds = 3.")
                return Slow(
                    seconds or 0, "after" if self._word("at", ("before", "after"), "before") == "after" else "before"
                )
            case "silence":
                return Silence(self._flag("applied"), seconds)
            case "late":
                if reads is not None and seconds is not None:
                    self.problems.append("reads and seconds exclude each other; keep one.")
                return Late(reads or 0, seconds)
            case "page_twice" | "token_repeats":
                return PageAgain(endless=do == "token_repeats")
            case "token_expires":
                return TokenExpires()
            case "summaries_missing":
                return RunView("summaries_missing", summaries=self._summaries())
            case "counts_minus_one":
                return RunView("counts_minus_one")
            case "unknown_status":
                return RunView("unknown_status", word=self._text("word") or _ODD_WORD)
            case "seconds_for_ms":
                return RunView("seconds_for_ms")
            case "initializing" | "lag":
                if "reads" not in self._table:
                    self.problems.append("reads is missing: for how many reads it lasts, such as reads = 2.")
                return Initializing(reads or 1) if do == "initializing" else Lag(reads or 1, self._flag("get"))
            case _:
                return Slow(0)  # `do` itself is the mistake

    def _answer(self) -> Answer:
        headers = {key.lower(): value for key, value in self._headers().items()}
        applied = self._flag("applied")
        ways = [key for key in ("error", "json", "text") if key in self._table]
        if len(ways) > 1:
            self.problems.append(f"{' and '.join(ways)} exclude each other; keep one.")
        if "message" in self._table and "error" not in self._table:
            self.problems.append("message belongs to error; put it into json or text.")
        status, content, kind = self._count("status", least=200), b"", ""
        if status is not None and status > 599:
            self.problems.append(f"status is {status}; it must be a whole number from 200 to 599.")
        if code := self._text("error"):
            try:
                refusal = refusal_of(code, self._text("message") or "", status)
            except UnknownError as error:
                self.problems.append(f'error is "{code}": {error}')
            else:
                status, content, kind = refusal.status, json.dumps(refusal.body).encode(), "application/json"
        elif "json" in self._table:
            try:
                content, kind = json.dumps(self._table["json"], allow_nan=False).encode(), "application/json"
            except (TypeError, ValueError) as error:
                self.problems.append(f"json cannot be written as JSON: {error}.")
        elif text := self._text("text"):
            html = text.lstrip().startswith("<")
            content, kind = text.encode(), "text/html; charset=utf-8" if html else "text/plain; charset=utf-8"
        if status is None and "status" not in self._table and "error" not in self._table:
            self.problems.append("status is missing: what is answered, such as status = 503.")
        if status in (204, 304) and content:
            self.problems.append(f"status is {status}, which has no body; leave out {ways[0]}.")
        if kind:
            headers.setdefault("content-type", kind)
        return Answer(status or 500, content, tuple(headers.items()), applied)

    # -- values

    def _value(self, key: str, good: Callable[[Any], bool], what: str) -> Any:
        """The value of a key; None when it is absent or does not fit."""
        if key not in self._table:
            return None
        value = self._table[key]
        if not good(value):
            shown = json.dumps(value, default=str)
            self.problems.append(f"{key} is {shown}; it must be {what}.")
            return None
        return value

    def _text(self, key: str) -> str | None:
        found: str | None = self._value(key, lambda value: isinstance(value, str) and value != "", 'a text, "..."')
        return found

    def _flag(self, key: str) -> bool:
        return bool(self._value(key, lambda value: isinstance(value, bool), "true or false"))

    def _count(self, key: str, *, least: int = 1) -> int | None:
        def good(value: Any) -> bool:
            return isinstance(value, int) and not isinstance(value, bool) and value >= least

        found: int | None = self._value(key, good, f"a whole number, {least} or more")
        return found

    def _seconds(self) -> float | None:
        def good(value: Any) -> bool:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            return number and math.isfinite(value) and 0 <= value <= 86_400

        found: float | None = self._value("seconds", good, "a number of seconds, at most 86400")
        return found

    def _word(self, key: str, words: tuple[str, ...], otherwise: str) -> str:
        if key not in self._table:
            if not otherwise:
                self.problems.append(f"{key} is missing; it is one of {', '.join(words)}.")
            return otherwise
        value = self._table[key]
        if value not in words:
            near = _near(str(value), words)
            hint = f'; did you mean "{near}"?' if near else f"; it is one of {', '.join(words)}."
            self.problems.append(f"{key} is {json.dumps(value, default=str)}{hint}")
            return otherwise
        return str(value)

    def _nth(self) -> tuple[int, ...]:
        def number(value: Any) -> bool:
            return isinstance(value, int) and not isinstance(value, bool) and value >= 1

        def good(value: Any) -> bool:
            return number(value) or (isinstance(value, list) and value != [] and all(map(number, value)))

        value = self._value("nth", good, "a whole number, 1 or more, or a list of them")
        return () if value is None else tuple(value) if isinstance(value, list) else (value,)

    def _methods(self) -> frozenset[str]:
        value = self._table.get("method", [])
        found = [value] if isinstance(value, str) else value
        for word in found if isinstance(found, list) else [found]:
            if not isinstance(word, str) or word.upper() not in METHODS:
                near = _near(str(word).upper(), METHODS)
                hint = f'did you mean "{near}"?' if near else f"it is one of {', '.join(METHODS)}."
                self.problems.append(f"method is {json.dumps(word, default=str)}; {hint}")
                return frozenset()
        return frozenset(word.upper() for word in found)

    def _route(self) -> str:
        value = self._text("route") or ""
        if value and not value.startswith(("/", "*")):
            self.problems.append(f'route is "{value}"; it must begin with a slash, such as "/flows/*".')
        if "?" in value:
            self.problems.append(f'route is "{value}"; what follows the ? is written as query = {{ name = "value" }}.')
        return value

    def _patterns(self, key: str) -> dict[str, str]:
        def good(value: Any) -> bool:
            return isinstance(value, Mapping) and all(isinstance(item, str | int | float) for item in value.values())

        found = self._value(key, good, f'a table of texts and numbers, such as {key} = {{ name = "loyalty*" }}')
        return {str(name): text_of(item) for name, item in (found or {}).items()}

    def _headers(self) -> dict[str, str]:
        def good(value: Any) -> bool:
            return isinstance(value, Mapping) and all(
                isinstance(item, str | int) and f"{name}{item}".isascii() and f"{name}{item}".isprintable()
                for name, item in value.items()
            )

        found = self._value("headers", good, 'a table of plain texts, such as headers = { Retry-After = "2" }')
        return {str(name): str(item) for name, item in (found or {}).items()}

    def _summaries(self) -> tuple[str, ...]:
        found = self._table.get("summaries", list(_HABITUAL))
        names = found if isinstance(found, list) else [found]
        for name in names:
            if name not in SUMMARIES:
                near = _near(str(name), SUMMARIES)
                hint = f'did you mean "{near}"?' if near else f"they are {', '.join(SUMMARIES)}."
                self.problems.append(f"summaries has {json.dumps(name, default=str)}; {hint}")
        return tuple(str(name) for name in names)


def _near(word: str, known: Iterable[str]) -> str | None:
    found = get_close_matches(word, list(known), n=1, cutoff=0.55)
    return found[0] if found else None


def _unknown(key: str, known: tuple[str, ...]) -> str:
    near = _near(key, known)
    return f'the key "{key}" is unknown; ' + (f'did you mean "{near}"?' if near else f"known are {', '.join(known)}.")
