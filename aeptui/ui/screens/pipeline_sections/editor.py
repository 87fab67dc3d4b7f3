"""What the pipeline editor knows and keeps: the document, its history, its draft, and what was read for it.

It has no layout and no keys of its own; `PipelineScreen` adds those. Drafts are written by the session, never here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aeptui.errors import AeptuiError
from aeptui.ui.screens.base import BaseScreen
from aeptui.ui.screens.pipeline_sections.history import History
from aeptui.ui.screens.pipeline_sections.reading import (
    current_trial,
    mapping_problems,
    parse,
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
    from aeptui.chain.document import ParsedPipeline
    from aeptui.chain.pipeline import Pipeline
    from aeptui.session import Session

_SETTLE_S = 0.25
"""After an edit, before the draft is written and things are read again: typing goes first."""
_CHECK_AT_ONCE = 400
"""Mapping rows up to which the document is checked at every edit; longer ones when it settles."""
_SETTLE_LONG_S = 1.0
"""The same for longer documents: writing them takes seconds, which a row of quick edits should cost once."""


class PipelineEditor(BaseScreen[None]):
    """A document being edited.

    Args:
        name: The saved pipeline's name.
    """

    def __init__(self, session: Session, name: str) -> None:
        super().__init__()
        self.session = session
        self.pipeline_name = name
        self._history: History | None = None
        self._state: EditorState | None = None
        self._parsed: ParsedPipeline | None = None
        self._text = ""
        self._file = ""
        self._keeping = asyncio.Lock()
        self._dirty = False
        """Is there an edit that the draft does not hold yet?"""

    @property
    def state(self) -> EditorState | None:
        """What is shown now; None until the document is read."""
        return self._state

    async def on_unmount(self) -> None:
        try:
            await self._keep_draft()
        except AeptuiError as error:
            self.app.notify(f"The draft was not written. {error.title}", severity="error", markup=False)

    def _show(self) -> None:
        """Show the state; the screen does."""

    def _show_note(self, text: str) -> None:
        """Say something about the whole document; the screen does."""

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
        parsed = await self.session.pipelines.load(self.pipeline_name)
        self._parsed, self._text, self._file = parsed, parsed.text, parsed.file
        self._history = History(parsed.pipeline)
        state = EditorState(parsed.pipeline, self.session.clock.now(), parsed.problems)
        self._state = replace(state, trial=current_trial(state, None))
        return self._state

    def _read_everything(self) -> None:
        self._work(self._read_base_connections, "base connections")
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
        if self._history is not None and self._history.edit(pipeline, what):
            self._changed()

    def action_undo(self) -> None:
        what = self._history.undo() if self._history is not None else ""
        if what:
            self.notify(f"Taken back: {what}.", markup=False, timeout=3)
            self._changed()
        else:
            self.notify("There is nothing to take back.", timeout=3)

    def action_redo(self) -> None:
        what = self._history.redo() if self._history is not None else ""
        if what:
            self.notify(f"Made again: {what}.", markup=False, timeout=3)
            self._changed()
        else:
            self.notify("There is nothing to make again.", timeout=3)

    def _changed(self) -> None:
        if self._state is None or self._history is None:
            return
        before, pipeline = self._state.pipeline, self._history.pipeline
        self._dirty = True
        problems = self._state.problems
        if len(pipeline.mapping) <= _CHECK_AT_ONCE:
            from aeptui.chain.document import check_pipeline

            problems = check_pipeline(pipeline)
        review = replace(self._state.review, stale=True)
        self._set(replace(self._state, pipeline=pipeline, problems=problems, review=review))
        self._show_note("draft")
        self._settle()
        sample, target = sample_key(before) != sample_key(pipeline), target_key(before) != target_key(pipeline)
        if sample or target:
            self._read_again(sample=sample, target=target)

    def _settle(self) -> None:
        self._work(self._settled, "settle")

    async def _settled(self) -> None:
        """Keep the draft, then check all there is to check without asking the platform."""
        long = self._history is not None and len(self._history.pipeline.mapping) > _CHECK_AT_ONCE
        await asyncio.sleep(_SETTLE_LONG_S if long else _SETTLE_S)
        await self._keep_draft()
        parsed, state = self._parsed, self._state
        if parsed is None or state is None or state.trial is None:
            return
        found = await mapping_problems(state, parsed, state.trial)
        self._update(problems=tuple(dict.fromkeys([*parsed.problems, *found])))
        self._checked()

    def _checked(self) -> None:
        """The document settled; the screen may go on from there."""

    async def _keep_draft(self) -> ParsedPipeline | None:
        """Write the draft when there is something to write; answers the document as it stands."""
        async with self._keeping:
            while self._history is not None and self._dirty:
                self._dirty = False
                try:
                    parsed = await parse(self._history.pipeline, self._text, self._file)
                    await self.session.pipelines.save_draft(self.pipeline_name, parsed.text)
                except BaseException:
                    # Also when cancelled: whoever comes next writes it.
                    self._dirty = True
                    raise
                self._parsed, self._text = parsed, parsed.text
        return self._parsed

    # The live check

    async def _check(self) -> Review:
        """Pre-flight and plan of the document as it stands."""
        parsed = await self._keep_draft()
        if parsed is None or self._state is None:
            return Review()
        self._update(review=Review("reading"))
        review = await read_review(self.session, parsed)
        still_true = self._parsed is parsed and not self._dirty
        self._update(review=review if still_true else Review())
        return review
