"""Rows are judged once: after an edit only those that changed, and what is said is the same as if all were."""

from __future__ import annotations

from collections import deque

from hypothesis import given, settings
from hypothesis import strategies as st

from aeptui.chain.document import check_pipeline
from aeptui.chain.mapping_checks import RowChecks
from aeptui.chain.pipeline import MappingRow, Pipeline
from aeptui.chain.row_memory import OverRows

_ROWS = st.builds(
    MappingRow,
    source=st.sampled_from([None, "A", "B", "b d", "${x}", "a[*].b"]),
    expression=st.sampled_from([None, None, None, "lower(A)", "lower("]),
    target=st.sampled_from(["", "a", "${a}", "a.b", "a[0].c", "a[00].c", "a\\.b", "a[*].b", "x y"]),
)
Edit = tuple[int, int, list[MappingRow]]
_EDITS = st.tuples(st.integers(0, 8), st.integers(0, 3), st.lists(_ROWS, max_size=3))


@given(st.lists(_ROWS, max_size=8), st.lists(_EDITS, max_size=6))
@settings(deadline=None)
def test_what_is_kept_over_edits_says_what_a_fresh_check_says(first: list[MappingRow], edits: list[Edit]) -> None:
    checks, rows = RowChecks(), tuple(first)
    for at, gone, new in [(0, 0, []), *edits]:
        rows = (*rows[:at], *new, *rows[at + gone :])
        pipeline = Pipeline(mapping=rows)
        assert check_pipeline(pipeline, checks) == check_pipeline(pipeline)


def test_only_rows_that_changed_are_judged_again() -> None:
    judged: list[MappingRow] = []

    def judge(row: MappingRow) -> bool:
        judged.append(row)
        return row.target == "bad"

    over = OverRows(judge)
    rows = tuple(MappingRow(source=f"C{at}", target="bad" if at in (3, 900) else "ok") for at in range(1000))
    deque(over.steps(rows), maxlen=0)
    assert (list(over.found), len(judged)) == ([3, 900], 1000)
    judged.clear()
    edited = (*rows[:500], MappingRow(source="new", target="bad"), *rows[501:600], *rows[602:])
    deque(over.steps(edited), maxlen=0)
    assert list(over.found) == [3, 500, 898]
    assert len(judged) == 100


def test_a_check_that_is_broken_off_leaves_what_was_known() -> None:
    over = OverRows(lambda row: row.target == "bad")
    rows = tuple(MappingRow(target="bad") for _ in range(4))
    deque(over.steps(rows), maxlen=0)
    next(iter(over.steps((*rows[:2], MappingRow(target="ok")))))
    assert list(over.found) == [0, 1, 2, 3]
    deque(over.steps(rows[:2]), maxlen=0)
    assert list(over.found) == [0, 1]
