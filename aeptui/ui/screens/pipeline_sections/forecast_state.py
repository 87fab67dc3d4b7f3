"""What is known of the null forecast: how far it is, what it found, and which mapping rows that is still true of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from aeptui.chain.pipeline import Pipeline
    from aeptui.session.forecast import ForecastProgress
    from aeptui.session.losses import Forecast


@dataclass(frozen=True)
class ForecastState:
    """The forecast of one document; what was found stays while the document is edited, and while it runs again."""

    status: Literal["none", "running", "done", "failed", "cancelled"] = "none"
    progress: ForecastProgress | None = None
    result: Forecast | None = None
    error: str = ""
    key: object = None
    """What the result depends on beside the mapping rows."""
    needs_file: bool = False
    """The pipeline's own files are out of reach: a file has to be named."""
    file: Path | None = None
    """The one that was named last."""

    def valid(self, pipeline: Pipeline) -> Forecast | None:
        """What was found, as long as source and schema are the same; rows that changed since are not in it."""
        return self.result if self.key == forecast_key(pipeline) else None


def forecast_key(pipeline: Pipeline) -> object:
    """What a forecast depends on beside the mapping rows."""
    return pipeline.source, pipeline.schema_, pipeline.dataset.id
