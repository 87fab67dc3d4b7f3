"""What the editor says when it opens about edits that were left behind, by a crash or in another editor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from aeptui.ui.formatting import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aeptui.session.editing import Brought


def brought_back(brought: Brought) -> Iterator[tuple[str, Literal["information", "warning"]]]:
    """The sentences, each with how much it matters; none when there is nothing to say."""
    made = ((brought.undos, "undo"), (brought.edits, "edit"))
    parts = [counted(count, word) for count, word in made if count]
    if brought.typing is not None:
        mapping = brought.typing.title == "mapping"
        parts.append("the mapping you were typing" if mapping else f"what you were typing ({brought.typing.title})")
    if parts:
        head, last = ", ".join(parts[:-1]), parts[-1]
        yield f"Brought back: {head} and {last}." if head else f"Brought back: {last}.", "information"
    if brought.set_aside is not None:
        yield (
            f"Edits from before could not all be brought back: {brought.why}. They are in {brought.set_aside}.",
            "warning",
        )
    if brought.outside:
        yield "The saved file was changed outside since this draft began; ctrl+s asks before it replaces it.", "warning"
    if brought.elsewhere is not None:
        yield brought.elsewhere.in_full, "warning"
