"""The null forecast in the mapping table: what share of the whole input each row turns to null or rejects, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from aeptui.session.forecast_words import (
    elsewhere_words,
    fail_words,
    progress_words,
    quiet_words,
    summary_words,
)
from aeptui.ui.formatting import counted
from aeptui.ui.screens.pipeline_sections.forecast_editor import ForecastCancelled, ForecastRequested
from aeptui.ui.screens.pipeline_sections.mapping.table import MappingTable
from aeptui.ui.screens.pipeline_sections.state import EditorState
from aeptui.ui.widgets.text_lines import Line, line
from aeptui.ui.widgets.text_view import TextView

if TYPE_CHECKING:
    from aeptui.session.losses import Forecast


class Forecasting(MappingTable):
    """Runs the whole input through the mapping, in the background."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "w",
            "forecast",
            "forecast",
            show=False,
            tooltip="Run the whole input through the mapping: which values become null or are rejected; again: stop",
        ),
        Binding("escape", "stop_forecast", "stop", show=False, tooltip="Stop the forecast that is running"),
    ]

    def __init__(self, state: EditorState) -> None:
        super().__init__(state)
        self._missing: tuple[object, object, int] = (None, None, 0)

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield TextView(id="mapping-forecast", can_focus=False, most=3)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "stop_forecast":
            return self.state.forecast.status == "running"
        return super().check_action(action, parameters)

    def show_state(self, state: EditorState) -> None:
        super().show_state(state)
        lines = self._forecast_lines()
        self.set_class(state.forecast.result is not None, "-forecast")  # it has more to say of a row then
        shown = self.query_one("#mapping-forecast", TextView)
        shown.display = bool(lines)
        shown.show(lines)

    def _forecast_lines(self) -> list[Line]:
        forecast = self.state.forecast
        found = forecast.result
        if forecast.status == "running":
            return [line(f"{progress_words(forecast.progress)}   esc stops it", "running")]
        if forecast.status == "failed":
            return [line(forecast.error, "error")]
        if found is None:
            return []
        return forecast_lines(found, self.state.pipeline.options.partial_ingestion_percent, self._count_missing())

    def _count_missing(self) -> int:
        """How many rows came or were changed since; all of them when source or schema are other ones now."""
        rows, found = self.state.pipeline.mapping, self.state.forecast.valid(self.state.pipeline)
        if self._missing[0] is not rows or self._missing[1] is not found:
            known = found.mappings if found is not None else {}
            self._missing = (rows, found, sum(row not in known for row in rows))
        return self._missing[2]

    def _detail(self) -> list[Line]:
        lines, index = super()._detail(), self._current
        forecast = self.state.forecast.valid(self.state.pipeline)
        if index is None or forecast is None:
            return lines
        found = forecast.mappings.get(self.state.pipeline.mapping[index])
        quiet = quiet_words(found, forecast.readable) if found is not None else ""
        return [*lines, line(quiet, "muted")] if quiet else lines

    def action_forecast(self) -> None:
        """Run it, or stop it. Where the pipeline's files are out of reach, a file of the same shape is asked for."""
        forecast = self.state.forecast
        if forecast.status == "running":
            self.action_stop_forecast()
        elif forecast.needs_file:
            self._ask_for_file()
        else:
            self.post_message(ForecastRequested())

    def _ask_for_file(self) -> None:
        from aeptui.ui.screens.ask import AskScreen

        known = self.state.forecast.file
        note = (
            "The pipeline's own files are not on this machine. Name a file, a folder, or a pattern with * of the same "
            "shape: it is run on this machine, and nothing is sent."
        )

        def answered(text: str | None) -> None:
            if text is not None and text.strip():
                self.post_message(ForecastRequested(Path(text.strip())))

        self.app.push_screen(AskScreen("Which local file to run", str(known or ""), note), answered)

    def action_stop_forecast(self) -> None:
        self.post_message(ForecastCancelled())
        self.notify("The forecast was stopped.", timeout=3)


def forecast_lines(found: Forecast, percent: float | None, missing: int) -> list[Line]:
    """What is to be known of a whole forecast."""
    head = summary_words(found)
    if found.is_own_file:
        head = f"{found.source}: {head}"
    lines = [line(head, "warning" if found.loses else "ok")]
    failing, elsewhere = fail_words(found, percent), elsewhere_words(found)
    if failing:
        lines.append(line(failing, "error"))
    notes = []
    if missing:
        notes.append(f"{counted(missing, 'mapping')} changed since: not forecast, w runs it again")
    if found.left_out:
        notes.append(f"{found.left_out:,} with a mistake not run")
    if notes:
        lines.append(line("; ".join(notes), "muted"))
    if elsewhere:
        lines.append(line(elsewhere, "warning"))
    return lines
