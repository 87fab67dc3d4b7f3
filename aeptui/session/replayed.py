"""A session that is an archive: it shows one execution of somebody, asks nothing of any platform, changes nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from aeptui.clock import Clock, SystemClock
from aeptui.errors import ConfigError
from aeptui.session.facts import SessionFacts

if TYPE_CHECKING:
    from aeptui.api.request_log import LoggedRequest
    from aeptui.chain.replay import ExecutionRecord
    from aeptui.session.evidence import Evidence


class ReplayedExecution:
    """The executions of an archive: one, which is over."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence

    def tracking(self, execution: str) -> None:
        """None is running."""

    async def load(self, execution: str) -> ExecutionRecord:
        """The execution as its journal tells."""
        return self._evidence.record

    async def kept_requests(self, execution: str) -> tuple[LoggedRequest, ...]:
        """What was sent for it, and the answers."""
        return self._evidence.requests


class EvidenceSession:
    """Args:
    evidence: The archive, read and found whole.
    """

    first_start = False

    def __init__(self, evidence: Evidence, clock: Clock | None = None) -> None:
        self.evidence = evidence
        self.clock: Clock = clock or SystemClock()
        self.executions = ReplayedExecution(evidence)

    def describe(self) -> SessionFacts:
        """What the header shows: that this is an archive, and that nothing is asked or changed."""
        record = self.evidence.record
        name = f"{self.evidence.path.name} of {record.profile or 'an unknown profile'}"
        return SessionFacts(name, "", record.sandbox, False, "read only, no network", "warning")

    def follow(self, changed: Callable[[], None]) -> None:
        """Nothing changes."""

    def ask_for_production(self, ask: Callable[[str], Awaitable[str | None]] | None) -> None:
        """Nothing is ever written."""

    def ask_for_secrets(self, ask: Callable[[str], Awaitable[str | None]] | None) -> None:
        """None is needed."""

    async def unfinished(self) -> str:
        """Nothing can be gone on with from here."""
        return ""

    async def save_requests(self) -> Path:
        """They are in the archive.

        Raises:
            ConfigError: always.
        """
        raise ConfigError("The requests are in the archive already.", "Unpack it: they are in requests.jsonl.")

    async def aclose(self) -> None:
        """Nothing is open."""
