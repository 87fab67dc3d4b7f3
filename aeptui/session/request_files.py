"""The request log as a file, for a ticket or for support. Redacted as it is kept; readable by its owner only."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from aeptui.config import write_private
from aeptui.errors import ConfigError

if TYPE_CHECKING:
    from aeptui.api.request_log import LoggedRequest, RequestLog


class RequestFile:
    """Takes the requests of one session after the other: HAR when its name ends so, written anew as each session ends;
    else JSON lines, each at once.

    Raises:
        ConfigError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: list[tuple[LoggedRequest, str]] = []
        self._stream: TextIO | None = None
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.fchmod(handle, 0o600)
        except OSError as error:
            raise _not_written(path, error) from error
        if path.suffix.lower() == ".har":
            os.close(handle)
        else:
            self._stream = os.fdopen(handle, "w", encoding="utf-8")

    def follow(self, log: RequestLog, platform_url: str) -> Callable[[], None]:
        """Take every request of a log from now on; the answer ends it."""
        unsubscribe = log.subscribe(lambda entry: self._heard(entry, platform_url))

        def end() -> None:
            unsubscribe()
            if self._stream is None:
                save_requests(self._path, self._entries)

        return end

    def _heard(self, entry: LoggedRequest, platform_url: str) -> None:
        if self._stream is None:
            self._entries.append((entry, platform_url))
            return
        from aeptui.api.har import json_lines

        # A full disk must not stop the work that is being logged.
        with contextlib.suppress(OSError):
            self._stream.write(json_lines([entry]))
            self._stream.flush()


def save_requests(path: Path, entries: Iterable[tuple[LoggedRequest, str]]) -> None:
    """Requests, each with the platform it went to, as an HTTP archive.

    Raises:
        ConfigError: the file cannot be written.
    """
    from aeptui import __version__
    from aeptui.api.har import har

    try:
        write_private(path, har(entries, __version__))
    except OSError as error:
        raise _not_written(path, error) from error


def _not_written(path: Path, error: OSError) -> ConfigError:
    return ConfigError(f"{path} cannot be written: {error.strerror or error}.", "Name another file for the requests.")
