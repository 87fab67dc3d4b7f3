"""How a served platform tells its operator of a mistake of its own: for which request, and where in the code.

None of the words of the exception, which may be a client's data; the client itself is told the request's id only.
"""

from __future__ import annotations

import logging
import traceback
from types import TracebackType
from typing import TypeAlias

_Caught: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class WhereOnly(logging.Formatter):
    """A record as one line; an exception as its kinds, the places it went through, and our notes on it."""

    def formatException(self, ei: _Caught) -> str:  # noqa: N802 - the base class names it
        """The exception that was not caught, first the one that caused it."""
        lines: list[str] = []
        error = ei[1]
        while error is not None:
            places = traceback.extract_tb(error.__traceback__)
            notes = getattr(error, "__notes__", ())
            lines = [
                f"{type(error).__name__}{''.join(f' ({note})' for note in notes)}",
                *(f"  {place.filename}:{place.lineno} in {place.name}" for place in places),
                *lines,
            ]
            error = error.__cause__ or error.__context__
        return "\n".join(lines)


def tell_on_stderr() -> None:
    """Let uvicorn's own log say so, whatever else this process logs."""
    log = logging.getLogger("uvicorn.error")
    handler = logging.StreamHandler()
    handler.setFormatter(WhereOnly("%(message)s"))
    log.handlers, log.propagate = [handler], False
    log.setLevel(logging.WARNING)
