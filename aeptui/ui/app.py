"""The application: sections, session, theme, ending. No business logic, and no I/O but opening the session.

The first paint needs neither the network nor a secret: the session, and everything heavy it imports, opens after it.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Protocol

from textual import on, work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.events import DescendantFocus
from textual.reactive import reactive
from textual.screen import Screen
from textual.worker import WorkerFailed

from aeptui.errors import AeptuiError, PassphraseNeeded
from aeptui.ui.ascii_lines import draw_in_ascii
from aeptui.ui.crash import crash_report, scrub
from aeptui.ui.ending import end_cleanly
from aeptui.ui.passing_words import PassingWords
from aeptui.ui.screens.base import ERROR_TOAST_S, BaseScreen, ProfileRequested, ScreenRequested, SectionRequested
from aeptui.ui.screens.opening import OpeningScreen
from aeptui.ui.theme import DEFAULT_THEME, DERIVED, load_themes
from aeptui.ui.type_ahead import TypeAhead
from aeptui.ui.widgets.glyphs import ascii_only
from aeptui.ui.widgets.header import HeaderFacts
from aeptui.ui.widgets.key_line import key_name

SCREENS: dict[str, str] = {
    "flows": "flows:FlowsScreen",
    "pipelines": "pipelines:PipelinesScreen",
    "sources": "sources:SourcesScreen",
    "executions": "executions:ExecutionsScreen",
    "profiles": "profiles:ProfilesScreen",
    "welcome": "welcome:WelcomeScreen",
    "flow": "flow:FlowScreen",
    "flow_run": "flow_run:FlowRunScreen",
    "explore": "explore:ExploreScreen",
    "pipeline": "pipeline:PipelineScreen",
    "execution": "execution:ExecutionScreen",
}
"""Screens by name; each is imported when it is first opened, and takes the session, then its own arguments."""

SECTIONS = ("flows", "pipelines", "sources", "executions", "profiles")
"""What the digits 1 to 5 open."""


def _title(section: str) -> str:
    """A section in the words of its screen."""
    return "Dataflows" if section == "flows" else section.capitalize()


_OPENING = "opening"
_CLOSE_S = 2.0


class Facts(Protocol):
    """What a session says of itself for the header."""

    @property
    def profile(self) -> str: ...
    @property
    def org(self) -> str: ...
    @property
    def sandbox(self) -> str: ...
    @property
    def production(self) -> bool | None: ...
    @property
    def read_only(self) -> bool: ...
    @property
    def connection(self) -> str: ...
    @property
    def connection_style(self) -> str: ...


class OpenSession(Protocol):
    """What the app itself needs of a session; screens need much more."""

    def describe(self) -> Facts: ...
    def follow(self, changed: Callable[[], None]) -> None: ...
    def ask_for_production(self, ask: Callable[[str], Awaitable[str | None]] | None) -> None: ...
    def ask_for_secrets(self, ask: Callable[[str], Awaitable[str | None]] | None) -> None: ...

    @property
    def first_start(self) -> bool: ...

    async def unfinished(self) -> str: ...
    async def save_requests(self) -> Path: ...
    async def aclose(self) -> None: ...


class AeptuiApp(PassingWords, TypeAhead):
    """The TUI.

    Args:
        session_factory: Opens the session of a profile; None is the profile to start with.
        start: The section shown first; None: `welcome` at the first start, else the first section.
        profile: The profile to open; None leaves the choice to the factory.
        unlock: Opens the encrypted file of secrets with a passphrase.
        known_secrets: Answers every secret now in memory, so that a crash report can strike them out.
    """

    TITLE = "aeptui"
    CSS_PATH = Path(__file__).with_name("app.tcss")  # absolute: a subclass elsewhere looks beside itself
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(number), f"go('{name}')", name, show=False, tooltip=f"Go to {_title(name)}")
            for number, name in enumerate(SECTIONS, 1)
        ),
        Binding("ctrl+z", "suspend_process", "suspend", show=False, tooltip="Back to the shell; `fg` returns here"),
        Binding("ctrl+q", "quit", "quit", show=False, tooltip="Leave aeptui; asks first when something is running"),
    ]

    sections: ClassVar[tuple[str, ...]] = SECTIONS
    """Those it has, in the order of their digits."""
    header_facts: reactive[HeaderFacts] = reactive(HeaderFacts(), repaint=False)
    """What the header of every screen shows."""

    def __init__(
        self,
        session_factory: Callable[[str | None], Awaitable[OpenSession]],
        start: str | None = None,
        profile: str | None = None,
        known_secrets: Callable[[], Iterable[str]] = tuple,
        unlock: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__()
        self.session: OpenSession | None = None
        self._session_factory = session_factory
        self._start = start
        self._profile = profile
        self._known_secrets = known_secrets
        self._unlock = unlock
        if "TEXTUAL_ANIMATIONS" not in os.environ:
            self.animation_level = "none"
        self.add_mode(_OPENING, OpeningScreen)
        themes, self._theme_errors = load_themes()
        for theme in themes:
            self.register_theme(theme)
        if "TEXTUAL_THEME" not in os.environ and DEFAULT_THEME in self.available_themes:
            self.theme = DEFAULT_THEME

    def get_css_variables(self) -> dict[str, str]:
        variables = super().get_css_variables()
        for name, stand_in in DERIVED.items():
            variables.setdefault(name, variables[stand_in])
        return variables

    def get_driver_class(self) -> type[Driver]:
        driver_class = super().get_driver_class()
        if driver_class.__name__ != "LinuxDriver":
            return driver_class
        from aeptui.ui.lean_driver import LeanDriver

        return LeanDriver

    def get_default_screen(self) -> Screen[None]:
        return OpeningScreen(id="_default")

    def on_mount(self) -> None:
        end_cleanly(self)
        if ascii_only() and not self.is_headless:
            draw_in_ascii()
        # After `fg` the screen stays blank until something repaints all of it.
        self.app_resume_signal.subscribe(self, lambda _: self.screen.refresh(layout=True))
        for error in self._theme_errors:
            self.report(error, severity="warning")
        self.call_after_refresh(self._open_profile, self._profile)

    async def on_unmount(self) -> None:
        await self._close_session()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        # A blinking cursor costs 1.75 kB/s on an idle line.
        if hasattr(event.widget, "cursor_blink"):
            event.widget.cursor_blink = False

    # Sessions

    def _open_profile(self, profile: str | None) -> None:
        self._profile = profile  # also when it cannot be opened: "try again" means this one
        self.header_facts = HeaderFacts(profile=profile or "")
        self.run_worker(self._open_session(profile), group="session", exclusive=True, name="open session")

    async def _open_session(self, profile: str | None) -> None:
        await self._close_session()
        try:
            self.session = await self._with_passphrase(profile)
        except AeptuiError as error:
            self.header_facts = HeaderFacts(profile=profile or "", connection="not open", connection_style="error")
            opening = self.screen_stack[0]
            if isinstance(opening, OpeningScreen):
                opening.error = error
            return
        self.refresh_facts()
        self.session.follow(self.refresh_facts)
        self.session.ask_for_production(self._ask_for_production)
        self.session.ask_for_secrets(self._ask_for_secret)
        for name in (*self.sections, "welcome"):
            self.add_mode(name, partial(self._make_screen, name))
        await self.switch_mode(self._start or ("welcome" if self.session.first_start else self.sections[0]))
        self.run_worker(self._tell_unfinished(self.session), group="unfinished", exclusive=True)

    async def _tell_unfinished(self, session: OpenSession) -> None:
        """Say so when an execution of this profile stopped half way: nobody may have seen it stop."""
        name = await session.unfinished()
        if name:
            text = f"{name} stopped half way. 4 shows it; there o goes on with it, u takes it back."
            self.notify(text, severity="warning", timeout=12, markup=False)

    async def _with_passphrase(self, profile: str | None) -> OpenSession:
        """Open it; where its secret is in the encrypted file, ask for the passphrase and open that first."""
        try:
            return await self._session_factory(profile)
        except PassphraseNeeded:
            from aeptui.ui.screens.passphrase import ask_to_unlock

            if self._unlock is None or not await ask_to_unlock(self, self._unlock):
                raise
            return await self._session_factory(profile)

    async def _close_session(self) -> None:
        session, self.session = self.session, None
        if session is not None:
            try:
                await asyncio.wait_for(session.aclose(), _CLOSE_S)
            except TimeoutError:
                self.log.warning("The session did not close in time.")

    def refresh_facts(self) -> None:
        """Bring the header up to date with the session."""
        if self.session is not None:
            facts = self.session.describe()
            self.header_facts = HeaderFacts(
                profile=facts.profile,
                org=facts.org,
                sandbox=f"{facts.sandbox} (read only)" if facts.read_only else facts.sandbox,
                production=facts.production is True,
                connection=facts.connection,
                connection_style=facts.connection_style,
            )

    async def _ask_for_production(self, sandbox: str) -> str | None:
        """Have the name of a production sandbox typed, once per session, before the first change of it is sent."""
        from aeptui.ui.screens.production import ProductionScreen

        return await self._answer(ProductionScreen(sandbox))

    async def _ask_for_secret(self, name: str) -> str | None:
        """Have a secret typed that a pipeline names and nothing keeps; it is kept until the app is left."""
        from aeptui.ui.screens.passphrase import PassphraseScreen

        note = f"The pipeline names it, and it is kept nowhere here. `aeptui secrets set {name}` keeps it. esc stops."
        return await self._answer(PassphraseScreen(f"The secret {name}", note))

    async def _answer(self, question: Screen[str | None]) -> str | None:
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

        def typed(name: str | None) -> None:
            if not answer.done():
                answer.set_result(name)

        # Whoever asks may be a task of the session's, which no screen knows of.
        self.call_later(self.push_screen, question, typed)
        return await answer

    @on(ProfileRequested)
    async def _change_profile(self, message: ProfileRequested) -> None:
        """Leave every screen of this session, then open the other profile."""
        message.stop()
        await self.switch_mode(_OPENING)
        if isinstance(self.screen, OpeningScreen):
            self.screen.error = None
        for name in (*SECTIONS, "welcome"):
            if name in self._modes:
                await self.remove_mode(name)
        self._start = SECTIONS[0]
        self._open_profile(message.profile or self._profile)

    # Screens

    def _make_screen(self, name: str, *arguments: object) -> Screen[Any]:
        module, _, class_name = SCREENS[name].partition(":")
        factory = getattr(importlib.import_module(f"aeptui.ui.screens.{module}"), class_name)
        screen: Screen[Any] = factory(self.session, *arguments)
        return screen

    async def action_go(self, name: str) -> None:
        """Go to a section; from inside it, back to its first screen."""
        if self.session is None:
            self.notify("Still opening; wait for the connection.", severity="warning")
        elif self.current_mode != name:
            await self.switch_mode(name)
        else:
            while len(self.screen_stack) > 1:
                await self.pop_screen()

    @on(SectionRequested)
    async def _go_to_section(self, message: SectionRequested) -> None:
        message.stop()
        await self.action_go(message.name)

    @on(ScreenRequested)
    async def _open_screen(self, message: ScreenRequested) -> None:
        message.stop()
        await self.push_screen(self._make_screen(message.name, *message.arguments))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "go":
            return len(self.sections) > 1 and parameters[0] in self.sections
        return super().check_action(action, parameters)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette: every key of the screen it was opened from, then the sections, the theme, and the way out."""
        seen = set()
        for active in screen.active_bindings.values():
            binding, node = active.binding, active.node
            if node is self or not binding.description or (id(node), binding.action) in seen:
                continue
            seen.add((id(node), binding.action))
            title = f"{binding.description.capitalize()}  ({key_name(binding)})"
            yield SystemCommand(title, binding.tooltip, lambda a=binding.action, n=node: self.run_action_later(a, n))
        for number, name in enumerate(self.sections, 1) if len(self.sections) > 1 else ():
            yield SystemCommand(
                f"{_title(name)}  ({number})",
                f"Go to {_title(name)}",
                lambda name=name: self.call_later(self.action_go, name),
            )
        yield SystemCommand("Save requests", "Write the request log to a file, without secrets", self._save_requests)
        yield SystemCommand("Theme", "Choose another theme", self.action_change_theme)
        yield SystemCommand("Quit", "Leave aeptui", lambda: self.call_later(self.action_quit))

    def run_action_later(self, action: str, namespace: Any) -> None:
        """Run a binding's action as its key would, once the palette is gone."""
        self.call_later(self.run_action, action, namespace)

    # Errors and the end

    def report(self, error: AeptuiError, severity: str = "error") -> None:
        """Show an error as a toast: what happened, and what to do."""
        text = scrub(f"{error.title}\n{error.hint}" if error.hint else error.title, self._known_secrets())
        level: Any = severity
        self.notify(text, severity=level, timeout=ERROR_TOAST_S, markup=False)

    @work(group="requests", exclusive=True)
    async def _save_requests(self) -> None:
        if self.session is not None:
            path = await self.session.save_requests()
            self.notify(f"The requests are in {path}.", markup=False, timeout=ERROR_TOAST_S)

    def unfinished(self) -> list[str]:
        """What quitting would lose or leave running, one sentence each."""
        screens = [screen for stack in self._screen_stacks.values() for screen in stack]
        return [text for screen in screens if isinstance(screen, BaseScreen) and (text := screen.unfinished())]

    async def action_quit(self) -> None:
        """Leave; ask first only when something would be lost or is running."""
        left = self.unfinished()
        if not left:
            self.exit(0)
            return
        from aeptui.ui.screens.confirm import ConfirmScreen

        question = ConfirmScreen("Leave aeptui?", "\n".join(left), yes_label="Leave", danger=True)
        self.push_screen(question, lambda leave: self.exit(0) if leave else None)

    def _handle_exception(self, error: Exception) -> None:
        """An error a user can act on is a toast; anything else is a bug and ends the app.

        Only from workers: an error in a message handler has already ended its widget, so going on would be a lie.
        """
        if isinstance(error, WorkerFailed) and isinstance(error.error, AeptuiError):
            self.report(error.error)
        else:
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """The crash screen. Textual's own prints local variables, which may hold a secret."""
        from rich.segment import Segments
        from rich.text import Text

        report = Text(crash_report(sys.exc_info()[1] or self._exception, self._known_secrets()))
        self.bell()
        self._exit_renderables.append(Segments(self.console.render(report, self.console.options)))
        self._close_messages_no_wait()
