"""The line that wraps: after every edit the cells on the screen are those a whole repaint would give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.cells import cell_len
from rich.style import Style
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip

from aeptui.ui.screens.pipeline_sections.mapping.form.highlighting import ColumnNames, brackets, has_partner, spans
from aeptui.ui.widgets.expression_input import ExpressionInput

NAMES = ColumnNames(["City"])
CELLS = 30


class Lines(App[None]):
    """One wrapping line."""

    def compose(self) -> ComposeResult:
        look = lambda text, caret: (spans(text, NAMES), brackets(text, caret))  # noqa: E731  # passed on as it is
        yield ExpressionInput(look=look, has_partner=has_partner)


def cells(strip: Strip) -> list[tuple[str, str]]:
    """Each cell with all that is seen of its look."""
    found: list[tuple[str, str]] = []
    for text, style, _ in strip:
        look = style or Style()
        for character in text:
            seen = f"{look.bgcolor} {look.underline} {look.reverse}" if character == " " else str(look)
            wide = cell_len(character)
            if wide:
                found += [(character, seen), *[("", seen)] * (wide - 1)]
            elif found:
                found[-1] = (found[-1][0] + character, found[-1][1])
    return found


async def test_only_cells_that_look_different_are_repainted_and_none_of_them_is_missed() -> None:
    app = Lines()
    async with app.run_test(size=(CELLS, 10)) as pilot:
        line = app.query_one(ExpressionInput)
        line.focus()
        await pilot.pause()
        assert line.size.height == 1
        screen: list[list[tuple[str, str]]] = []
        repainted: list[Region] = []
        refresh = line.refresh

        def spy(*regions: Region, **options: Any) -> Any:
            repainted.extend(regions or [Region(0, 0, *line.size)])
            return refresh(*regions, **options)

        line.refresh = spy  # type: ignore[method-assign]  # what it asks to be repainted is what is tested
        type_in = line.insert_text_at_cursor

        def at(position: int) -> Callable[[], None]:
            return lambda: setattr(line, "cursor_position", position)

        def typed(text: str) -> list[Callable[[], None]]:
            return [lambda character=character: type_in(character) for character in text]  # type: ignore[misc]  # bound

        edits: list[Callable[[], None]] = [
            *typed("upper(City)日本 e"),
            *typed("\u0301x"),
            line.action_delete_left,
            line.action_delete_left,
            at(5),
            at(6),
            *typed("👩\t'a"),
            line.action_undo,
            line.action_redo,
            line.action_select_all,
            at(0),
            lambda: type_in("concat(City, City, City, City, ()"),
            lambda: line.action_caret_line(1),
            *typed(")"),
            line.action_delete_left_all,
        ]
        for number, edit in enumerate(edits):
            height = line.size.height
            repainted.clear()
            edit()
            await pilot.pause()
            whole = [cells(line.render_line(y)) for y in range(line.size.height)]
            if line.size.height != height or not screen:
                screen = [list(one) for one in whole]
            for region in repainted:
                for y in range(region.y, min(region.bottom, len(whole))):
                    screen[y][region.x : region.right] = whole[y][region.x : region.right]
            assert screen == whole, (number, line.value, repainted)
