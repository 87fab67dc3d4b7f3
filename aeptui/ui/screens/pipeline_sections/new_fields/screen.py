"""What a screen needs on which fields of the organisation's own are declared, changed and removed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from aeptui.chain.mapping_checks import target_field
from aeptui.chain.typed_text import Typed, TypedText, untold
from aeptui.ui.screens.base import BaseScreen
from aeptui.ui.screens.pipeline_sections.new_fields.declaring import Declaring

if TYPE_CHECKING:
    from aeptui.chain.pipeline import NewField

T = TypeVar("T")

Tell = Callable[["tuple[NewField, ...]", str, "tuple[str, str] | None"], None]
"""Is told the fields that are declared now, what was done, and the old and new path of one that moved."""


class Keeper(Protocol):
    """Keeps what is being typed, as every section does."""

    def typed_at(self, place: str, title: str) -> Typed: ...

    def ends_typing(self, answered: Callable[[Any], None]) -> Callable[[Any], None]: ...

    def take_resumed(self, place: str) -> TypedText | None: ...

    def left_at(self, place: str) -> TypedText | None: ...


class DeclaringScreen(BaseScreen[T]):
    """Subclasses show a change in `declared_now`.

    Args:
        declaring: What new fields can be declared beside.
        tell: Makes the changes part of the document.
        keeper: Keeps what is typed into the form; None: nobody does.
    """

    def __init__(self, declaring: Declaring, tell: Tell, keeper: Keeper | None = None) -> None:
        super().__init__()
        self.declaring = declaring
        self._tell = tell
        self._keeper = keeper

    @property
    def fillers(self) -> Mapping[str, str]:
        """Targets that are mapped, and what fills them; subclasses know."""
        return {}

    @property
    def place(self) -> str:
        """Where the keeper finds this screen again, to go on with what was typed."""
        return ""

    def resume_typing(self) -> bool:
        """Open the form again in which something was being typed; False when nothing was."""
        text = self._keeper.take_resumed(self.place) if self._keeper is not None else None
        if text is None:
            return False
        number = self.declaring.number(text.kind.split()[-1])
        if number is not None:
            self.change_field(number, text)
        else:
            self.declare_field(text)
        return True

    def declare_field(self, resumed: TypedText | None = None) -> None:
        """Let the user declare one more field; subclasses say what it begins with."""

    def declare(
        self,
        first: NewField,
        then: Callable[[NewField], None],
        *,
        note: str,
        done: str,
        resumed: TypedText | None = None,
    ) -> None:
        """Let the user declare one more field; `then` is called once it is among the declared ones."""
        declaring = self.declaring

        def answered(field: NewField | None) -> None:
            if field is not None:
                self.declaring = replace(declaring, declared=declaring.put(field))
                then(field)

        self._ask("New field", first, None, answered, note, done, resumed)

    def can_declare(self) -> bool:
        """Say why not when no field can be declared."""
        if self.declaring.refusal:
            self.notify(self.declaring.refusal, severity="warning", timeout=10, markup=False)
        return not self.declaring.refusal

    def change_field(self, number: int, resumed: TypedText | None = None) -> None:
        """Let the user change a declared field; mappings follow it when it moves."""
        declaring = self.declaring
        before = declaring.declared[number]

        def answered(field: NewField | None) -> None:
            if field is not None and field != before:
                declared = declaring.put(field, number)
                self._become(declared, f"change the field {field.path}", (before.path, field.path))

        self._ask("Change a new field", before, number, answered, "", "takes it", resumed)

    def _ask(
        self,
        title: str,
        field: NewField,
        number: int | None,
        answered: Callable[[NewField | None], None],
        note: str,
        done: str,
        resumed: TypedText | None,
    ) -> None:
        from aeptui.ui.screens.pipeline_sections.new_fields.form import NewFieldScreen

        declaring, keeper = self.declaring, self._keeper
        typed: Typed = untold
        if keeper is not None:
            told, answered = keeper.typed_at(self.place, "new field"), keeper.ends_typing(answered)
            of = declaring.declared[number].path if number is not None else "-"
            left = keeper.left_at(self.place)
            if resumed is None and left is not None and left.kind.split()[-1] == of:
                resumed = left

            def typed_of(text: TypedText) -> None:
                told(replace(text, kind=f"{text.kind} {of}"))

            typed = typed_of
        form = NewFieldScreen(
            title,
            field,
            declaring.tenant or field.path.partition(".")[0],
            lambda one: declaring.problem(one, number),
            note=note,
            done=done,
            typed=typed,
            resumed=resumed,
        )
        self.app.push_screen(form, answered)

    def remove_field(self, number: int) -> None:
        """Remove a declared field; asked first when something is mapped to it."""
        from aeptui.ui.screens.confirm import ConfirmScreen

        field = self.declaring.declared[number]
        declared = self.declaring.without(number)
        what = f"remove the field {field.path}"
        sources = self.sources_of(field.path)
        if not sources:
            self.notify(f"{field.path} is removed; u in the pipeline takes it back.", markup=False)
            self._become(declared, what, None)
            return
        count = len(sources)
        detail = (
            f"{'This mapping writes' if count == 1 else f'{count:,} mappings write'} to it: {', '.join(sources[:5])}"
        )
        words = (
            f"{detail}. {'Its' if count == 1 else 'Their'} target will then be a field that the schema does not have."
        )
        question = ConfirmScreen(f"Remove the field {field.path}?", words, "Remove")
        self.app.push_screen(question, lambda yes: self._become(declared, what, None) if yes else None)

    def sources_of(self, path: str) -> Sequence[str]:
        """What is mapped to a field, or to items of it."""
        found = []
        for target, source in self.fillers.items():
            same = target_field(target)
            if same == path or same.startswith(f"{path}["):
                found.append(source or "a row without a source")
        return found

    def _become(self, declared: tuple[NewField, ...], what: str, moved: tuple[str, str] | None) -> None:
        self.declaring = replace(self.declaring, declared=declared)
        self._tell(declared, what, moved)
        self.declared_now(moved)

    def declared_now(self, moved: tuple[str, str] | None) -> None:
        """Show the declared fields as they are now."""
