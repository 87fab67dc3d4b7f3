"""One request and its answer, on a screen of their own. Redacted before they came here."""

from __future__ import annotations

import json
from typing import ClassVar

from textual.app import ComposeResult

from aeptui.ui.screens.base import BaseScreen
from aeptui.ui.widgets.request_list import SentRequest, request_lines, request_title
from aeptui.ui.widgets.text_view import TextView


class RequestScreen(BaseScreen[None]):
    """Everything the request log kept of one request."""

    TITLE = "Request"
    HELP = (
        "One request and the platform's answer, as they went over the wire.\n"
        "Secrets are struck out before they are kept. y copies the answer."
    )
    AUTO_FOCUS: ClassVar[str | None] = "TextView"

    def __init__(self, request: SentRequest) -> None:
        super().__init__()
        self._request = request

    def compose_body(self) -> ComposeResult:
        yield TextView(request_title(self._request))

    def on_mount(self) -> None:
        self.query_one(TextView).show(request_lines(self._request))

    def copy_text(self) -> str:
        return json.dumps(self._request.response_body, indent=2, ensure_ascii=False, default=str)
