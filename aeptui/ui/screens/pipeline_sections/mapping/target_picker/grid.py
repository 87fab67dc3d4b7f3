"""The tree of a schema's fields in a grid: objects open and close where they stand, and `/` searches all at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.message import Message

from aeptui.chain.mapping_checks import target_field
from aeptui.ui.screens.pipeline_sections.mapping.target_picker.search import FieldSearch
from aeptui.ui.screens.pipeline_sections.mapping.target_picker.tree import EACH, FieldTree, Mapped
from aeptui.ui.screens.pipeline_sections.target import identity_words
from aeptui.ui.widgets.cells import width
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.grid import Cell, Column, Grid, Row

_NAME = 26
_WIDEST_NAME = 48
_WIDEST_PATH = 80
COLUMNS = (
    Column("name", "Field", min_width=_NAME),
    Column("type", "Type", width=10),
    Column("marks", "Marks", min_width=16, priority=1),
    Column("title", "Title", min_width=10, priority=2),
)


class TargetRows:
    """The nodes of a tree as grid rows; the key of a row is its path.

    Args:
        taken: Target path to what fills it.
        own: Paths of fields that the pipeline declares itself.
    """

    def __init__(self, tree: FieldTree, taken: Mapping[str, str], own: Collection[str] = ()) -> None:
        self.tree = tree
        self.own = own
        self.opened: set[int] = set()
        self.items: dict[int, str] = {}
        """Items of arrays to what was chosen to stand for them: `[0]`, or `[*]`."""
        self.stars = 0
        """Of so many arrays, one in the other, each item is meant unless something else was chosen."""
        self.room = _NAME
        """How wide the column of names is."""
        self._described = [number for number, field in enumerate(tree.fields) if field is not None]
        self._search: FieldSearch | None = None
        self._text = ""
        self.map(taken)

    def map(self, taken: Mapping[str, str]) -> None:
        """These are filled now."""
        self.mapped = Mapped(self.tree, taken)
        self._mapped = {at for at, number in enumerate(self._described) if number in self.mapped.by}

    def __len__(self) -> int:
        return len(self.tree)

    def key(self, index: int) -> str:
        return self.tree.paths[index]

    def index_of(self, key: str) -> int | None:
        return self.tree.numbers.get(key)

    def order(self, filter_text: str) -> Sequence[int]:
        """The open part of the tree; with a filter what it finds anywhere, best first."""
        self._text = filter_text.strip()
        if not self._text:
            return self.tree.visible(self.opened)
        if self._search is None:
            fields = self.tree.fields
            self._search = FieldSearch([field for number in self._described if (field := fields[number]) is not None])
        return [self._described[at] for at in self._search.find(filter_text, self._mapped)]

    def path(self, number: int) -> str:
        """The path a mapping would write, with what was chosen for the items of arrays."""
        path = self.tree.paths[number]
        if EACH not in path:
            return path
        parts: list[str] = []
        for one in [*reversed([*self.tree.above(number)]), number]:
            name = self.tree.name(one)
            parts.append(self.item(one) if name == EACH else f".{name}" if parts else name)
        return "".join(parts)

    def item(self, number: int) -> str:
        """What stands for the items of an array: what was chosen, or what fits the source."""
        chosen = self.items.get(number)
        if chosen is not None:
            return chosen
        around = sum(self.tree.name(one) == EACH for one in self.tree.above(number))
        return EACH if around < self.stars else "[0]"

    def choose_items(self, path: str) -> None:
        """Take over the indices of a path."""
        parts = re.findall(r"\[[^\]]*\]", path)
        number = self.tree.numbers.get(target_field(path))
        if number is not None and parts:
            items = [one for one in (*reversed([*self.tree.above(number)]), number) if self.tree.name(one) == EACH]
            self.items.update(zip(items, parts, strict=False))

    def turn_item(self, number: int, by: int) -> None:
        """Of the items that this node stands for the next one is meant, the one before, or (0) each."""
        now = self.item(number)
        place = int(now[1:-1]) + by if now != EACH else 0
        self.items[number] = f"[{max(0, place)}]" if by else EACH

    def row(self, index: int) -> Row:
        tree = self.tree
        field = tree.fields[index]
        if self._text:
            name = _end_of(self.path(index), self.room)
        else:
            mark = glyph("branch_open" if index in self.opened else "branch") if tree.children[index] else " "
            shown = tree.name(index)
            shown = self.item(index) if shown == EACH else shown
            name = f"{'  ' * tree.depths[index]}{mark} {shown}"
        title = "" if field is None else ": ".join(filter(None, (field.title, field.description)))
        if field is None and tree.name(index) == EACH:
            title = "i another item, * each"
        return Row(
            tree.paths[index],
            (
                Cell(name, "muted" if index in self.mapped.by else ""),
                Cell(tree.type_words(index), "muted"),
                self._marks(index),
                Cell(title, "muted"),
            ),
        )

    def _marks(self, index: int) -> Cell:
        field, by = self.tree.fields[index], self.mapped.by.get(index)
        words, style = [], ""
        if field is not None and field.required:
            words.append("required")
            style = "warning" if by is None else "muted"
        if field is not None and field.identity is not None:
            words.append(identity_words(field))
            style = style or "accent"
        if self.tree.paths[index] in self.own:
            words.append("new")
            style = style or "ok"
        if by is not None:
            words.append(f"< {by}")
            style = style or "muted"
        elif index in self.mapped.inside and not self._text:
            words.append(f"{self.mapped.inside[index]:,} mapped")
        if by is None and index in self.tree.needy and index not in self.opened and not self._text:
            words.append("required inside")
        return Cell("  ".join(words), style or "muted")


class TargetGrid(Grid):
    """The tree, with the keys that open, close and take.

    It is given `TargetRows` by `show_tree`, and posts `Taken` with the path to map to.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "take", tooltip="Take the field; of an object, open or close it"),
        Binding("space", "take", "whole", tooltip="Take what is under the cursor, an object or array too"),
        Binding("right,l", "unfold", "open", show=False, tooltip="Open the object; then into it"),
        Binding("left,h", "fold", "close", show=False, tooltip="Close the object; then out of the one around"),
        Binding("slash", "open_filter", "search", tooltip="Search path, title and description of all fields"),
        Binding("i", "item(1)", "next item", show=False, tooltip="The next item of the array is meant: [0], [1], ..."),
        Binding("I", "item(-1)", "item before", show=False, tooltip="The item before is meant"),
        Binding(
            "asterisk",
            "item(0)",
            "each item",
            key_display="*",
            show=False,
            tooltip="Each item of the array is meant: [*]",
        ),
        Binding("escape", "clear_filter", "back to the tree", tooltip="To the place in the tree"),
    ]

    @dataclass
    class Taken(Message):
        """This path is to be the target."""

        grid: TargetGrid
        path: str

        @property
        def control(self) -> TargetGrid:
            return self.grid

    def __init__(self, *, empty: str, id: str | None = None) -> None:
        super().__init__(*COLUMNS, empty=empty, id=id)
        self._rows = TargetRows(FieldTree(()), {})
        self._before = -1
        self._searching = False

    @property
    def rows(self) -> TargetRows:
        """What is shown."""
        return self._rows

    def show_tree(self, rows: TargetRows, path: str = "") -> None:
        """Show a tree, with the cursor on a path and what it stands in open."""
        self._rows = rows
        self.show(rows)
        self.reveal(path)

    def reveal(self, path: str) -> bool:
        """Put the cursor on a path, with everything open that it stands in; False when there is no such field."""
        tree = self._rows.tree
        number = tree.numbers.get(target_field(path))
        if number is None:
            return False
        self._rows.opened.update(tree.above(number))
        self._arrange()
        return self.move_to(tree.paths[number])

    @property
    def number(self) -> int | None:
        """The node under the cursor."""
        return self._rows.tree.numbers.get(self.cursor_key or "")

    # Widths stay as they are while objects open and close: another layout would repaint everything.

    def _measure(self) -> None:
        tree = self._rows.tree
        if self.filter_text:
            # Paths are all there is to tell namesakes by.
            path = max(map(len, tree.paths), default=0)
            self._wanted = [min(path, _WIDEST_PATH), 10, 20, 24]
        else:
            name = max((2 * depth + 2 + width(tree.name(at)) for at, depth in enumerate(tree.depths)), default=0)
            self._wanted = [min(name, _WIDEST_NAME), 10, 26, 60]
        self._place()

    def _place(self) -> None:
        super()._place()
        if self._placed:
            self._rows.room = self._placed[0].width

    def _arrange(self) -> None:
        self._model.arrange()
        self._arranged()

    def watch_filter_text(self, text: str) -> None:
        if text and self._before < 0:
            self._before = self.number if self.number is not None else -1
        if bool(text) != self._searching:
            self._searching = bool(text)
            self._measure()
        super().watch_filter_text(text)
        if text:
            self.action_first()

    # Actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"sort", "toggle_row", "toggle_all"}:
            return False
        return super().check_action(action, parameters)

    def sort_by(self, key: str, *, descending: bool = False) -> None:
        """A tree has its own order."""

    def action_open(self) -> None:
        number = self.number
        if number is None:
            raise SkipAction
        if self.filter_text and self._rows.tree.opens(number):
            # What is meant is in it, far more often than all of it.
            self.action_clear_filter()
            if number not in self._rows.opened:
                self.action_unfold()
        elif number in self._rows.opened and not self.filter_text:
            self.action_fold()
        elif self._rows.tree.opens(number):
            self.action_unfold()
        else:
            self._choose(number)

    def action_take(self) -> None:
        """Take what is under the cursor, whatever it is."""
        if self.number is None:
            raise SkipAction
        self._choose(self.number)

    def _choose(self, number: int) -> None:
        self.post_message(self.Taken(self, self._rows.path(number)))

    def action_unfold(self) -> None:
        """Open the object; when it is open, go to the first thing in it."""
        number = self.number
        if number is None or self.filter_text or not self._rows.tree.children[number]:
            return
        if number in self._rows.opened:
            self.action_cursor_down()
            return
        self._rows.opened.add(number)
        if self._rows.tree.is_array(number):
            # The fields are what one looks for, not the line that stands for the items.
            self._rows.opened.update(self._rows.tree.children[number])
        self._arrange()

    def action_fold(self) -> None:
        """Close the object; when it is closed, go to what it stands in."""
        number = self.number
        if number is None or self.filter_text:
            return
        if number in self._rows.opened:
            self._rows.opened.discard(number)
            self._arrange()
        elif self._rows.tree.parents[number] >= 0:
            self.move_to(self._rows.tree.paths[self._rows.tree.parents[number]])

    def action_item(self, by: int) -> None:
        """Say which item of the nearest array is meant; 0: each of them."""
        tree, number = self._rows.tree, self.number
        if number is None:
            return
        below = tree.children[number] if tree.is_array(number) else ()
        near = next((one for one in (*below, number, *tree.above(number)) if tree.name(one) == EACH), None)
        if near is None:
            self.notify("No array is around this field.", timeout=3)
            return
        self._rows.turn_item(near, by)
        self._repaint()
        self.post_message(self.Highlighted(self, self.cursor_key, self.cursor_index))

    def action_clear_filter(self) -> None:
        """Back to the tree: to what was found, or else to where one was."""
        found, before = self.cursor_key, self._before
        searched = bool(self.filter_text)
        self._before = -1
        super().action_clear_filter()
        if searched:
            paths = self._rows.tree.paths
            self.reveal(found or (paths[before] if before >= 0 else ""))

    async def _on_key(self, event: events.Key) -> None:
        if self._filter_open and event.key == "enter":
            # What was found is what was meant: it needs no second key.
            event.stop()
            event.prevent_default()
            self.action_open()


def _end_of(path: str, cells: int) -> str:
    """The end of a path: its beginning says least."""
    if width(path) <= cells:
        return path
    return glyph("ellipsis") + path[len(path) - cells + 1 :]
