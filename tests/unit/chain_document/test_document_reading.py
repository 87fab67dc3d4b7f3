"""Pipeline files read: each mistake is told once, with its line, and the rest is kept."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aeptui.chain.document import ParsedPipeline, check_pipeline, parse_pipeline
from aeptui.chain.errors import PipelineError
from aeptui.chain.pipeline import MappingRow, Pipeline

GOOD = """version = 1
name = "Loyalty members"
[source]
base_connection = "Sample SFTP"
path = "/loyalty/*.tsv"
type = "folder"
format = "delimited"
[schema]
title = "Loyalty members"
class = "https://ns.adobe.com/xdm/context/profile"
field_groups = [
  "https://ns.adobe.com/xdm/context/profile-person-details",
]
[dataset]
name = "Loyalty members"
[[mapping]]
source = "FirstName"
target = "person.name.firstName"
[[mapping]]
expression = "lower(Email)"
target = "personalEmail.address"
[schedule]
frequency = "minute"
interval = 30
start = 2026-11-23T14:00:00Z
[options]
partial_ingestion_percent = 5
"""


def read(old: str = "", new: str = "", **variables: str) -> ParsedPipeline:
    """The good file with one part replaced."""
    assert old in GOOD
    return parse_pipeline(GOOD.replace(old, new, 1) if old else GOOD, variables=variables)


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def test_a_good_file_has_no_problem_and_every_value() -> None:
    parsed = read()
    assert parsed.problems == ()
    assert parsed.pipeline.mapping[1] == MappingRow(expression="lower(Email)", target="personalEmail.address")
    assert parsed.pipeline.schedule.start == datetime(2026, 11, 23, 14, tzinfo=UTC)
    assert parsed.lines["mapping[1].target"] == line_of(GOOD, "personalEmail")
    assert parsed.lines["schema.field_groups[0]"] == line_of(GOOD, "profile-person")


@pytest.mark.parametrize(
    ("old", "new", "where", "what", "fix"),
    [
        ("version = 1\n", "", "version", "missing", "version = 1"),
        ("version = 1", "version = 2", "version", "Version 2 is not known", "version = 1"),
        ('name = "Loyalty members"', "name = 7", "name", "a whole number, not text", 'name = "7"'),
        ('name = "Loyalty members"', 'name = " "', "name", "missing", 'name = "..."'),
        ('name = "Loyalty members"', 'name = "a\\nb"', "name", "line break", "one line"),
        ("[source]", "[sourse]", "sourse", 'no key "sourse"', 'Did you mean "source"'),
        ('base_connection = "Sample SFTP"', "", "[source] base_connection", "missing", "base_connection ="),
        ("base_connection =", "base_conection =", "[source] base_conection", "no key", "base_connection"),
        ("/loyalty/*.tsv", "/loyalty/**/x.tsv", "[source] path", "** is not", "recursive = true"),
        ("/loyalty/*.tsv", "/*/members/x.tsv", "[source] path", "last parts", "/*/*"),
        ("/loyalty/*.tsv", "/loyalty/?.tsv", "[source] path", "Only * is a wildcard", "Use *"),
        ("/loyalty/*.tsv", "/loyalty/a|b.tsv", "[source] path", "cannot hold |", "Rename"),
        ("/loyalty/*.tsv", "/loyalty/../x.tsv", "[source] path", "..", "real path"),
        ("/loyalty/*.tsv", "s3://bucket/x.tsv", "[source] path", "URL", "/bucket/x.tsv"),
        ('type = "folder"', 'type = "Folder"', "[source] type", "not possible", 'Did you mean "folder"'),
        ('"delimited"', '"csv"', "[source] format", "not possible", "delimited, json, parquet"),
        ('"delimited"', '"json"\nencoding = "UTF-8"', "[source] encoding", "delimited files only", "Delete"),
        ('"delimited"', '"parquet"\ncompression = "gzip"', "[source] compression", "Parquet", "Delete"),
        ('"delimited"', '"delimited"\ncolumn_delimiter = ";;"', "[source] column_delimiter", "one character", '";"'),
        ('"delimited"', "\"delimited\"\ncolumn_delimiter = '\\t'", "[source] column_delimiter", "not a tab", '"\\t"'),
        ('"delimited"', '"delimited"\nrecursive = "yes"', "[source] recursive", "text, not true or false", "true"),
        ('"delimited"', '"delimited"\npassword = "pw"', "[source] password", "credential", "Delete the line"),
        ('title = "Loyalty members"\n', "", "[schema] title", "missing", "title ="),
        ('title = "Loyalty', 'id = "https://x"\ntitle = "Loyalty', "[schema] title", "either an id", "Delete id"),
        ("class = ", "clas = ", "[schema] clas", "no key", '"class"'),
        ('\nname = "Loyalty members"\n[[', "\n[[", "[dataset] name", "missing", "[dataset]"),
        ("[[mapping]]\nexpression", "[[mapping]]\nsource = 'a'\nexpression", "mapping 2: expression", "both", "Delete"),
        ('expression = "lower(Email)"\n', "", "mapping 2: source", "neither", "source ="),
        ("lower(Email)", "lower(Email", "mapping 2: expression", "At character 6", "Add )"),
        ("lower(Email)", "lowr(Email)", "mapping 2: expression", "lowr", "lower"),
        ("personalEmail.address", "person.name.firstName", "mapping 2: target", "Mapping 1 at line 18", "Delete one"),
        ("personalEmail.address", "person..x", "mapping 2: target", "not a path", "person.name"),
        ('"FirstName"', '"First Name"', "mapping 1: source", "plain name", "${First Name}"),
        ("source =", "sorce =", "mapping 1: sorce", "no key", '"source"'),
        ('frequency = "minute"\n', "", "[schedule] frequency", "missing", "once"),
        ('"minute"', '"hourly"', "[schedule] frequency", "not possible", '"hour"'),
        ("interval = 30\n", "", "[schedule] interval", "needs an interval", "interval = 30"),
        ("interval = 30", "interval = 5", "[schedule] interval", "least", "15"),
        ('"minute"\ninterval = 30', '"day"\ninterval = 0', "[schedule] interval", "least", "1"),
        ('"minute"', '"once"', "[schedule] interval", "no interval", "Delete"),
        ('"minute"\ninterval = 30', '"once"\nbackfill = true', "[schedule] backfill", "no backfill", "Delete"),
        (
            "interval = 30",
            'interval = "30"',
            "[schedule] interval",
            "text, not a whole",
            "without quotes: interval = 30",
        ),
        ("14:00:00Z", "14:00:00", "[schedule] start", "no timezone", "Z"),
        ("2026-11-23T14:00:00Z", "2026-11-23", "[schedule] start", "no time of day", "2026-11-23T00:00:00Z"),
        ("= 5", "= 0", "[options] partial_ingestion_percent", "more than 0", "5"),
        ("= 5", "= nan", "[options] partial_ingestion_percent", "nan", "5"),
        ("/loyalty/", "/${folder}/", "[source] path", "${folder} is not declared", "[vars]"),
    ],
)
def test_one_mistake_is_told_once_with_its_line_and_its_fix(
    old: str, new: str, where: str, what: str, fix: str
) -> None:
    text = GOOD.replace(old, new, 1)
    problems = parse_pipeline(text).problems
    assert [problem.where for problem in problems] == [where], problems
    problem = problems[0]
    assert problem.severity == "error"
    assert what in problem.what
    assert fix in problem.fix
    assert problem.line is not None
    key = where.split()[-1].rstrip(":")
    present = [number for number, line in enumerate(text.splitlines(), 1) if line.lstrip("[").startswith(key)]
    assert problem.line in present or key not in new


def test_seven_mistakes_are_seven_problems_each_with_its_own_line() -> None:
    text = """version = 1
name = "Seven"
[source]
base_conection = "Sample SFTP"
path = "/loyalty/members/*.tsv"
format = "cvs"
[schema]
title = "x"
class = "https://ns.adobe.com/xdm/context/profile"
[dataset]
name = 5
[[mapping]]
source = "a"
expression = "b"
target = "person.name.firstName"
[[mapping]]
expression = "lower(c"
target = "person.name.lastName"
[[mapping]]
source = "d"
target = "person.name.lastName"
[schedule]
frequency = "minute"
interval = 10
"""
    problems = parse_pipeline(text).problems
    assert [problem.line for problem in problems] == [4, 6, 11, 14, 17, 21, 24]
    assert [problem.section for problem in problems] == ["source", "source", "target", *["mapping"] * 3, "schedule"]
    assert [problem.row for problem in problems][3:6] == [0, 1, 2]
    assert all(problem.fix for problem in problems)
    error = PipelineError(problems, "seven.toml")
    assert error.exit_code == 2
    assert str(error) == "seven.toml has 7 problems"


@pytest.mark.parametrize(
    ("text", "line"),
    [("version = 1\nname =\n", 2), ('version = 1\nname = "x\n', 2), ("[source]\na = 1\n[source]\n", 3), ("a = [", 1)],
)
def test_a_text_that_is_not_toml_has_one_problem_with_its_line(text: str, line: int) -> None:
    (problem,) = parse_pipeline(text).problems
    assert (problem.severity, problem.line) == ("error", line)
    assert "not valid TOML" in problem.what
    assert problem.fix


def test_what_cannot_be_read_is_left_out_and_the_rest_is_kept() -> None:
    parsed = read('frequency = "minute"', 'frequency = "minutes"\nbackfill = 1')
    assert parsed.pipeline.schedule.frequency is None
    assert parsed.pipeline.schedule.interval == 30
    assert parsed.pipeline.source.base_connection == "Sample SFTP"


def test_variables_come_from_the_file_and_are_overridden_from_outside() -> None:
    text = GOOD.replace("/loyalty/*.tsv", "/${folder}/*.tsv").replace("interval = 30", 'interval = "${every}"')
    text += '[vars]\nfolder = "loyalty"\nevery = "45"\n'
    assert parse_pipeline(text).problems == ()
    assert parse_pipeline(text).pipeline.source.path == "/loyalty/*.tsv"
    other = parse_pipeline(text, variables={"folder": "gold"})
    assert other.pipeline.source.path == "/gold/*.tsv"
    assert other.pipeline.schedule.interval == 45
    assert other.pipeline.vars == {"folder": "loyalty", "every": "45"}


def test_a_quoted_column_is_no_variable_unless_that_name_is_declared() -> None:
    assert read('"FirstName"', '"${First Name}"').problems == ()
    assert read('"FirstName"', '"${First}"').pipeline.mapping[0].source == "${First}"
    assert read('"FirstName"', '"${First}"', First="GivenName").pipeline.mapping[0].source == "GivenName"
    assert read('"FirstName"', '"$${First}"', First="GivenName").pipeline.mapping[0].source == "${First}"


def test_a_secret_in_the_variables_is_refused_and_not_told_again_where_it_is_used() -> None:
    parsed = parse_pipeline(GOOD.replace("/loyalty/", "/${sftp_password}/") + '[vars]\nsftp_password = "canary"\n')
    assert [problem.where for problem in parsed.problems] == ["[vars] sftp_password"]
    assert "canary" not in str(parsed.problems)
    assert "canary" not in repr(parsed.pipeline)


def test_a_given_variable_that_nothing_uses_is_a_warning() -> None:
    (problem,) = read(fodler="x").problems
    assert problem.severity == "warning"
    assert "fodler" in problem.what


def test_rows_in_an_inline_array_have_their_own_lines() -> None:
    head, _, tail = GOOD.partition("[[mapping]]")
    rows = "mapping = [\n  {source = 'a', target = 'p.a'},\n  {sorce = 'b', target = 'p.b'},\n]\n"
    text = rows + head + "[schedule]" + tail.partition("[schedule]")[2]
    (problem,) = parse_pipeline(text).problems
    assert (problem.where, problem.line, problem.row) == ("mapping 2: sorce", 3, 1)


def test_a_pipeline_without_a_text_is_checked_without_lines() -> None:
    problems = check_pipeline(Pipeline(name="x"))
    assert problems
    assert {problem.line for problem in problems} == {None}
    assert {problem.section for problem in problems} == {"source", "target", "mapping", "schedule"}


@given(st.text(max_size=80) | st.lists(st.sampled_from(GOOD.splitlines()), max_size=12).map("\n".join))
def test_no_text_at_all_makes_it_raise(text: str) -> None:
    parsed = parse_pipeline(text)
    lines = text.count("\n") + 1
    assert all(problem.line is None or 1 <= problem.line <= lines for problem in parsed.problems)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('[mapping]\nsorce = "a"\n', "[mapping] sorce"),
        ("[mapping.x]\n", "[mapping] x"),
        ('[schema.field]\npaht = "_acme.tier"\n', "[schema.field] paht"),
    ],
)
def test_a_key_of_rows_that_stand_in_single_brackets_is_told_by_its_name(text: str, where: str) -> None:
    assert where in [problem.where for problem in parse_pipeline(text).problems]
