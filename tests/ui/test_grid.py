"""The grid through its keys: what a user presses, and what is on the screen then."""

from __future__ import annotations

import time

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.events import Paste
from textual.message import Message
from textual.widget import Widget

from aeptui.ui.widgets.grid import Cell, Column, Grid, Row


class GridApp(App[None]):
    """One grid, and every message it posted."""

    def __init__(self, grid: Grid) -> None:
        super().__init__()
        self.grid = grid
        self.heard: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.grid

    def on_grid_highlighted(self, message: Grid.Highlighted) -> None:
        self.heard.append(message)

    def on_grid_opened(self, message: Grid.Opened) -> None:
        self.heard.append(message)

    def on_grid_selection_changed(self, message: Grid.SelectionChanged) -> None:
        self.heard.append(message)


def flows(count: int) -> list[Row]:
    return [_flow(n) for n in range(count)]


def _flow(n: int) -> Row:
    state = Cell("ok" if n % 2 else "failed", "ok")
    return Row(f"f{n}", (f"flow {n}", state, str(n % 7)), search=f"flow {n} {state.text}")


def flow_grid(multi_select: bool = False) -> Grid:
    columns = (Column("name", "Name"), Column("state", "State", 8), Column("n", "Rows", 6, align="right"))
    return Grid(*columns, multi_select=multi_select)


def lines(grid: Grid) -> list[str]:
    return [grid.render_line(y).text for y in range(grid.size.height)]


def body_keys(grid: Grid, count: int) -> list[str]:
    return [line[2:].split("  ")[0] for line in lines(grid)[1 : count + 1]]


class Spy:
    """Counts which lines a grid refreshes; None stands for all of it."""

    def __init__(self, grid: Grid, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lines: set[int | None] = set()
        original = grid.refresh

        def refresh(*regions: object, **options: bool) -> Widget:
            self.lines |= {getattr(region, "y", None) for region in regions} or {None}
            return original(*regions, **options)  # type: ignore[arg-type]  # regions pass through

        monkeypatch.setattr(grid, "refresh", refresh)


async def test_the_cursor_follows_arrow_letter_and_page_keys() -> None:
    app = GridApp(flow_grid())
    async with app.run_test(size=(60, 11)) as pilot:
        app.grid.show(flows(50))
        for keys, expected in [
            (["down"], "f1"), (["j", "j"], "f3"), (["k"], "f2"), (["up"], "f1"), (["pagedown"], "f10"),
            (["pageup"], "f1"), (["end"], "f49"), (["home"], "f0"), (["G"], "f49"), (["g"], "f0"), (["up"], "f0"),
        ]:  # fmt: skip
            await pilot.press(*keys)
            assert app.grid.cursor_key == expected, keys
        highlighted = [message.key for message in app.heard if isinstance(message, Grid.Highlighted)]
        assert highlighted[0] == "f0"
        assert highlighted[-1] == "f0"


async def test_the_header_stays_and_the_cursor_row_stays_visible_when_it_scrolls() -> None:
    app = GridApp(flow_grid())
    async with app.run_test(size=(60, 11)) as pilot:
        app.grid.show(flows(50))
        await pilot.press("end")
        shown = lines(app.grid)
        assert shown[0].startswith("  Name")
        assert shown[-1].startswith("> flow 49")


async def test_enter_opens_the_row_under_the_cursor() -> None:
    app = GridApp(flow_grid())
    async with app.run_test() as pilot:
        app.grid.show(flows(3))
        await pilot.press("down", "enter")
        assert [message.key for message in app.heard if isinstance(message, Grid.Opened)] == ["f1"]


async def test_a_double_click_opens_and_a_click_on_a_label_sorts() -> None:
    app = GridApp(flow_grid())
    async with app.run_test() as pilot:
        app.grid.show(flows(3))
        await pilot.click(Grid, offset=(5, 2), times=2)
        assert [message.key for message in app.heard if isinstance(message, Grid.Opened)] == ["f1"]
        await pilot.click(Grid, offset=(5, 0))
        await pilot.click(Grid, offset=(5, 0))
        assert body_keys(app.grid, 3) == ["flow 2", "flow 1", "flow 0"]


async def test_the_filter_narrows_while_typing_is_kept_by_enter_and_dropped_by_escape() -> None:
    app = GridApp(flow_grid())
    async with app.run_test() as pilot:
        app.grid.show(flows(20))
        await pilot.press("slash", "f", "l", "space", "1", "9")
        assert app.grid.filter_text == "fl 19"
        assert app.grid.row_count == 1
        assert "1 of 20" in lines(app.grid)[-1]
        await pilot.press("backspace", "enter")
        assert app.grid.row_count == 11
        await pilot.press("j", "j")  # letters are keys again
        assert app.grid.filter_text == "fl 1"
        assert app.grid.cursor_index > 0
        key = app.grid.cursor_key
        await pilot.press("escape")
        assert app.grid.row_count == 20
        assert app.grid.cursor_key == key


async def test_text_pasted_into_the_filter_is_one_line() -> None:
    app = GridApp(flow_grid())
    async with app.run_test() as pilot:
        app.grid.show(flows(20))
        await pilot.press("slash")
        app.grid.post_message(Paste("flow\n 7\x1b"))
        await pilot.pause()
        assert app.grid.filter_text == "flow 7␛"


async def test_a_filter_that_matches_nothing_says_how_to_get_back() -> None:
    app = GridApp(flow_grid())
    async with app.run_test() as pilot:
        app.grid.show(flows(3))
        await pilot.press("slash", "z", "z")
        assert app.grid.cursor_key is None
        assert any("esc shows all" in line for line in lines(app.grid))


async def test_sorting_walks_the_columns_and_compares_numbers_as_numbers() -> None:
    app = GridApp(flow_grid())
    async with app.run_test() as pilot:
        app.grid.show([Row(k, (k, "x", n)) for k, n in [("b", "9"), ("a", "1,000"), ("c", "")]])
        await pilot.press("s")
        assert "Name ▲" in lines(app.grid)[0]
        assert body_keys(app.grid, 3) == ["a", "b", "c"]
        await pilot.press("s")
        assert body_keys(app.grid, 3) == ["c", "b", "a"]
        await pilot.press("s", "s", "s")
        assert body_keys(app.grid, 3) == ["c", "b", "a"]  # nothing, 9, 1,000
        await pilot.press("s")
        assert body_keys(app.grid, 3) == ["a", "b", "c"]
        await pilot.press("s")
        assert body_keys(app.grid, 3) == ["b", "a", "c"]  # as given


async def test_cursor_filter_sort_and_selection_survive_new_rows() -> None:
    app = GridApp(flow_grid(multi_select=True))
    async with app.run_test() as pilot:
        app.grid.show(flows(20))
        await pilot.press("slash", "1", "enter", "space", "down", "space", "down")
        assert ",".join(app.grid.selected_keys) == "f1,f10"
        assert app.grid.cursor_key == "f11"
        app.grid.show(list(reversed(flows(20)))[:10])
        assert app.grid.filter_text == "1"
        assert app.grid.cursor_key == "f11"
        await pilot.press("space")
        assert ",".join(app.grid.selected_keys) == "f10,f11"
        await pilot.press("ctrl+a")
        assert len(app.grid.selected_keys) == 10
        await pilot.press("ctrl+a")
        await pilot.pause()
        changes = [message.keys for message in app.heard if isinstance(message, Grid.SelectionChanged)]
        assert changes[0] == ("f1",)
        assert changes[-1] == ()


async def test_space_does_nothing_where_only_one_row_can_be_chosen() -> None:
    app = GridApp(flow_grid())
    async with app.run_test() as pilot:
        app.grid.show(flows(2))
        await pilot.press("space", "ctrl+a")
        assert not app.grid.selected_keys


async def test_a_cursor_step_repaints_two_lines_and_an_update_one(monkeypatch: pytest.MonkeyPatch) -> None:
    app = GridApp(flow_grid())
    async with app.run_test(size=(60, 11)) as pilot:
        app.grid.show(flows(50))
        await pilot.pause()
        spy = Spy(app.grid, monkeypatch)
        app.grid.action_cursor_down()
        assert spy.lines == {1, 2}
        await pilot.pause()
        spy.lines.clear()
        app.grid.update_row(Row("f4", ("changed", "ok", "1")))
        assert spy.lines == {5}
        await pilot.pause()
        spy.lines.clear()
        app.grid.update_row(Row("f40", ("out of sight", "ok", "1")))
        app.grid.update_row(Row("nobody", ("unknown", "ok", "1")))
        rows = flows(50)
        rows[4] = Row("f4", ("changed", "ok", "1"))
        app.grid.show(rows)
        assert spy.lines == set()
        rows[2] = Row("f2", ("also changed", "ok", "1"))
        app.grid.show(rows)
        assert spy.lines == {3}
        await pilot.pause()
        assert "also changed" in lines(app.grid)[3]


@pytest.mark.parametrize(
    "text",
    [
        "日本語の長い名前です全角",
        "emoji 👩\u200d👩\u200d👧 family 🚀🚀🚀🚀🚀🚀🚀",
        "cafe\u0301 " * 6,
        "\u2764\ufe0f heart \u2764\ufe0f heart \u2764\ufe0f heart",
        "\ud800 lone",
    ],
)
async def test_wide_joined_and_combining_characters_never_move_the_columns(text: str) -> None:
    app = GridApp(Grid(Column("a", "A", 11), Column("b", "B")))
    async with app.run_test(size=(40, 6)):
        app.grid.show([Row("1", (text, "second")), Row("2", ("plain", "second"))])
        first, plain = lines(app.grid)[1:3]
        assert cell_len(first) == cell_len(plain) == 40
        assert cell_len(first[: first.index("second")]) == plain.index("second")


async def test_markup_and_control_characters_are_shown_not_obeyed() -> None:
    app = GridApp(flow_grid())
    async with app.run_test() as pilot:
        app.grid.show([Row("1", ("[bold red]x[/] \x1b[31m\t\n\x9b31m\u202e", "ok", "1"))])
        await pilot.pause()
        line = lines(app.grid)[1]
        assert "[bold red]x[/] ␛[31m␉␊�31m�" in line
        assert line.isprintable()


async def test_columns_give_way_by_priority_and_come_back() -> None:
    columns = (Column("a", "Alpha", 20), Column("b", "Beta", 20, priority=2), Column("c", "Gamma", 20, priority=1))
    app = GridApp(Grid(*columns))
    async with app.run_test(size=(50, 6)) as pilot:
        app.grid.show([Row("1", ("one", "two", "three"))])
        assert lines(app.grid)[0].split() == ["Alpha", "Gamma"]
        await pilot.resize_terminal(30, 6)
        await pilot.pause()
        assert lines(app.grid)[0].split() == ["Alpha"]
        await pilot.resize_terminal(80, 6)
        await pilot.pause()
        assert lines(app.grid)[0].split() == ["Alpha", "Beta", "Gamma"]


async def test_columns_that_must_stay_can_be_scrolled_to() -> None:
    app = GridApp(Grid(*(Column(str(n), f"Col{n}", 20) for n in range(5))))
    async with app.run_test(size=(50, 6)) as pilot:
        app.grid.show([Row("1", tuple("abcde"))])
        assert "Col4" not in lines(app.grid)[0]
        await pilot.press(*["right"] * 12)
        assert "Col4" in lines(app.grid)[0]
        assert all(cell_len(line) == 50 for line in lines(app.grid))
        await pilot.press(*["left"] * 12)
        assert lines(app.grid)[0].startswith("  Col0")


async def test_an_empty_grid_says_so_and_a_loading_one_says_that() -> None:
    app = GridApp(Grid(Column("a", "A"), empty="No flows. n makes one."))
    async with app.run_test() as pilot:
        app.grid.show([])
        assert "No flows. n makes one." in lines(app.grid)[2]
        app.grid.loading_text = "Asking the platform ..."
        await pilot.pause()
        assert "Asking the platform ..." in lines(app.grid)[2]
        await pilot.press("down", "enter", "s", "slash", "escape")
        app.grid.show([Row("1", ("first",))])
        assert app.grid.cursor_key == "1"
        assert "first" in lines(app.grid)[1]


async def test_rows_shown_before_the_first_paint_are_there_after_it() -> None:
    grid = flow_grid()
    grid.show(flows(3))
    app = GridApp(grid)
    async with app.run_test():
        assert body_keys(grid, 3) == ["flow 0", "flow 1", "flow 2"]
        assert grid.cursor_key == "f0"


async def test_the_cursor_is_marked_without_colour_and_in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AEPTUI_ASCII", "1")
    app = GridApp(Grid(Column("a", "A", 6), Column("b", "B"), multi_select=True))
    async with app.run_test() as pilot:
        app.grid.show([Row("1", ("longer than six", "x")), Row("2", ("b", "x"))])
        await pilot.press("space", "s")
        assert all(line.isascii() for line in lines(app.grid))
        assert lines(app.grid)[2].startswith("> * lon")


class Lazy:
    """A source that counts what is read of it."""

    def __init__(self) -> None:
        self.read = 0

    def __len__(self) -> int:
        return 100_000

    def row(self, index: int) -> Row:
        self.read += 1
        return Row(str(index), (f"row {index}",))


async def test_a_lazy_source_is_read_only_where_it_is_looked_at() -> None:
    app = GridApp(Grid(Column("a", "A")))
    source = Lazy()
    async with app.run_test(size=(40, 20)) as pilot:
        app.grid.show(source)
        await pilot.press("end")
        assert app.grid.cursor_key == "99999"
        assert source.read < 2_000
        app.grid.move_to("50000")
        assert app.grid.cursor_index == 50_000


async def test_a_hundred_thousand_rows_filter_sort_and_update_quickly() -> None:
    app = GridApp(flow_grid())
    async with app.run_test() as pilot:
        app.grid.show(flows(100_000))
        app.grid.filter_text = "warm"
        took: dict[str, float] = {}
        started = time.process_time()
        app.grid.filter_text = "99"
        took["filter"] = time.process_time() - started
        app.grid.filter_text = ""
        started = time.process_time()
        app.grid.action_sort()
        took["sort"] = time.process_time() - started
        started = time.process_time()
        for row in flows(3):
            app.grid.update_row(row)
        took["update"] = time.process_time() - started
        await pilot.pause()
        # Generous: it guards against per-row painting, not against a busy machine.
        assert took["filter"] < 0.5, took
        assert took["sort"] < 1.0, took
        assert took["update"] < 0.5, took
