"""Runs the app in this terminal, or says clearly why it cannot. Nothing here imports Textual."""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
from typing import Protocol, TextIO

from aeptui.errors import AeptuiError, ExitCode


class TerminalError(AeptuiError):
    """This terminal cannot show the app."""

    exit_code = ExitCode.USAGE


class Runnable(Protocol):
    """An app that can be run."""

    @property
    def return_code(self) -> int | None: ...

    def run(self) -> object: ...


def check_terminal() -> None:
    """Refuse where the app could not work; start again with UTF-8 output where that is all that is missing.

    Raises:
        TerminalError: no terminal, a dumb one, or one that cannot be given UTF-8.
    """
    for name, descriptor in (("input", 0), ("error output", 2)):
        # Without a terminal on its input Textual would ignore every key and spin; it draws on the error output.
        if not _is_terminal(descriptor):
            raise TerminalError(
                f"The standard {name} is not a terminal, so there is nobody to show screens to.",
                "Use `aeptui run FILE`, or another command, in scripts; `aeptui --help` lists them.",
            )
    if os.environ.get("TERM") == "dumb":
        raise TerminalError(
            "TERM is 'dumb': this terminal cannot draw screens.",
            "Set TERM to what your terminal is, such as xterm-256color, or use `aeptui run FILE`.",
        )
    _need_utf8()


def run_app(app: Runnable) -> int:
    """Run the app to its end and answer the exit code: a crash is 1, a signal 128 and its number.

    Raises:
        TerminalError: see `check_terminal`.
    """
    check_terminal()
    app.run()
    for stream in (sys.__stdout__, sys.__stderr__):
        _empty(stream)
    return app.return_code or 0


def _empty(stream: TextIO | None) -> None:
    """Write what is left in a stream's buffer, or drop it: Python turns a failure at its end into exit code 120."""
    if stream is None:
        return
    try:
        stream.flush()
    except OSError:
        silence(stream)


def silence(stream: TextIO) -> None:
    """Drop what is written from now on: whoever read it has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    with contextlib.suppress(OSError):
        stream.flush()


def _is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def _need_utf8() -> None:
    encoding = getattr(sys.__stdout__, "encoding", None) or "utf-8"
    if codecs.lookup(encoding).name == "utf-8":
        return
    if sys.flags.utf8_mode:
        raise TerminalError(
            f"Output is encoded as {encoding}, and the screens need UTF-8.",
            "Unset PYTHONIOENCODING, or set PYTHONIOENCODING=utf-8.",
        )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONIOENCODING"}
    os.execve(sys.executable, sys.orig_argv, environment | {"PYTHONUTF8": "1"})  # noqa: S606 - ourselves, again
