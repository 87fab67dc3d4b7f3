"""Every profile, where its secret is, and a test that says what is wrong with one. Never shows a secret."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from aeptui.errors import AeptuiError
from aeptui.ui.screens.ask import AskScreen
from aeptui.ui.screens.base import ERROR_TOAST_S, BaseScreen, ProfileRequested
from aeptui.ui.screens.confirm import ConfirmScreen
from aeptui.ui.screens.passphrase import ask_to_unlock
from aeptui.ui.screens.profile_form import ProfileFormScreen
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row
from aeptui.ui.widgets.text_lines import Line
from aeptui.ui.widgets.text_view import TextView

if TYPE_CHECKING:
    from aeptui.session import Session
    from aeptui.session.profiles import ProfileRow, TestStage

_TEST_LINES = 20
_COUNT_S = 10.0
"""How often what is left of a token is written anew: not every second, on a slow line."""
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
        "Its secret is in the keyring of the operating system, in this program's memory, in AEPTUI_CLIENT_SECRET, "
        "or in an encrypted file if you choose that; never in clear. An access token can stand for the secret; "
        "Token says how long the one in use still lasts.\n"
        "t tries a profile stage by stage, so that the first failure names the fault; a then copies the text to send "
        "to an administrator.\n"
        "local is the platform inside this program; it is always there."
    )
    AUTO_FOCUS: ClassVar[str | None] = "#profiles"
    DEFAULT_CSS = """
    ProfilesScreen {
        #test { display: none; max-height: 62%; }
        &.-tested #test { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "test", "test", tooltip="Try this profile: token, organisation, sandbox, schemas, sources"),
        Binding("n", "new", "new", tooltip="Add a profile"),
        Binding("e", "edit", "edit", tooltip="Change this profile, or give it another secret"),
        Binding(
            "c", "duplicate", "copy as new", show=False, tooltip="A new profile that begins with this one's values"
        ),
        Binding("i", "import", "import", tooltip="A profile out of a Developer Console, Postman or aepp file"),
        Binding("x", "export", "export", show=False, tooltip="Write this profile to a file, without its secret"),
        Binding("d", "delete", "delete", tooltip="Remove this profile and its secret; asks first"),
        Binding("u", "unlock", "unlock file", show=False, tooltip="Open the encrypted file of secrets"),
        Binding(
            "a",
            "copy_ask",
            "copy text for administrator",
            show=False,
            tooltip="After a failed test: the text to send to an administrator, to the clipboard",
        ),
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
            Column("secret", "Secret", min_width=22),
            Column("token", "Token", width=9),
            Column("org", "Organisation", min_width=18, priority=1),
            Column("platform", "Platform", min_width=20, priority=2),
            id="profiles",
        )
        yield TextView(id="test", most=_TEST_LINES)

    def on_mount(self) -> None:
        self.set_interval(_COUNT_S, self._count_down)
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
        self._count_down()
        if self._saved_last in self._rows:
            grid.move_to(self._saved_last)
            self._saved_last = ""
        self.refresh_bindings()

    def _count_down(self) -> None:
        """Write the rows, with what is left of each token now."""
        if self._rows and self.is_current:
            now = self.session.clock.now()
            self.query_one(ProfileGrid).show([_row(row, now) for row in self._rows.values()])

    # Keys

    @property
    def _chosen(self) -> ProfileRow | None:
        key = self.query_one(ProfileGrid).cursor_key if self.is_mounted else None
        return self._rows.get(key or "")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"edit", "delete", "duplicate", "export"}:
            return self._chosen is not None and not self._chosen.profile.is_local
        if action == "test":
            return self._chosen is not None
        if action == "copy_ask":
            return bool(self._ask)
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

    def action_duplicate(self) -> None:
        """A new profile with this one's values; its secret is not copied."""
        row = self._chosen
        if row is not None:
            begin = self.session.profiles.copy_of(row.profile)
            self.app.push_screen(ProfileFormScreen(self.session, prefill=begin), self._saved)

    def action_import(self) -> None:
        self._import()

    @work(group="write")
    async def _import(self) -> None:
        path = await self.app.push_screen_wait(
            AskScreen(
                "Import a profile from which file?",
                note="An Adobe Developer Console download, a Postman environment, an aepp config file, or an export "
                "of aeptui. You see the profile before it is saved.",
                check=lambda text: "" if text.strip() else "The path of a file on this machine.",
            )
        )
        if path is None:
            return
        try:
            found = await self.session.profiles.read_file(path.strip())
        except AeptuiError as error:
            self.report(error)
            return
        form = ProfileFormScreen(self.session, prefill=found)
        self.app.push_screen(form, self._saved)
        if found.remarks:
            form.notify("\n".join(found.remarks), title=found.kind, markup=False, timeout=ERROR_TOAST_S)

    def action_export(self) -> None:
        self._export()

    @work(group="write")
    async def _export(self) -> None:
        row = self._chosen
        if row is None:
            return
        name = row.profile.name
        path = await self.app.push_screen_wait(
            AskScreen(
                f"Write {name} to which file?",
                f"{name}.profile.toml",
                note="Without its secret. A file that is there is not replaced.",
                check=lambda text: "" if text.strip() else "The path of a new file on this machine.",
            )
        )
        if path is None:
            return
        try:
            written = await self.session.profiles.export_to(name, path.strip())
        except AeptuiError as error:
            self.report(error)
        else:
            self.notify(f"Wrote {written}.", markup=False)

    def action_unlock(self) -> None:
        self._unlock()

    @work(group="write")
    async def _unlock(self) -> None:
        profiles = self.session.profiles
        try:
            state = await profiles.secrets_file()
            if not state.exists:
                self.notify("There is no encrypted file yet: choose it in a profile's form to make one.")
            elif state.is_open:
                self.notify("The encrypted file is open.")
            elif await ask_to_unlock(self.app, profiles.open_secrets_file):
                self._load()
        except AeptuiError as error:
            self.report(error)

    def action_copy_ask(self) -> None:
        """What to send to an administrator after the last test."""
        self.app.copy_to_clipboard(self._ask)
        self.notify("The text for your administrator was sent to the terminal's clipboard.")

    @property
    def _ask(self) -> str:
        return "\n\n".join(stage.ask for stage in self._stages.values() if stage.ask)

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
        if self._ask:
            lines.append((("", ""),))
            lines.append((("For an administrator (a copies it):", "accent"),))
            lines.extend((((f"  {line}", ""),)) for line in self._ask.splitlines())
        self.query_one("#test", TextView).show(lines, f"Test of {name}", keep_place=True)
        self.refresh_bindings()

    def copy_text(self) -> str:
        row = self._chosen
        return row.profile.name if row is not None else ""


def _left(row: ProfileRow, now: datetime) -> Cell:
    """How long the token still lasts."""
    ends = row.token_expires_at
    if ends is None or row.profile.is_local:
        return Cell("-", "muted")
    left_s = int((ends - now).total_seconds())
    if left_s <= 0:
        return Cell("ended", "error")
    words = f"{left_s // 3600} h {left_s // 60 % 60:02} m" if left_s >= 3600 else f"{left_s // 60} m {left_s % 60:02} s"
    return Cell(words, "warning" if left_s < 900 else "")


def _row(row: ProfileRow, now: datetime) -> Row:
    profile = row.profile
    where = row.secret_where
    bad = where == "missing" or where.startswith(("keyring locked", "keyring not", "keyring un", "file locked"))
    return Row(
        profile.name,
        (
            Cell(f"{glyph('ok')} in use" if row.is_current else "", "ok"),
            profile.name,
            f"{profile.sandbox} (read only)" if profile.read_only else profile.sandbox,
            Cell(
                f"{glyph('warning')} {row.secret_where}" if bad else row.secret_where,
                "warning" if bad else "muted" if profile.is_local else "",
            ),
            _left(row, now),
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
    for text in (stage.meaning, stage.hint):
        if text:
            lines.append(((" " * 16, ""), (text, "")))
    return lines
