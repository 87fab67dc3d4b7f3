"""Every profile, where its secret is, and a test that says what is wrong with one. Never shows a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from aeptui.errors import AeptuiError
from aeptui.ui.screens.base import BaseScreen, ProfileRequested
from aeptui.ui.screens.confirm import ConfirmScreen
from aeptui.ui.screens.profile_form import ProfileFormScreen
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row
from aeptui.ui.widgets.text_lines import Line
from aeptui.ui.widgets.text_view import TextView

if TYPE_CHECKING:
    from aeptui.session import Session
    from aeptui.session.profiles import ProfileRow, TestStage

_TEST_LINES = 14
_MARKS = {"running": "running", "ok": "ok", "failed": "fail", "skipped": "pending"}
_LOOKS = {"running": "running", "ok": "ok", "failed": "error", "skipped": "muted"}


class ProfileGrid(Grid):
    """The profiles; enter uses one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "use it", key_display="enter", tooltip="Close this session, open that profile's"),
    ]


class ProfilesScreen(BaseScreen[None]):
    """Args:
    session: Whose profiles are shown; it is closed when another one is used.
    """

    TITLE = "Profiles"
    HELP = (
        "A profile says where to talk to: client id, organisation, sandbox, addresses.\n"
        "Its secret is in the keyring of the operating system, in this program's memory, or in AEPTUI_CLIENT_SECRET;\n"
        "never in a file of aeptui. t tries a profile stage by stage, so that the first failure names the fault.\n"
        "local is the platform inside this program; it is always there."
    )
    AUTO_FOCUS: ClassVar[str | None] = "#profiles"
    DEFAULT_CSS = """
    ProfilesScreen {
        #test { display: none; }
        &.-tested #test { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "test", "test", tooltip="Try this profile: token, organisation, sandbox, schemas, sources"),
        Binding("n", "new", "new", tooltip="Add a profile"),
        Binding("e", "edit", "edit", tooltip="Change this profile, or give it another secret"),
        Binding("d", "delete", "delete", tooltip="Remove this profile and its secret; asks first"),
        Binding("r", "refresh", "refresh", show=False, tooltip="Look again, for example after unlocking the keyring"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._rows: dict[str, ProfileRow] = {}
        self._stages: dict[str, TestStage] = {}
        self._saved_last = ""
        """The cursor goes there when the list has been read again."""

    def compose_body(self) -> ComposeResult:
        yield ProfileGrid(
            Column("current", "", width=8),
            Column("name", "Profile", min_width=10),
            Column("sandbox", "Sandbox", min_width=8),
            Column("secret", "Secret", min_width=24),
            Column("org", "Organisation", min_width=18, priority=1),
            Column("platform", "Platform", min_width=20, priority=2),
            id="profiles",
        )
        yield TextView(id="test", most=_TEST_LINES)

    def on_mount(self) -> None:
        self.query_one(ProfileGrid).loading_text = "Looking where the secrets are ..."

    def on_screen_resume(self) -> None:
        self.action_refresh()

    def action_refresh(self) -> None:
        """Look again at profiles and vaults."""
        self._load()

    @work(group="load", exclusive=True)
    async def _load(self) -> None:
        grid = self.query_one(ProfileGrid)
        try:
            rows = await self.session.profiles.list()
        except AeptuiError as error:
            self.report(error)
            grid.loading_text = error.title
            return
        grid.loading_text = ""
        self._rows = {row.profile.name: row for row in rows}
        grid.show([_row(row) for row in rows])
        if self._saved_last in self._rows:
            grid.move_to(self._saved_last)
            self._saved_last = ""
        self.refresh_bindings()

    # Keys

    @property
    def _chosen(self) -> ProfileRow | None:
        key = self.query_one(ProfileGrid).cursor_key if self.is_mounted else None
        return self._rows.get(key or "")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"edit", "delete"}:
            return self._chosen is not None and not self._chosen.profile.is_local
        if action == "test":
            return self._chosen is not None
        return super().check_action(action, parameters)

    @on(Grid.Highlighted)
    def _on_highlighted(self, message: Grid.Highlighted) -> None:
        message.stop()
        self.refresh_bindings()

    @on(Grid.Opened)
    def _on_opened(self, message: Grid.Opened) -> None:
        message.stop()
        self._use(message.key)

    def _use(self, name: str) -> None:
        running = len(self.session.executions.running())

        def use(yes: bool | None) -> None:
            if yes:
                self.post_message(ProfileRequested(name))

        if not running:
            use(True)
            return
        question = ConfirmScreen(
            f"Use {name} now?",
            f"{running} running execution{'s' if running > 1 else ''} would stop being watched here. "
            "The journal keeps what was done.",
            yes_label="Use it",
            danger=True,
        )
        self.app.push_screen(question, use)

    def action_new(self) -> None:
        self.app.push_screen(ProfileFormScreen(self.session), self._saved)

    def action_edit(self) -> None:
        row = self._chosen
        if row is not None:
            self.app.push_screen(ProfileFormScreen(self.session, row), self._saved)

    def _saved(self, name: str | None) -> None:
        if name is None:
            return
        self._saved_last = name
        self.action_refresh()
        if name == self.session.describe().profile:
            self.notify("This session still has the old settings; enter opens it anew.", markup=False)

    def action_delete(self) -> None:
        row = self._chosen
        if row is None:
            return
        name = row.profile.name
        question = ConfirmScreen(
            f"Remove the profile {name}?",
            "Its settings and its secret are deleted here. Nothing on the platform changes.",
            yes_label="Remove",
            danger=True,
        )

        def answered(yes: bool | None) -> None:
            if yes:
                self._delete(name)

        self.app.push_screen(question, answered)

    @work(group="write")
    async def _delete(self, name: str) -> None:
        try:
            left = await self.session.profiles.remove(name)
        except AeptuiError as error:
            self.report(error)
            return
        self.notify(f"Removed {name}. {left}".rstrip(), severity="warning" if left else "information", markup=False)
        self._load()

    # The test

    def action_test(self) -> None:
        row = self._chosen
        if row is not None:
            self._test(row.profile.name)

    @work(group="test", exclusive=True)
    async def _test(self, name: str) -> None:
        self._stages = {}
        self.add_class("-tested")
        try:
            async for stage in self.session.profiles.test(name):
                self._stages[stage.name] = stage
                self._show_test(name)
        except AeptuiError as error:
            self.report(error)

    def _show_test(self, name: str) -> None:
        lines = [one for stage in self._stages.values() for one in _stage_lines(stage)]
        self.query_one("#test", TextView).show(lines, f"Test of {name}", keep_place=True)

    def copy_text(self) -> str:
        row = self._chosen
        return row.profile.name if row is not None else ""


def _row(row: ProfileRow) -> Row:
    profile = row.profile
    bad = row.secret_where == "missing" or row.secret_where.startswith(("keyring locked", "keyring not", "keyring un"))
    return Row(
        profile.name,
        (
            Cell(f"{glyph('ok')} in use" if row.is_current else "", "ok"),
            profile.name,
            profile.sandbox,
            Cell(
                f"{glyph('warning')} {row.secret_where}" if bad else row.secret_where,
                "warning" if bad else "muted" if profile.is_local else "",
            ),
            profile.org_id,
            Cell("inside this program" if profile.is_local else profile.platform_url, "muted"),
        ),
    )


def _stage_lines(stage: TestStage) -> list[Line]:
    look = _LOOKS[stage.state]
    detail = stage.detail or {"running": "asking ...", "skipped": "not tried"}.get(stage.state, "")
    took = f"  {stage.duration_ms:,} ms" if stage.duration_ms is not None else ""
    lines: list[Line] = [
        (
            (f"{glyph(_MARKS[stage.state])} {stage.name:14}", look),
            (detail, "" if stage.state == "ok" else look),
            (took, "muted"),
        )
    ]
    if stage.hint:
        lines.append(((" " * 16, ""), (stage.hint, "")))
    return lines
