"""The file a pipeline is saved in, which others may change too: another editor, git, a hand at night.

It is never replaced by what does not know what stands in it. Whoever wants that keeps it aside first.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aeptui.chain.edit_lines import mark_of
from aeptui.chain.problems import Problem
from aeptui.chain.toml_rows import read_toml
from aeptui.config import read_whole, write_private, write_private_bytes
from aeptui.errors import AeptuiError

LARGEST = 200_000_000
"""Bytes of a pipeline file: ten thousand of the longest expressions, each letter escaped. What can be written here must
be read again; beyond that it was something else that was named."""
_HINT = "Saving replaces it. What stands in it now is then kept beside it."


class WouldReplace(AeptuiError):
    """Saving would replace what is not in the document."""


@dataclass
class SavedText:
    """What is known of a saved text.

    Args:
        path: Where it is; a link is followed, and stays one.
        known: The mark of what the document was made of; empty: there was no file.
    """

    path: Path
    known: str
    _whole: str | None = None
    """The mark of a text that is in the document as a whole: it could be read, or is ours."""

    def was_written(self, text: str) -> None:
        """It says this text now, by our own hand."""
        self.known = self._whole = mark_of(text)

    def may_be_replaced(self) -> None:
        """Look whether there is nothing in it that the document does not know.

        Raises:
            WouldReplace: there is.
            OSError: it cannot be read.
        """
        data = _read(self.path)
        mark = _mark(data)
        if not mark or mark == self._whole:
            return
        if mark != self.known:
            raise WouldReplace(f"{self.path.name} was changed outside since these edits began.", _HINT)
        if isinstance(read_toml(_text(data).removeprefix("\ufeff")), Problem):
            raise WouldReplace(f"{self.path.name} is not TOML, and nothing of it is in this document.", _HINT)
        self._whole = mark

    def keep_aside(self) -> Path:
        """Copy it to a free name beside it, from when on it may be replaced; answers which.

        Raises:
            OSError: it cannot be read, or written.
        """
        data = _read(self.path)
        aside = put_aside(self.path, data)
        self.known = self._whole = _mark(data)
        return aside


def mark_of_saved(path: Path) -> str:
    """What ties edits to the text that is saved; empty when there is none, or none that can be read."""
    try:
        return _mark(_read(path))
    except OSError:
        return ""


def write_in_place(path: Path, text: str) -> None:
    """Replace a file by a text, with the line ends it has.

    Raises:
        OSError: it cannot be read, or written.
    """
    is_from_windows = _read(path).partition(b"\n")[0].endswith(b"\r")
    write_private(path, text.replace("\n", "\r\n") if is_from_windows else text)


def put_aside(path: Path, data: bytes) -> Path:
    """Keep what stood in a file under the next free name; answers which."""
    number = 1
    while (aside := path.with_name(f"{path.name}.{number}")).exists():
        number += 1
    write_private_bytes(aside, data)
    return aside


def _read(path: Path) -> bytes:
    try:
        return read_whole(path, LARGEST)
    except FileNotFoundError:
        return b""


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _mark(data: bytes) -> str:
    return mark_of(_text(data)) if data else ""
