"""One profile as a form, to add or to change it. The secret typed here is masked, never copied, never shown again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import DescendantFocus
from textual.widget import Widget
from textual.widgets import Input, Static

from aeptui.errors import AeptuiError
from aeptui.ui.screens.base import BaseScreen
from aeptui.ui.screens.confirm import ConfirmScreen
from aeptui.ui.screens.passphrase import open_secrets_file
from aeptui.ui.screens.pick import PickScreen
from aeptui.ui.widgets.cells import printable
from aeptui.ui.widgets.choice_line import ChoiceLine
from aeptui.ui.widgets.grid import Cell, Column, Row
from aeptui.ui.widgets.secret_input import SecretInput

if TYPE_CHECKING:
    from aeptui.models.sandboxes import Sandbox
    from aeptui.session import Session
    from aeptui.session.profiles import Imported, ProfileRow, Secret, StoreIn


@dataclass(frozen=True)
class _Field:
    key: str
    label: str
    note: str
    placeholder: str = ""


_FIELDS = (
    _Field("name", "Name", "How you call it: --profile NAME. It cannot be changed later.", "such as acme-dev"),
    _Field("client_id", "Client id", "The API key of an OAuth server-to-server credential in Adobe Developer Console."),
    _Field("org_id", "Organisation id", "Beside the client id in Developer Console.", "such as 12345ABC@AdobeOrg"),
    _Field("sandbox", "Sandbox", "Its name, not its title; there is no default. ctrl+l lists those there are."),
    _Field("secret", "Secret or token", "The client secret, or a ready-made access token. Not shown, never in clear."),
    _Field("store", "Keep it in", "left and right choose."),
    _Field("read_only", "Changes", "Read only refuses every change before it is sent. left and right choose."),
    _Field("platform_url", "Platform URL", "Other than Adobe's only for a local platform or a proxy."),
    _Field("ims_url", "IMS URL", "Where tokens come from."),
    _Field("scopes", "Scopes", "What the token may do; the credential must have them."),
)
_STORES: dict[str, str] = {
    "keyring": "keyring",
    "session": "this session only",
    "file": "encrypted file",
    "environment": "nowhere: AEPTUI_CLIENT_SECRET",
}
_CHANGES = {"False": "allowed", "True": "read only"}
_CHOICES = ("store", "read_only")
_STORE_NOTES: dict[str, str] = {
    "keyring": "The keyring of the operating system keeps it, encrypted. left and right choose.",
    "session": "Forgotten when aeptui ends; you are asked for it again. left and right choose.",
    "file": "A file of aeptui's, encrypted with a passphrase you are asked for. left and right choose.",
    "environment": "Nothing is kept; set AEPTUI_CLIENT_SECRET before starting. left and right choose.",
}


class ProfileFormScreen(BaseScreen[str | None]):
    """Dismisses with the name of the saved profile, or None.

    Args:
        session: Where the profile is saved.
        row: The profile to change; None adds one.
        prefill: What a new one begins with.
    """

    HELP = (
        "enter goes to the next field, ctrl+s saves, ctrl+l lists sandboxes. What is wrong stands under its field.\n"
        "A ready-made access token (eyJ...) can be given instead of a client secret; it ends, usually within a day.\n"
        "Leave the secret empty to keep the one there is.\n"
        "Without a usable keyring the secret is kept for this session only; the line below the form says why."
    )
    AUTO_FOCUS: ClassVar[str | None] = "Input"
    DEFAULT_CSS = """
    ProfileFormScreen {
        #fields { height: 1fr; padding: 1 1 0 1; scrollbar-size-vertical: 1; }
        .field { height: auto; }
        .line { height: 1; }
        .label { width: 18; color: $text-muted; }
        .label.-focused { color: $text-accent; text-style: bold; }
        Input { border: none; height: 1; width: 1fr; max-width: 90; padding: 0 1; background: $surface; }
        Input:focus { border: none; background: $surface-lighten-1; }
        Input:disabled { opacity: 100%; color: $text-muted; background: $background; }
        .problem { display: none; height: auto; padding-left: 19; color: $text-error; }
        .problem.-shown { display: block; }
        #note { height: auto; min-height: 2; max-height: 7; padding: 0 1; margin-bottom: 1; color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "save", tooltip="Save the profile and its secret"),
        # With priority, focus moves before the next key is handed out: else, on a slow line, a secret typed ahead
        # would go into the field before its own.
        Binding("tab,down", "next_field", "next field", key_display="tab", priority=True, tooltip="To the next field"),
        Binding("enter", "accept", "next field", show=False, priority=True, tooltip="To the next field, at last save"),
        Binding("shift+tab,up", "previous_field", "field before", show=False, priority=True, tooltip="One field back"),
        Binding("ctrl+l", "list_sandboxes", "sandboxes", tooltip="List the sandboxes this credential can use"),
        Binding("f1", "help", "help", key_display="f1", tooltip="What this form is for, and its keys"),
    ]

    def __init__(self, session: Session, row: ProfileRow | None = None, prefill: Imported | None = None) -> None:
        super().__init__()
        self._prefill = prefill
        self.session = session
        self._row = row
        self._taken: frozenset[str] = frozenset()
        self._problems: dict[str, str] = {}
        self._initial: dict[str, str] = {}
        self._keyring_problem = ""

    @property
    def heading(self) -> str:
        return f"Profile {self._row.profile.name}" if self._row is not None else "New profile"

    def compose_body(self) -> ComposeResult:
        with VerticalScroll(id="fields", can_focus=False):
            for field in _FIELDS:
                with Vertical(classes="field"):
                    with Horizontal(classes="line"):
                        yield Static(field.label, id=f"label-{field.key}", classes="label", markup=False)
                        yield self._editor(field)
                    yield Static("", id=f"problem-{field.key}", classes="problem", markup=False)
        yield Static("", id="note", markup=False)

    def _editor(self, field: _Field) -> Widget:
        if field.key in _CHOICES:
            return ChoiceLine(_STORES if field.key == "store" else _CHANGES, id=field.key)
        if field.key == "secret":
            there = f"empty: as it is, {self._row.secret_where}" if self._row is not None else ""
            if self._given is not None:
                there = "empty: the one in the file"
            return SecretInput(placeholder=there, id="secret")
        return Input(
            self._first_value(field.key),
            placeholder=field.placeholder,
            id=field.key,
            select_on_focus=False,
            disabled=field.key == "name" and self._row is not None,
        )

    def _first_value(self, key: str) -> str:
        from aeptui.config import Profile

        profile = self._row.profile if self._row is not None else Profile(name="new")
        begin = {} if self._prefill is None else {**self._prefill.values, "name": self._prefill.name}
        if self._row is None and (key == "name" or key in begin):
            return begin.get(key, "")
        return str(getattr(profile, key))

    @property
    def _given(self) -> Secret | None:
        """The secret that came with a file."""
        return self._prefill.secret if self._prefill is not None else None

    def on_mount(self) -> None:
        choice = self._store
        if self._row is not None and self._row.profile.secret_store in _STORES:
            choice.value = self._row.profile.secret_store
        self.query_one("#read_only", ChoiceLine).value = self._first_value("read_only").capitalize()
        self._initial = self._values()
        self.watch(choice, "value", self._store_changed, init=False)
        self._look_around()

    @work(group="look", exclusive=True)
    async def _look_around(self) -> None:
        """Which names are taken, and whether the keyring can be used; typing need not wait for that."""
        try:
            self._taken = await self._names()
        except AeptuiError as error:
            self.report(error)
        usability = await self.session.profiles.keyring_usability()
        choice = self._store
        if usability.ok:
            choice.remarks = {"keyring": usability.where.removeprefix("keyring ")}
            return
        choice.remarks = {"keyring": "cannot be used now"}
        self._keyring_problem = f"{usability.reason} {usability.hint}".strip()
        if self._row is None and choice.value == "keyring":
            choice.value = "session"
            self._initial["store"] = "session"
        self._show_note()

    async def _names(self) -> frozenset[str]:
        """Names that a new profile cannot have."""
        if self._row is not None:
            return frozenset()
        return frozenset(row.profile.name for row in await self.session.profiles.list())

    # What stands in the form

    def _values(self) -> dict[str, str]:
        values = {
            field.key: self.query_one(f"#{field.key}", Input).value for field in _FIELDS if field.key not in _CHOICES
        }
        return values | {key: self.query_one(f"#{key}", ChoiceLine).value for key in _CHOICES}

    @property
    def _store(self) -> ChoiceLine:
        return self.query_one("#store", ChoiceLine)

    def unfinished(self) -> str:
        if not self.is_mounted or not self._initial or self._values() == self._initial:
            return ""
        return "The profile in the form is not saved."

    def _judge(self) -> dict[str, str]:
        values = self._values()
        problems = dict(self.session.profiles.check(values, self._taken))
        if self._row is not None:
            problems.pop("name", None)
        if values["store"] == "environment":
            if values["secret"]:
                problems["secret"] = "It would not be kept. Empty it, or choose another place."
        elif self._row is None and not values["secret"] and self._given is None:
            problems["secret"] = "The client secret is missing; or choose its place below."
        return problems

    def _show_problems(self, problems: dict[str, str]) -> None:
        self._problems = problems
        for field in _FIELDS:
            problem = self.query_one(f"#problem-{field.key}", Static)
            problem.update(Content(printable(problems.get(field.key, ""))))
            problem.set_class(field.key in problems, "-shown")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self._mend()

    def _store_changed(self) -> None:
        self._mend()
        self._show_note()

    def _mend(self) -> None:
        """Take away the problems that are solved; new ones wait for the next try to save."""
        if self._problems:
            now = self._judge()
            self._show_problems({key: now[key] for key in self._problems if key in now})

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        for field in _FIELDS:
            self.query_one(f"#label-{field.key}").set_class(event.widget.id == field.key, "-focused")
        self._show_note()

    def _show_note(self) -> None:
        key = self.focused.id if self.focused is not None else None
        note = next((field.note for field in _FIELDS if field.key == key), "")
        if key == "store":
            note = _STORE_NOTES[self._store.value]
        if key in {"store", "secret"} and self._keyring_problem:
            note = f"{note}\n{self._keyring_problem}"
        self.query_one("#note", Static).update(Content(note))

    # Keys

    def action_accept(self) -> None:
        """To the next field, or from the last one on save."""
        if self.focused is not None and self.focused.id == _FIELDS[-1].key:
            self.action_save()
        else:
            self.action_next_field()

    def action_next_field(self) -> None:
        self.focus_next()

    def action_previous_field(self) -> None:
        self.focus_previous()

    def action_save(self) -> None:
        """Save, or show everything that is wrong and go to the first of it."""
        self._try_to_save()

    async def _settled(self) -> None:
        """Wait until every key pressed so far has arrived in its field; each field takes them in its own time."""
        arrived = [asyncio.Event() for _ in self.query(Input)]
        for field, event in zip(self.query(Input), arrived, strict=True):
            field.call_later(event.set)
        for event in arrived:
            await event.wait()

    @work(group="save", exclusive=True)
    async def _try_to_save(self) -> None:
        await self._settled()
        problems = self._judge()
        self._show_problems(problems)
        if problems:
            self.app.bell()
            self.query_one(f"#{next(iter(problems))}").focus()
        else:
            await self._save()

    async def _save(self) -> None:
        values = self._values()
        store = cast("StoreIn", self._store.value)
        profiles = self.session.profiles
        try:
            if store == "file" and not await open_secrets_file(self.app, profiles):
                return
            self._taken = await self._names()
            if values["name"].strip() in self._taken:
                self._show_problems(self._judge())
                return
            profile = profiles.make(values)
            note = await profiles.save(profile, values["secret"] or self._given, store)
        except AeptuiError as error:
            self.report(error)
            return
        self.notify(f"Saved {profile.name}. {note}".rstrip(), markup=False)
        self.dismiss(profile.name)

    def action_list_sandboxes(self) -> None:
        """Ask the platform for the sandboxes, with what stands in the form."""
        self._list_sandboxes()

    @work(group="sandboxes", exclusive=True)
    async def _list_sandboxes(self) -> None:
        await self._settled()
        values = self._values()
        field = self.query_one("#sandbox", Input)
        self.query_one("#note", Static).update("Asking for the sandboxes of this credential ...")
        try:
            found = await self.session.profiles.sandboxes(values, values["secret"] or self._given)
        except AeptuiError as error:
            self.report(error)
            return
        finally:
            self._show_note()
        picked = await self.app.push_screen_wait(
            PickScreen(
                "The sandbox of this profile",
                (Column("name", "Sandbox", min_width=10), Column("type", "Type", width=12), Column("title", "Title")),
                [_sandbox_row(one) for one in found],
                chosen=[field.value],
                empty="This credential can use no sandbox: ask an administrator for one.",
            )
        )
        if picked:
            field.value = picked[0]

    async def action_back(self) -> None:
        """Leave; asks first when something was typed."""
        if not self.unfinished():
            self.dismiss(None)
            return
        question = ConfirmScreen(
            "Leave without saving?", "What you typed here is not kept.", yes_label="Leave", danger=True
        )
        self.app.push_screen(question, self._leave)

    def _leave(self, leave: bool | None) -> None:
        if leave:
            self.dismiss(None)


def _sandbox_row(sandbox: Sandbox) -> Row:
    kind = Cell("PRODUCTION", "production") if sandbox.is_production else Cell(sandbox.type, "muted")
    return Row(sandbox.name, (sandbox.name, kind, sandbox.title))
