"""An edit as what it changed: made again, taken back, and told as JSON; and a log of them read back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aeptui.chain.edit_lines import (
    change_line,
    first_line,
    mark_of,
    read_lines,
    restore,
    text_line,
    typing_line,
    written_line,
)
from aeptui.chain.edits import WAYS, Change, Misfit, change_between, splices
from aeptui.chain.history import History
from aeptui.chain.pipeline import MappingRow, Pipeline, Schedule, SchemaChoice, Source
from aeptui.chain.typed_text import TypedText, Typing

_row = st.builds(MappingRow, source=st.none() | st.text(max_size=3), target=st.sampled_from("abcd"))
_pool = st.lists(_row, min_size=1, max_size=8)


@st.composite
def _two(draw: st.DrawFn) -> tuple[Pipeline, Pipeline]:
    """A document and one an edit may make of it: rows kept, moved, doubled, changed, deleted and added."""
    pool = draw(_pool)
    picked = st.lists(st.sampled_from(pool), max_size=12).map(tuple)
    return Pipeline(mapping=draw(picked)), Pipeline(name=draw(st.sampled_from(["", "x"])), mapping=draw(picked))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_two())
def test_an_edit_is_made_again_and_taken_back_also_from_its_json(two: tuple[Pipeline, Pipeline]) -> None:
    before, after = two
    change = change_between(before, after, "whatever")
    told = Change.from_json(json.loads(json.dumps(change.to_json())))
    for one in (change, told):
        assert one.make(before) == after
        assert one.take_back(after) == before


def test_of_ten_thousand_rows_only_those_that_changed_are_in_an_edit() -> None:
    rows = tuple(MappingRow(source=f"c{number}", target=f"t{number}") for number in range(10_000))
    new = MappingRow(source="new", target="new")
    (changed,) = splices(rows, (*rows[:7000], new, *rows[7001:]))
    assert (changed.start, changed.old, changed.new) == (7000, (rows[7000],), (new,))
    deleted = splices(rows, tuple(row for number, row in enumerate(rows) if number not in {3, 9_000}))
    assert [(one.start, one.old, one.new) for one in deleted] == [(3, (rows[3],), ()), (8_999, (rows[9_000],), ())]
    (added,) = splices(rows, (*rows, new))
    assert (added.start, added.old, added.new) == (10_000, (), (new,))
    assert splices(rows, rows) == ()


def test_other_parts_are_kept_whole_and_as_they_were() -> None:
    before = Pipeline()
    after = Pipeline(
        source=Source(path="/x", column_delimiter="\t"),
        schema=SchemaChoice.model_validate({"class": "c", "field_groups": ("a", "b")}),
        schedule=Schedule(frequency="hour", interval=3, start=datetime(2026, 11, 23, 14, tzinfo=UTC)),
        vars={"a": "b"},
    )
    told = Change.from_json(json.loads(json.dumps(change_between(before, after, "x").to_json())))
    assert told.make(before) == after
    assert told.take_back(after) == before


def test_a_value_that_does_not_fit_is_left_out_and_the_rest_of_the_edit_is_made() -> None:
    # Clearing the format in the form makes a document that is wrong; a draft of it leaves the key out, too.
    wrong = Pipeline(source=Source(path="/a")).source.model_copy(update={"format": "", "path": "/b"})
    change = change_between(Pipeline(), Pipeline().model_copy(update={"source": wrong}), "clear the format")
    told = Change.from_json(json.loads(json.dumps(change.to_json())))
    assert told.make(Pipeline()).source == Source(path="/b")


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"edit": "x", "rows": [1]},
        {"edit": "x", "rows": [[0, [{"no": 1}], []]]},
        {"edit": "x", "parts": {"mapping": [[], []]}},
        {"edit": "x", "parts": 3},
        {"edit": "x", "rows": [[float("inf"), [], []]]},
    ],
    ids=str,
)
def test_what_is_no_edit_is_told(given: dict[str, Any]) -> None:
    with pytest.raises(Misfit):
        Change.from_json(given)


# The log

START = Pipeline(mapping=(MappingRow(source="a", target="a"),))
MARK = mark_of("the text")


def with_rows(*names: str) -> Pipeline:
    """START with more rows."""
    return START.model_copy(update={"mapping": (*START.mapping, *(MappingRow(source=n, target=n) for n in names))})


def log(*lines: dict[str, Any], start: str = MARK) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in (first_line(start), *lines))


def edit(*names: str) -> dict[str, Any]:
    """The line of mapping one more: the last of these."""
    return change_line("edit", change_between(with_rows(*names[:-1]), with_rows(*names), names[-1]))


def undo(*names: str) -> dict[str, Any]:
    """The line of taking back the mapping of the last of these."""
    return change_line("undo", change_between(with_rows(*names), with_rows(*names[:-1]), names[-1]))


def redo(*names: str) -> dict[str, Any]:
    """The line of mapping the last of these again."""
    return change_line("redo", change_between(with_rows(*names[:-1]), with_rows(*names), names[-1]))


def test_a_log_brings_back_the_document_and_the_way_to_it() -> None:
    lines = read_lines(
        log(edit("b"), edit("b", "c"), edit("b", "c", "d"), undo("b", "c", "d"), undo("b", "c"), redo("b", "c"))
    )
    restored = restore(START, lines, 0)
    assert (restored.history.pipeline, restored.edits, restored.undos) == (with_rows("b", "c"), 2, 0)
    assert [restored.history.undo() for _ in range(3)] == ["c", "b", ""]
    assert restored.history.pipeline == START
    assert [restored.history.redo() for _ in range(4)] == ["b", "c", "d", ""]


def test_what_a_text_holds_is_not_made_again_but_can_be_taken_back() -> None:
    written = mark_of("with b and c")
    later = (edit("b", "c", "d"), undo("b", "c", "d"), undo("b", "c"))
    lines = read_lines(log(edit("b"), edit("b", "c"), text_line(written, 2), *later))
    assert lines.place_of(written) == 2
    restored = restore(with_rows("b", "c"), lines, 2)
    assert (restored.history.pipeline, restored.edits, restored.undos) == (with_rows("b"), 0, 1)
    assert restored.history.redo() == "c"
    assert [restored.history.undo() for _ in range(3)] == ["c", "b", ""]


def test_of_two_places_with_the_same_text_the_later_one_counts() -> None:
    lines = read_lines(log(edit("b"), text_line(mark_of("b"), 1), undo("b"), text_line(MARK, 2), redo("b")))
    held = lines.place_of(MARK)
    assert held == 2
    assert restore(START, lines, held).history.pipeline == with_rows("b")


def test_edits_from_before_the_log_began_are_taken_back_and_made_again_too() -> None:
    start = mark_of("b and c")
    lines = read_lines(log(undo("b", "c"), undo("b"), redo("b"), start=start))
    restored = restore(with_rows("b", "c"), lines, 0)
    assert (restored.history.pipeline, restored.undos, restored.edits) == (with_rows("b"), 2, 1)
    assert [restored.history.redo(), restored.history.redo()] == ["c", ""]
    assert restored.history.pipeline == with_rows("b", "c")
    # The same when a text holds them.
    history = restore(with_rows("b"), lines, 3).history
    assert [history.undo(), history.redo(), history.redo()] == ["b", "b", "c"]
    assert history.pipeline == with_rows("b", "c")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(["edit", "edit", "undo", "redo"]), max_size=14), st.data())
def test_from_whatever_text_and_log_a_kill_leaves_comes_what_was_there(steps: list[str], data: st.DataObject) -> None:
    live = History(START)
    documents, undone, changes = [START], [0], []
    for number, step in enumerate(steps):
        before = live.pipeline
        if step == "edit":
            row = MappingRow(source=str(number), target=str(number))
            live.edit(before.model_copy(update={"mapping": (*before.mapping[number % 3 :], row)}), str(number))
            what = str(number)
        else:
            what = live.undo() if step == "undo" else live.redo()
        if what:
            way = next(one for one in WAYS if one == step)
            changes.append(change_line(way, change_between(before, live.pipeline, what)))
            documents.append(live.pipeline)
            undone.append({"edit": 0, "undo": undone[-1] + 1, "redo": undone[-1] - 1}[way])
    begun = data.draw(st.integers(0, len(changes)), "where the log begins")
    held = data.draw(st.integers(begun, len(changes)), "what the text holds")
    restored = restore(documents[held], read_lines(log(*changes[begun:])), held - begun)
    assert restored.at == len(changes) - begun
    again = restored.history
    assert again.pipeline == live.pipeline
    # It takes back what it knows of as the history that lived on does, and makes it again.
    while what := again.undo():
        assert what == live.undo()
        assert again.pipeline == live.pipeline
    if begun == 0:
        assert live.undo() == ""
    while what := again.redo():
        assert what == live.redo()
        assert again.pipeline == live.pipeline
    if undone[begun] == 0:
        assert live.redo() == ""


def test_a_torn_last_line_is_left_out_and_a_line_of_garbage_ends_what_is_read() -> None:
    whole = log(edit("b"), edit("b", "c"))
    assert [len(read_lines(whole[:-cut]).changes) for cut in (1, 20)] == [1, 1]
    assert read_lines(whole[:-1]).bad_line is None
    lines = read_lines(log(edit("b")) + b"\x00\xff garbage\n" + log(edit("b", "c")))
    assert (lines.bad_line, len(lines.changes), lines.is_kept) == (3, 1, False)


@pytest.mark.parametrize("number", [-1, float("inf"), "1", None])
def test_a_line_whose_number_is_none_is_garbage(number: Any) -> None:
    for line in ({"text": MARK, "at": number}, {"written": number}):
        assert read_lines(log(edit("b"), line)).bad_line == 3


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 400))
def test_no_bytes_break_the_reading(noise: bytes, at: int) -> None:
    data = log(edit("b"), typing_line(None), edit("b", "c"))
    lines = read_lines(data[:at] + noise + data[at:])
    restore(START, lines, lines.place_of(MARK) or 0)


def test_an_edit_of_other_rows_is_not_made() -> None:
    lines = read_lines(log(edit("b"), edit("b", "c")))
    restored = restore(Pipeline(), lines, 0)
    assert (restored.at, restored.history.pipeline) == (0, Pipeline())


def test_typing_is_known_until_an_edit_took_it_or_it_was_left() -> None:
    typing = Typing("mapping", "new", "mapping", TypedText(("lower(Em", ""), 0, 8, ""))
    taken = {**edit("b"), "typed": True}
    assert read_lines(log(typing_line(typing))).typing == typing
    assert read_lines(log(typing_line(typing), edit("b"))).typing == typing
    assert read_lines(log(typing_line(typing), taken)).typing is None
    assert read_lines(log(typing_line(typing), typing_line(None))).typing is None


def test_everything_is_kept_only_once_its_text_was_written() -> None:
    announced = log(edit("b"), text_line(mark_of("b"), 1))
    assert not read_lines(announced).is_kept
    assert read_lines(announced + json.dumps(written_line(1)).encode() + b"\n").is_kept


def test_a_mark_does_not_depend_on_the_kind_of_line_ends() -> None:
    assert mark_of("a\r\nb\n") == mark_of("a\nb\n") != mark_of("a\nb")
