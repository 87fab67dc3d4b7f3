"""The errors of the chain.

ChainError
  PipelineError     refused before any I/O; every problem listed, not just the first (exit 2)
  StepFailed        one step of the chain failed; __cause__ is what the platform answered (exit 4)
  StepInDoubt       a request was sent, its outcome is unknown, and looking it up did not settle it (exit 6)
  JournalError      the journal of an execution cannot be used
    JournalLocked   another process is running the same execution
    JournalCorrupt  a line of the journal is not readable; names the line
"""

from __future__ import annotations

from collections.abc import Sequence

from aeptui.chain.problems import Problem
from aeptui.errors import AeptuiError, ExitCode


class ChainError(AeptuiError):
    """Root of everything the chain raises on purpose."""


class PipelineError(ChainError):
    """A pipeline that cannot be run as it stands.

    Args:
        problems: All of them, warnings too.
        file: The file the pipeline was read from, as the user named it; empty for one that was never saved.
    """

    exit_code = ExitCode.USAGE

    def __init__(self, problems: Sequence[Problem], file: str = "") -> None:
        self.problems = tuple(problems)
        self.file = file
        errors = [problem for problem in self.problems if problem.severity == "error"]
        subject = file or "The pipeline"
        if len(errors) == 1:
            title, hint = f"{subject}: {errors[0]}", errors[0].fix
        else:
            title = f"{subject} has {len(errors)} problems"
            hint = "Correct each of them; the list names its line and what to write instead."
        super().__init__(title, hint)


class StepFailed(ChainError):
    """One step failed; what was created before it stays, and the execution can be resumed.

    Args:
        step: The step's name, for example `schema`.
        attempt: Counted from 1.
    """

    exit_code = ExitCode.CHAIN_FAILED

    def __init__(self, title: str, hint: str = "", *, step: str, attempt: int = 1) -> None:
        super().__init__(title, hint)
        self.step = step
        self.attempt = attempt


class StepInDoubt(ChainError):
    """A step's request may or may not have been carried out, and nothing found on the platform settles it."""

    exit_code = ExitCode.IN_DOUBT

    def __init__(self, title: str, hint: str = "", *, step: str, attempt: int = 1) -> None:
        super().__init__(title, hint)
        self.step = step
        self.attempt = attempt


class JournalError(ChainError):
    """The journal of an execution is missing, or cannot be read or written."""


class JournalLocked(JournalError):
    """Another process holds the journal: the execution is still running there."""


class JournalCorrupt(JournalError):
    """A line in the middle of a journal cannot be read.

    Args:
        line: Counted from 1.
    """

    def __init__(self, title: str, hint: str = "", *, line: int) -> None:
        super().__init__(title, hint)
        self.line = line
