"""The line to the platform, with the faults of a plan on it. An ASGI wrapper before the gateway: the token call and
refusals of the gateway can be struck as well, and no service knows.

How a broken line looks is up to who serves. On a socket the scope has the extension `LINE`, which hangs up. Inside a
process there is none, so an exception tells it: `LineCut` (a ConnectionError), or `NoAnswer` (a TimeoutError) at the
moment when a client's own timer would have ended the wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, NoReturn

from starlette.types import ASGIApp, Receive, Scope, Send

from aeptui.clock import Clock
from aeptui.emulator.errors import flow_error
from aeptui.emulator.faults.answers import Held, held, nobody_leaves, replayed, whole_body
from aeptui.emulator.faults.lag import Lagging, changed_place, created_ids
from aeptui.emulator.faults.pages import Offsets, by_offset, is_later_page, unwrapped, with_page_again
from aeptui.emulator.faults.plan import FaultPlan
from aeptui.emulator.faults.rules import (
    FOUNDATION,
    Answer,
    Call,
    Cut,
    Initializing,
    Lag,
    Late,
    PageAgain,
    Rule,
    RunView,
    Silence,
    Slow,
    TokenExpires,
)
from aeptui.emulator.faults.views import initializing, odd_runs
from aeptui.emulator.http import refusal

LINE: Final = "aeptui.line"
"""The ASGI extension with which a server on a socket lets the application hang up."""
_FLOWS: Final = f"{FOUNDATION}flowservice/flows"


class LineCut(ConnectionError):
    """The fault plan broke the line."""


class NoAnswer(TimeoutError):
    """The fault plan gives no answer."""


@dataclass(eq=False)
class _LateChange:
    """A change that nobody was told of yet, and that is made only later."""

    collection: str
    sandbox: str
    left: int
    scope: Scope
    body: bytes


class _Ended(Exception):
    """The call has had all the answer it gets."""


class FaultyLine:
    """The platform at the other end of a line with faults.

    Args:
        app: The platform.
        plan: What goes wrong; it may change meanwhile.
        clock: What `seconds` are waited on.
    """

    def __init__(self, app: ASGIApp, plan: FaultPlan, clock: Clock) -> None:
        self._app = app
        self._plan = plan
        self._clock = clock
        self._lagging = Lagging(app)
        self._offsets = Offsets()
        self._late: list[_LateChange] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._initializing: dict[tuple[str, str], int] = {}
        """(sandbox, flow id) -> reads left."""
        self._released = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        call = Call.of(scope)
        await self._make_late_changes(call)
        again = unwrapped(call)
        if again is not None:
            call = again
        rules = [rule for rule in self._plan.rules if rule.may_concern(call)]
        if again is not None:  # else a page would come again each time it comes again
            rules = [rule for rule in rules if rule.effect != PageAgain(endless=False)]
        if rules:
            body = await whole_body(receive)
            if body is None:
                return
            call = replace(call, body=body)
            receive = replayed(body, receive)
            rules = [rule for rule in rules if rule.strikes(call)]
        if rules or again is not None or self._is_watched(call):
            try:
                await _Exchange(self, call, rules, scope, receive, send).run()
            except _Ended:
                return
        else:
            await self._app(scope, receive, send)

    def _is_watched(self, call: Call) -> bool:
        """Whether something that began earlier may show in the answer."""
        moved = call.method == "GET" and by_offset(call) and self._offsets.concern(call)
        return moved or self._lagging.concerns(call) or self._is_unready(call) or self._shows_unready(call)

    def _is_unready(self, call: Call) -> bool:
        """Whether it would change a flow that is initializing."""
        if call.method not in ("POST", "PATCH") or not call.path.startswith(f"{_FLOWS}/"):
            return False
        return (call.sandbox, changed_place(call)[1] or "") in self._initializing

    def _shows_unready(self, call: Call) -> bool:
        shows = call.method == "GET" and call.path.startswith(_FLOWS)
        return shows and any(sandbox == call.sandbox for sandbox, _ in self._initializing)

    # -- late changes

    def later(self, call: Call, scope: Scope, late: Late) -> None:
        """Have a change made when it is due."""
        if late.seconds is None:
            collection = changed_place(call)[0]
            self._late.append(_LateChange(collection, call.sandbox, late.reads, scope, call.body))
            return

        async def wait(seconds: float) -> None:
            await self._clock.sleep(seconds)
            await held(self._app, scope, replayed(call.body, nobody_leaves))

        task = asyncio.get_running_loop().create_task(wait(late.seconds))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _make_late_changes(self, call: Call) -> None:
        """Make those that are due before this read."""
        if call.method != "GET":
            return
        for change in list(self._late):
            if change not in self._late:
                continue  # another read had it made meanwhile
            if change.sandbox != call.sandbox or not f"{call.path}/".startswith(f"{change.collection}/"):
                continue
            if change.left > 0:
                change.left -= 1
                continue
            self._late.remove(change)
            await held(self._app, change.scope, replayed(change.body, nobody_leaves))

    # -- the end

    def release(self) -> None:
        """Hang up on whoever waits for an answer that never comes."""
        self._released.set()

    async def close(self) -> None:
        """End what waits. Late changes that are not due are lost, as they are when a server ends."""
        self.release()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class _Exchange:
    """One call that is struck, or shows what was struck earlier: the faults in their order."""

    def __init__(
        self, line: FaultyLine, call: Call, rules: list[Rule], scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._line = line
        self._call = call
        self._rules = rules
        self._scope = {**scope, "query_string": call.query_string.encode("latin-1")}
        self._receive = receive
        self._send = send

    async def run(self) -> None:
        """Raises _Ended, LineCut or NoAnswer where no answer is sent, or not all of it."""
        await self._before()
        if self._is_only_slow() and not self._line._is_watched(self._call):
            await self._line._app(self._scope, self._receive, self._send)
            return
        # From here on the answer is held in memory until all of it is there: it may have to be another one.
        pages = [rule for rule in self._rules if isinstance(rule.effect, PageAgain)]
        if self._call.method == "GET" and by_offset(self._call):
            self._call = self._moved(pages)
        lags = [rule for rule in self._rules if isinstance(rule.effect, Lag)]
        before = await self._line._lagging.before(self._call, self._scope) if lags else None
        answer = await held(self._line._app, self._scope, self._receive)
        if answer.is_success:
            self._remember(answer, lags, before)
        answer = await self._shown(answer, pages)
        await self._after(answer)
        await answer.send(self._send)

    # -- in the order in which it happens

    async def _before(self) -> None:
        """Waits, and whatever comes instead of the platform's answer."""
        for rule in self._rules:
            match rule.effect:
                case Slow(seconds=seconds, at="before"):
                    self._happened(rule)
                    await self._line._clock.sleep(seconds)
                case Answer(applied=False) as given:
                    await self._give(rule, given)
                case TokenExpires():
                    self._happened(rule)
                    await self._refuse(flow_error(1442, "The continuation token has expired."))
                case Cut(at="before"):
                    self._happened(rule)
                    await self._hang_up(LineCut("the line was cut before the call was handled"))
                case Silence(applied=False, seconds=seconds):
                    self._happened(rule)
                    await self._be_silent(seconds)
                case Late() as late:
                    self._happened(rule)
                    self._line.later(self._call, self._scope, late)
                    await self._be_silent(0 if LINE not in (self._scope.get("extensions") or {}) else None)
        if self._line._is_unready(self._call):
            id = changed_place(self._call)[1] or ""
            await self._refuse(flow_error(1422, "The state initializing does not allow it.", kind="flows", id=id))

    def _moved(self, pages: list[Rule]) -> Call:
        """The call for the page that lies there now."""
        again = bool(pages) and is_later_page(self._call)
        moved = self._line._offsets.moved(self._call, again=again)
        if again:
            self._happened(pages[0])
        self._scope["query_string"] = moved.query_string.encode("latin-1")
        return moved

    def _remember(self, answer: Held, lags: list[Rule], before: Held | None) -> None:
        """What later reads must show, or not show yet."""
        for rule in lags:
            if isinstance(rule.effect, Lag) and self._line._lagging.note(self._call, answer, rule.effect, before):
                self._happened(rule)
                break
        for rule in self._rules:
            if isinstance(rule.effect, Initializing):
                for id in created_ids(answer):
                    self._line._initializing[(self._call.sandbox, id)] = rule.effect.reads
                self._happened(rule)

    async def _shown(self, answer: Held, pages: list[Rule]) -> Held:
        """The answer as it is made to look."""
        if self._line._lagging.concerns(self._call):
            answer = await self._line._lagging.seen(self._call, self._scope, answer)
        if self._line._shows_unready(self._call) and answer.is_success:
            answer = self._with_unready(answer)
        for rule in self._rules:
            if isinstance(rule.effect, RunView) and answer.is_success:
                odd = odd_runs(answer.json(), rule.effect)
                if odd is not None:
                    self._happened(rule)
                    answer = answer.with_json(odd)
        for rule in pages if not by_offset(self._call) else []:
            repeated = with_page_again(self._call, answer)
            if repeated is not None:
                self._happened(rule)
                return repeated
        return answer

    async def _after(self, answer: Held) -> None:
        """Waits, and what happens to an answer on its way."""
        for rule in self._rules:
            match rule.effect:
                case Slow(seconds=seconds, at="after"):
                    self._happened(rule)
                    await self._line._clock.sleep(seconds)
                case Answer(applied=True) as given if answer.is_success:
                    await self._give(rule, given)
                case Cut(at="after") if answer.is_success:
                    self._happened(rule)
                    await self._hang_up(LineCut("the line was cut before the answer came"))
                case Cut(at="body"):
                    self._happened(rule)
                    if len(answer.content) > 1:
                        await answer.begin(self._send)
                        half = answer.content[: len(answer.content) // 2]
                        await self._send({"type": "http.response.body", "body": half, "more_body": True})
                    await self._hang_up(LineCut("the line was cut in the middle of the answer"))
                case Silence(applied=True, seconds=seconds) if answer.is_success:
                    self._happened(rule)
                    await self._be_silent(seconds)

    # -- parts

    def _is_only_slow(self) -> bool:
        return all(isinstance(rule.effect, Slow) and rule.effect.at == "before" for rule in self._rules)

    def _happened(self, rule: Rule) -> None:
        self._line._plan.happened(rule, self._call)

    def _with_unready(self, answer: Held) -> Held:
        body = answer.json()
        if not isinstance(body, dict) or not isinstance(body.get("items"), list):
            return answer
        items: list[Any] = []
        for item in body["items"]:
            key = (self._call.sandbox, str(item.get("id")))
            left = self._line._initializing.get(key)
            items.append(item if left is None else initializing(item))
            if left is not None and left > 1:
                self._line._initializing[key] = left - 1
            elif left is not None:
                del self._line._initializing[key]
        return answer.with_json({**body, "items": items})

    async def _give(self, rule: Rule, given: Answer) -> NoReturn:
        self._happened(rule)
        length = ("content-length", str(len(given.content)))
        pairs = [*given.headers] if given.status in (204, 304) else [*given.headers, length]
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]
        await Held(given.status, (*headers, *self._request_id()), given.content).send(self._send)
        raise _Ended

    async def _refuse(self, error: Any) -> NoReturn:
        id = b"".join(value for _, value in self._request_id()).decode("latin-1")
        response = refusal(error, id)
        headers = (*response.raw_headers, *self._request_id())
        await Held(response.status_code, headers, bytes(response.body)).send(self._send)
        raise _Ended

    def _request_id(self) -> tuple[tuple[bytes, bytes], ...]:
        return tuple((name, value) for name, value in self._scope["headers"] if name == b"x-request-id")

    async def _be_silent(self, seconds: float | None) -> NoReturn:
        """Wait for the client to leave, for the end of the platform, or for the time to be over."""

        async def left() -> None:
            while (await self._receive())["type"] != "http.disconnect":
                pass

        waits = [left(), self._line._released.wait()]
        if seconds is not None:
            waits.append(self._line._clock.sleep(seconds))
        tasks = [asyncio.ensure_future(wait) for wait in waits]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
        await self._hang_up(NoAnswer("no answer came"))

    async def _hang_up(self, inside: Exception) -> NoReturn:
        """End the line: on a socket really, inside a process by the exception."""
        hang_up: Callable[[], None] | None = (self._scope.get("extensions") or {}).get(LINE)
        if hang_up is None:
            raise inside
        hang_up()
        while (await self._receive())["type"] != "http.disconnect":
            pass
        raise _Ended
