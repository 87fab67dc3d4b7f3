"""What the pipeline editor knows and keeps: the document, its history, its draft, and what was read for it.

It has no layout and no keys of its own; `PipelineScreen` adds those. Edits and drafts are kept by the session, never
here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from textual import on

from aeptui.chain.helpings import in_helpings
from aeptui.chain.mapping_checks import RowChecks
from aeptui.chain.places import Places
from aeptui.errors import AeptuiError
from aeptui.ui.screens.base import BaseScreen
from aeptui.ui.screens.pipeline_sections.base import Section, TextTyped, TypingEnded
from aeptui.ui.screens.pipeline_sections.garbage import collected_again, uncollected
from aeptui.ui.screens.pipeline_sections.reading import (
    current_trial,
    mapping_problems,
    read_review,
    read_sample,
    read_target,
    sample_key,
    target_key,
    with_reading,
    with_suggestions,
)
from aeptui.ui.screens.pipeline_sections.state import EditorState, Review

if TYPE_CHECKING:
    from aeptui.chain.pipeline import Pipeline
    from aeptui.chain.problems import Problem
    from aeptui.chain.typed_text import Typing
    from aeptui.session import Session
    from aeptui.session.editing import Editing

_SETTLE_S = 0.25
"""After an edit, before everything is checked and things are read again: typing goes first."""
_CHECK_AT_ONCE = 400
"""Mapping rows up to which they are checked before the document is shown; more of them in helpings afterwards."""


_CHECKING = "checking rows: "


class PipelineEditor(BaseScreen[None]):
    """A document being edited.

    Args:
        name: The saved pipeline's name.
    """

    def __init__(self, session: Session, name: str) -> None:
        super().__init__()
        self.session = session
        self.pipeline_name = name
        self._editing: Editing | None = None
        self._state: EditorState | None = None
        self._note = ""
        """What is said about the whole document."""
        self._checks = RowChecks()
        self._is_new = True
        """Was the document not checked yet?"""
        self._typed = False
        """What was being typed was taken; the edit that comes of it is on its way."""
        self._trouble = False
        """Edits cannot be kept at the moment."""

    @property
    def state(self) -> EditorState | None:
        """What is shown now; None until the document is read."""
        return self._state

    async def on_unmount(self) -> None:
        collected_again()
        try:
            if self._editing is not None:
                await self._editing.close()
        except AeptuiError as error:
            self.app.notify(f"The draft was not written. {error.title}", severity="error", markup=False)

    def _show(self) -> None:
        """Show the state; the screen does."""

    def _show_note(self, text: str) -> None:
        """Say something about the whole document; the screen does."""
        self._note = text

    def _work(self, work: Callable[[], Awaitable[object]], group: str) -> None:
        """Run a coroutine function of ours in an exclusive worker; an error a user can act on becomes a toast."""

        async def guarded() -> None:
            try:
                await work()
            except AeptuiError as error:
                self.report(error)

        # The coroutine is made when the worker starts: one that is cancelled before leaves none behind.
        worker: Any = guarded
        self.run_worker(worker, group=group, exclusive=True, name=group)

    # Reading

    async def _load_document(self) -> EditorState:
        with uncollected():
            editing = await self.session.pipelines.open(self.pipeline_name, self._told)
        if not self.is_mounted:
            await editing.close()
        self._editing = editing
        self._checks = RowChecks()
        short = len(editing.pipeline.mapping) <= _CHECK_AT_ONCE
        problems = self._check_document(rows=short)
        state = EditorState(editing.pipeline, self.session.clock.now(), problems)
        self._state = replace(state, trial=current_trial(state, None))
        return self._state

    def _told(self, trouble: AeptuiError | None) -> None:
        """The session can keep edits no longer, or can again."""
        if not self.is_mounted:
            return
        self._trouble = trouble is not None
        self._note_edits()
        if trouble is not None:
            self.report(trouble)
        else:
            self.notify("Edits can be kept again; none is lost.", timeout=4)

    def _note_edits(self) -> None:
        """Say how the edits stand, for as long as they do."""
        if self._editing is not None and self._editing.brought.elsewhere is not None:
            self._show_note("open elsewhere")
        elif self._trouble:
            self._show_note("edits not kept")
        else:
            self._show_note("draft")

    def _read_everything(self) -> None:
        self._work(self._read_base_connections, "base connections")
        self._settle()
        self._read_again(sample=True, target=True)

    async def _read_base_connections(self) -> None:
        try:
            found = await self.session.sources.base_connections()
        except AeptuiError as error:
            self._update(base_connections_error=error.title)
        else:
            self._update(base_connections=tuple(found), base_connections_error="")

    def _read_again(self, *, sample: bool, target: bool) -> None:
        if self._state is None:
            return
        self._set(with_reading(self._state, sample=sample, target=target))
        if sample and sample_key(self._state.pipeline) is not None:
            self._work(self._read_sample, "sample")
        if target and target_key(self._state.pipeline) is not None:
            self._work(self._read_target, "target")

    async def _read_sample(self) -> None:
        await asyncio.sleep(_SETTLE_S)
        if self._state is not None:
            sample = await read_sample(self.session, self._state.pipeline)
            self._update(sample=replace(sample, row=self._state.sample.row))
            self._settle()

    async def _read_target(self) -> None:
        await asyncio.sleep(_SETTLE_S)
        if self._state is not None:
            pipeline = self._state.pipeline
            target = await read_target(self.session, pipeline)
            self._update(target=target)
            self._settle()
            more = await with_suggestions(self.session, pipeline, target)
            if more.suggested and self._state is not None and self._state.target is target:
                self._update(target=more)

    # The state

    def _update(self, **changes: Any) -> None:
        if self._state is not None:
            self._set(replace(self._state, **changes))

    def _set(self, state: EditorState) -> None:
        """Show another state."""
        state = replace(state, now=self.session.clock.now())
        self._state = replace(state, trial=current_trial(state, state.trial))
        self._show()

    # Editing

    def _edit(self, pipeline: Pipeline, what: str) -> None:
        typed, self._typed = self._typed, False
        try:
            changed = self._editing is not None and self._editing.edit(pipeline, what, typed=typed)
        except AeptuiError as error:
            self.report(error)
        else:
            if changed:
                self._changed()

    def action_undo(self) -> None:
        self._walk("undo")

    def action_redo(self) -> None:
        self._walk("redo")

    def _walk(self, way: Literal["undo", "redo"]) -> None:
        if self._editing is None:
            return
        before = self._editing.pipeline
        try:
            what = self._editing.undo() if way == "undo" else self._editing.redo()
        except AeptuiError as error:
            self.report(error)
            return
        if what:
            self.notify(f"{'Taken back' if way == 'undo' else 'Made again'}: {what}.", markup=False, timeout=3)
            self._changed()
            for section in self.query(Section):
                if section.display:
                    section.go_to_change(before)
        else:
            self.notify(f"There is nothing to {'take back' if way == 'undo' else 'make again'}.", timeout=3)

    @on(TextTyped)
    def _text_typed(self, message: TextTyped) -> None:
        message.stop()
        self._keep_typing(message.typing)

    @on(TypingEnded)
    def _typing_ended(self, message: TypingEnded) -> None:
        message.stop()
        if not message.is_answered:
            self._typed = True
        elif self._typed:
            # The answer was no edit, or one that is refused.
            self._typed = False
            self._keep_typing(None)

    def _keep_typing(self, typing: Typing | None) -> None:
        if self._editing is not None:
            self._editing.typing(typing)

    def _changed(self) -> None:
        if self._state is None or self._editing is None:
            return
        before, pipeline = self._state.pipeline, self._editing.pipeline
        problems = self._check_document()
        review = replace(self._state.review, stale=True)
        self._set(replace(self._state, pipeline=pipeline, problems=problems, review=review))
        self._note_edits()
        self._settle()
        sample, target = sample_key(before) != sample_key(pipeline), target_key(before) != target_key(pipeline)
        if sample or target:
            self._read_again(sample=sample, target=target)

    def _settle(self) -> None:
        self._work(self._settled, "settle")

    async def _settled(self) -> None:
        """Check all there is to check without asking the platform."""
        await asyncio.sleep(_SETTLE_S)
        editing, state = self._editing, self._state
        if editing is None or state is None or state.trial is None:
            return
        note = self._note
        try:
            with uncollected() if self._is_new else nullcontext():
                self._is_new = False
                await in_helpings(self._checks.steps(state.pipeline.mapping), self._tell_checked)
            problems = self._check_document()
            places = editing.parsed.places if editing.is_written else Places()
            found = await mapping_problems(state, problems, places, state.trial, self._tell_checked)
        finally:
            if self._note.startswith(_CHECKING) and self.is_attached:
                self._show_note(note)
        self._update(problems=tuple(dict.fromkeys([*problems, *found])))
        self._checked()

    def _tell_checked(self, rows: int) -> None:
        self._show_note(f"{_CHECKING}{rows:,}")

    def _check_document(self, *, rows: bool = True) -> tuple[Problem, ...]:
        """What the document alone shows; as far as it stands in a text, with its lines."""
        from aeptui.chain.document import check_pipeline

        editing = self._editing
        if editing is None:
            return ()
        return check_pipeline(editing.parsed if editing.is_written else editing.pipeline, self._checks, rows=rows)

    def _checked(self) -> None:
        """The document settled; the screen may go on from there."""

    # The live check

    async def _check(self) -> Review:
        """Pre-flight and plan of the document as it stands."""
        editing = self._editing
        if editing is None or self._state is None:
            return Review()
        was_written = editing.is_written
        parsed = await editing.keep()
        if not was_written:
            self._settle()  # now that there is a text again, problems know their lines
        self._update(review=Review("reading"))
        review = await read_review(self.session, parsed)
        still_true = editing.parsed is parsed and editing.is_written
        self._update(review=review if still_true else Review())
        return review
