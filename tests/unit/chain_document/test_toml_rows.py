"""Long mappings are read the short way, and that says nothing else than the long one."""

from __future__ import annotations

import tomllib

from hypothesis import example, given, settings
from hypothesis import strategies as st

from aeptui.chain.document import parse_pipeline, pipeline_to_toml
from aeptui.chain.pipeline import MappingRow, Pipeline
from aeptui.chain.problems import Problem
from aeptui.chain.toml_lines import header_lines, key_lines
from aeptui.chain.toml_reading import parse_toml
from aeptui.chain.toml_rows import RowLines, all_header_lines, read_toml

_PLAIN = [
    '[[mapping]]\nsource = "A"\ntarget = "a.b"\n',
    '[[mapping]]\nexpression = \'concat(A, "x")\'\ntarget = "a.c[0]"\n',
    '[[mapping]]\nsource = "with \\"quotes\\" and \\\\ and \\u00e9"\ntarget = "t"\n',
    '[[mapping]] # why\nsource = "A"  # note\ntarget = "b"\n',
    '[[mapping]]\ntarget = "only.this"\n',
    '[[mapping]]\nsource = ""\ntarget = "\u00fc"\n',
    "[[mapping]]\n",
]
_ODD = [
    '[[mapping]]\ntarget = "a"\nsource = "turned"\n',
    '[[mapping]]\nsource = "A"\nsource = "twice"\n',
    '[[mapping]]\nsource = "A"\nunknown = 1\n',
    '[[ mapping ]]\nsource = "A"\n',
    '[[mapping]]\nsource = "bad \\q escape"\n',
    '[[mapping]]\nsource = "open\n',
    '[[mapping]]\nsource = """\n[[mapping]]\nsource = "inside"\n"""\n',
    "[mapping.sub]\nkey = 1\n",
    "[mapping]\nkey = 1\n",
    "mapping = []\n",
    "list = [\n",
    "]\n",
    'text = """\n',
    '"""\n',
    '[[mapping]]\nsource = \'"""# x\'\ntarget = "y"\n',
    "[[other]]\n",
    "[schedule]\ninterval = 5\n",
    "vars = { a = 1 }\n",
    '[[mapping.deep]]\nx = "1"\n',
    'source = "A"\n',
    "   # indented\n",
    "#\x01\n",
    "\r\n",
    "\r\r\n",
    '[[mapping]]\r\nsource = "A"\r\n',
]
_BETWEEN = ["", "\n", "# a comment\n", "\n# [[mapping]]\n\n", "\t\n"]


@example([(_PLAIN[0], ""), (_PLAIN[0], ""), ("\r\r\n", "")])
@given(st.lists(st.tuples(st.sampled_from(_PLAIN * 4 + _ODD), st.sampled_from(_BETWEEN)), max_size=12))
@settings(max_examples=300, deadline=None)
def test_the_short_way_and_the_long_way_read_the_same(parts: list[tuple[str, str]]) -> None:
    text = "version = 1\n" + "".join(between + block for block, between in parts)
    whole = parse_toml(text)
    read = read_toml(text)
    if isinstance(whole, Problem):
        assert read == whole
        return
    assert not isinstance(read, Problem)
    document, lines = read
    assert document == whole
    expected = key_lines(text)
    assert dict(lines) == expected
    assert len(lines) == len(expected)
    assert all(path in lines for path in expected)
    assert all_header_lines(text) == header_lines(text)
    assert ("mapping", 99) not in lines
    assert ("mapping", 0, "nothing") not in lines


def test_what_this_program_writes_is_read_the_short_way() -> None:
    rows = tuple(MappingRow(source=f"C{at}", target=f"t{at}") for at in range(50))
    text = pipeline_to_toml(Pipeline(name="p", mapping=rows))
    read = read_toml(text)
    assert not isinstance(read, Problem)
    assert isinstance(read[1], RowLines)
    assert read[0] == tomllib.loads(text)
    assert parse_pipeline(text).pipeline.mapping == rows


def test_a_problem_in_a_long_mapping_knows_its_line_and_its_row() -> None:
    rows = [MappingRow(source=f"C{at}", target=f"t{at}") for at in range(50)]
    rows[30] = MappingRow(expression="lower(", target="t30")
    text = pipeline_to_toml(Pipeline(name="p", mapping=tuple(rows)))
    parsed = parse_pipeline(text)
    (problem,) = [one for one in parsed.problems if one.section == "mapping"]
    assert problem.row == 30
    assert problem.line == 1 + text.split("\n").index('expression = "lower("')
    assert parsed.lines["mapping[30].expression"] == problem.line


def test_two_spellings_of_one_target_are_one_target() -> None:
    rows = (
        MappingRow(source="A", target="a.b[0].c"),
        MappingRow(source="B", target="${a}.b[00].${c}"),
        MappingRow(source="C", target="a\\.b[0].c"),
    )
    problems = [one for one in parse_pipeline(pipeline_to_toml(Pipeline(mapping=rows))).problems if one.row is not None]
    assert [(one.row, one.what) for one in problems] == [(1, "Mapping 1 at line 15 writes ${a}.b[00].${c} already")]
