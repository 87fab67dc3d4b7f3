"""The app on an archive: one execution to read, with its steps, ids, requests and answers, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.screen import Screen

from aeptui.ui.app import AeptuiApp

if TYPE_CHECKING:
    from aeptui.ids import ExecutionId
    from aeptui.ui.app import OpenSession


class EvidenceApp(AeptuiApp):
    """Args:
    session: The archive as a session.
    execution: The execution in it.
    """

    sections: ClassVar[tuple[str, ...]] = ("executions",)

    def __init__(self, session: OpenSession, execution: ExecutionId) -> None:
        async def open_archive(profile: str | None) -> OpenSession:
            return session

        super().__init__(open_archive)
        self._execution = execution

    def _make_screen(self, name: str, *arguments: object) -> Screen[Any]:
        from aeptui.ui.screens.evidence import EvidenceScreen

        screen: Screen[Any] = EvidenceScreen(self.session, self._execution)  # type: ignore[arg-type]  # see its session
        return screen
