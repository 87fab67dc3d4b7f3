"""What the editor does to tell what a mapping makes of rows: previews of the sample, and the forecast of all of them.

The forecast is one worker and one process; what comes of it becomes part of the state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import on
from textual.message import Message

from aeptui.errors import AeptuiError
from aeptui.session.forecast_words import summary_words
from aeptui.ui.screens.pipeline_sections.base import PreviewRequested
from aeptui.ui.screens.pipeline_sections.editor import PipelineEditor
from aeptui.ui.screens.pipeline_sections.forecast_state import ForecastState, forecast_key

if TYPE_CHECKING:
    from pathlib import Path

    from aeptui.session.forecast import ForecastProgress
    from aeptui.ui.screens.pipeline_sections.state import EditorState

_GROUP = "forecast"


@dataclass
class ForecastRequested(Message):
    """Run the whole input, or the file that is named."""

    file: Path | None = None


@dataclass
class ForecastCancelled(Message):
    """Stop it; what was found before stays."""


class ForecastingEditor(PipelineEditor):
    """A document being edited, with the forecast of what its mapping loses."""

    async def _load_document(self) -> EditorState:
        state = await super()._load_document()
        state = replace(state, forecast=ForecastState(needs_file=not self.session.forecasts.has_storage))
        self._state = state
        return state

    @on(ForecastRequested)
    def _forecast_requested(self, message: ForecastRequested) -> None:
        message.stop()
        self._work(partial(self._forecast, message.file), _GROUP)

    @on(ForecastCancelled)
    def _forecast_cancelled(self, message: ForecastCancelled) -> None:
        message.stop()
        self.workers.cancel_group(self, _GROUP)
        self._forecast_is(status="cancelled", progress=None)

    @on(PreviewRequested)
    def _preview_requested(self, message: PreviewRequested) -> None:
        message.stop()
        from aeptui.ui.screens.pipeline_sections.mapping.preview.screen import PreviewScreen

        state = self._state
        rows = state.sample.preview.rows if state is not None and state.sample.preview is not None else ()
        if state is None or not rows:
            reason = (state.sample.error if state is not None else "") or "The first rows are not read yet."
            self.notify(f"There is no sample row. {reason}", severity="warning", markup=False)
            return
        prepare = partial(self.session.forecasts.preview, state.pipeline, rows)
        self.app.push_screen(PreviewScreen(prepare, len(rows), state.sample.row), self._take_row)

    def _take_row(self, row: int | None) -> None:
        """The mapping is tried on the row that was looked at last."""
        if row is not None and self._state is not None and row != self._state.sample.row:
            self._update(sample=replace(self._state.sample, row=row))

    async def _forecast(self, file: Path | None) -> None:
        state = self._state
        if state is None:
            return
        pipeline = state.pipeline
        self._forecast_is(status="running", progress=None, error="", file=file)
        try:
            found = await self.session.forecasts.run(pipeline, self._forecast_told, file)
        except AeptuiError as error:
            self._forecast_is(status="failed", progress=None, error=error.in_full)
        else:
            self._forecast_is(status="done", progress=None, result=found, key=forecast_key(pipeline))
            if not self._shows_forecast():
                self.notify(f"Forecast: {summary_words(found)}.", markup=False)

    def _forecast_told(self, progress: ForecastProgress) -> None:
        self._forecast_is(progress=progress)

    def _forecast_is(self, **changes: Any) -> None:
        if self._state is not None:
            self._update(forecast=replace(self._state.forecast, **changes))

    def _shows_forecast(self) -> bool:
        """Whether what was found is on the screen anyway."""
        return False
