"""Text to read: JSON as lines, wrapping, scrolling by keys, and how little is painted again."""

from __future__ import annotations

import json

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.widget import Widget

from aeptui.ui.widgets.text_lines import Line, json_lines, line, wrapped
from aeptui.ui.widgets.text_view import TextView


class ViewApp(App[None]):
    """One view, eight lines high with its title."""

    CSS = "TextView { height: 8; }"

    def compose(self) -> ComposeResult:
        yield TextView("What was sent")


def text_of(lines: tuple[Line, ...]) -> list[str]:
    return ["".join(text for text, _ in one) for one in lines]


def shown(view: TextView) -> list[str]:
    return [view.render_line(y).text.rstrip() for y in range(view.size.height)]


@pytest.mark.parametrize(
    "value",
    [{}, [], None, "a", 1.5, {"a": []}, {"a": {"b": [1, "x", None, True]}, "ünï": "日本"}, [[{"deep": [{}]}]]],
)
def test_json_is_shown_so_that_it_can_be_read_back(value: object) -> None:
    assert json.loads("\n".join(text_of(json_lines(value)))) == value


def test_a_huge_value_is_cut_and_says_by_how_much() -> None:
    lines = text_of(json_lines(list(range(5000)), most=100))
    assert len(lines) == 101
    assert lines[-1] == "... 4,902 more lines"


@pytest.mark.parametrize("cells", [8, 20, 33, 80])
def test_no_wrapped_line_is_too_wide_and_no_character_is_lost(cells: int) -> None:
    texts = ["short", "a sentence of several words that goes on", "    in: " + "x" * 90, "日本語" * 20, ""]
    lines = wrapped([line(text, "muted") for text in texts], cells)
    assert all(cell_len(text) <= cells for text in text_of(lines))
    assert "".join("".join(text_of(lines)).split()) == "".join("".join(texts).split())


def test_control_characters_are_pictures_not_orders() -> None:
    (only,) = text_of(wrapped([line("a\tb\x1b[31m\n")], 40))
    assert only == "a␉b␛[31m␊"


async def test_a_view_that_no_key_can_scroll_ends_with_a_sign_that_there_is_more() -> None:
    class DetailApp(ViewApp):
        def compose(self) -> ComposeResult:
            yield TextView("The row", can_focus=False)

    app = DetailApp()
    async with app.run_test(size=(40, 20)) as pilot:
        view = app.query_one(TextView)
        view.show([line(f"line {number}") for number in range(20)])
        await pilot.pause()
        assert shown(view)[0].split() == ["The", "row"]
        assert shown(view)[-1] == "  line 6…"
        view.show([line(f"line {number}") for number in range(7)])
        await pilot.pause()
        assert shown(view)[-1] == "  line 6"


async def test_keys_scroll_and_the_title_says_where_one_is() -> None:
    app = ViewApp()
    async with app.run_test(size=(40, 12)) as pilot:
        view = app.query_one(TextView)
        view.show([line(f"line {number}") for number in range(30)])
        view.focus()
        await pilot.pause()
        assert shown(view)[0].endswith("1-7 of 30")
        for keys, first in [(["down", "j"], 2), (["k"], 1), (["pagedown"], 7), (["end"], 23), (["g"], 0), (["up"], 0)]:
            await pilot.press(*keys)
            assert shown(view)[1].strip() == f"line {first}", keys
        await pilot.press("G")
        view.show([line("other")])
        assert shown(view)[1].strip() == "other"


async def test_only_lines_that_changed_are_painted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app = ViewApp()
    async with app.run_test(size=(40, 12)) as pilot:
        view = app.query_one(TextView)
        view.show([line("one"), line("two"), line("three")])
        await pilot.pause()
        painted: list[int | None] = []
        original = view.refresh

        def refresh(*regions: object, **options: bool) -> Widget:
            painted.extend([getattr(region, "y", None) for region in regions] or [None])
            return original(*regions, **options)  # type: ignore[arg-type]  # regions pass through

        monkeypatch.setattr(view, "refresh", refresh)
        view.show([line("one"), line("TWO"), line("three")])
        assert painted == [2]
        await pilot.pause()
        view.show([line("one"), line("TWO"), line("three")])
        assert painted == [2]


async def test_a_view_with_a_limit_is_as_high_as_its_text() -> None:
    class FittingApp(App[None]):
        def compose(self) -> ComposeResult:
            yield TextView(most=4)

    app = FittingApp()
    async with app.run_test(size=(30, 12)) as pilot:
        view = app.query_one(TextView)
        for count, height in [(1, 1), (3, 3), (9, 4), (2, 2)]:
            view.show([line("word") for _ in range(count)])
            await pilot.pause()
            assert view.size.height == height
