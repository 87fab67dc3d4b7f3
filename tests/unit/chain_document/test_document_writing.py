"""Pipeline files written: the round trip, and what stays of the user's own text."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import aeptui.emulator.samples
from aeptui.chain.document import parse_pipeline, pipeline_to_toml
from aeptui.chain.pipeline import (
    COMPRESSIONS,
    ENCODINGS,
    FORMATS,
    FREQUENCIES,
    SOURCE_TYPES,
    DatasetChoice,
    MappingRow,
    NewField,
    Options,
    Pipeline,
    Schedule,
    SchemaChoice,
    Source,
)

SAMPLES = sorted((Path(aeptui.emulator.samples.__file__).parent / "pipelines").glob("*.toml"))
assert SAMPLES

_words = st.one_of(
    st.sampled_from(
        ["", "a", "${a}", "$${a}", "${First Name}", "${x", "$$", '"', "'", "\\t", "\t", "a\nb", "[x]", "# c", "ü€😀"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
_maybe = st.none() | _words
_zones = st.sampled_from([UTC, timezone(timedelta(hours=-5, minutes=-30)), timezone(timedelta(hours=14))])
_moments = st.integers(0, 32_000_000_000).flatmap(
    lambda seconds: _zones.map(lambda zone: datetime.fromtimestamp(seconds, zone) + timedelta(microseconds=seconds % 7))
)
_pipelines = st.builds(
    Pipeline,
    version=st.integers(0, 9),
    name=_words,
    source=st.builds(
        Source,
        base_connection=_words,
        path=_words,
        type=st.sampled_from(SOURCE_TYPES),
        recursive=st.booleans(),
        format=st.sampled_from(FORMATS),
        column_delimiter=_maybe,
        compression=st.none() | st.sampled_from(COMPRESSIONS),
        encoding=st.none() | st.sampled_from(ENCODINGS),
        stream=_maybe,
        data_type=_maybe,
    ),
    schema_=st.builds(
        SchemaChoice,
        id=_maybe,
        title=_maybe,
        description=_maybe,
        class_=_maybe,
        field_groups=st.lists(_words, max_size=3).map(tuple),
        new_field_group=_maybe,
        fields=st.lists(
            st.builds(NewField, path=_words, type=_words, array=st.booleans(), title=_maybe, description=_maybe),
            max_size=3,
        ).map(tuple),
    ),
    dataset=st.builds(DatasetChoice, id=_maybe, name=_maybe, description=_maybe),
    mapping=st.lists(st.builds(MappingRow, source=_maybe, expression=_maybe, target=_words), max_size=4).map(tuple),
    schedule=st.builds(
        Schedule,
        frequency=st.none() | st.sampled_from(FREQUENCIES),
        interval=st.none() | st.integers(-5, 10_000),
        start=st.none() | _moments,
        backfill=st.none() | st.booleans(),
    ),
    options=st.builds(
        Options,
        error_diagnostics=st.booleans(),
        partial_ingestion_percent=st.none() | st.floats(allow_nan=False, allow_infinity=True),
    ),
    vars=st.dictionaries(st.sampled_from(["a", "day", "First", "x-1"]), _words, max_size=3),
)


@settings(max_examples=150, deadline=None)
@given(_pipelines)
def test_a_pipeline_written_and_read_again_is_the_same(pipeline: Pipeline) -> None:
    assert parse_pipeline(pipeline_to_toml(pipeline)).pipeline == pipeline


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_pipelines, st.sampled_from(SAMPLES) | _pipelines)
def test_a_pipeline_written_into_any_other_file_is_the_same(pipeline: Pipeline, other: Path | Pipeline) -> None:
    previous = other.read_text() if isinstance(other, Path) else pipeline_to_toml(other)
    assert parse_pipeline(pipeline_to_toml(pipeline, previous)).pipeline == pipeline


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_an_unchanged_pipeline_leaves_its_file_as_it_is(sample: Path) -> None:
    text = sample.read_text()
    assert pipeline_to_toml(parse_pipeline(text).pipeline, text) == text


def test_one_changed_value_changes_one_line_and_keeps_its_comment() -> None:
    text = next(path for path in SAMPLES if path.stem == "loyalty").read_text()
    pipeline = parse_pipeline(text).pipeline
    moved = pipeline.model_copy(update={"source": pipeline.source.model_copy(update={"path": "/other/*.tsv"})})
    old, new = text.splitlines(), pipeline_to_toml(moved, text).splitlines()
    changed = [line for before, line in zip(old, new, strict=True) if before != line]
    assert changed == ['path = "/other/*.tsv"     # the glob takes all three files']


def test_mapping_rows_move_and_go_together_with_the_comment_above_them() -> None:
    text = """version = 1
name = "x"

# the first
[[mapping]]
source = "a" # of the shop
target = "p.a"

# the second
[[mapping]]
source = "b"
target = "p.b"

# runs later
[schedule]
frequency = "once"
"""
    pipeline = parse_pipeline(text).pipeline
    first, second = pipeline.mapping
    added = MappingRow(expression='upper("c")', target="p.c")
    swapped = pipeline_to_toml(pipeline.model_copy(update={"mapping": (second, added, first)}), text)
    assert (
        swapped
        == """version = 1
name = "x"

# the second
[[mapping]]
source = "b"
target = "p.b"

[[mapping]]
expression = 'upper("c")'
target = "p.c"

# the first
[[mapping]]
source = "a" # of the shop
target = "p.a"

# runs later
[schedule]
frequency = "once"
"""
    )
    changed = first.model_copy(update={"target": "q.a"})
    removed = pipeline_to_toml(pipeline.model_copy(update={"mapping": (changed,)}), text)
    assert '# the first\n[[mapping]]\nsource = "a" # of the shop\ntarget = "q.a"\n' in removed
    assert "the second" not in removed
    assert "# runs later\n[schedule]" in removed
    none = pipeline_to_toml(pipeline.model_copy(update={"mapping": ()}), text)
    assert "[[mapping]]" not in none
    assert "# runs later\n[schedule]" in none


IN_ARRAYS = """version = 1
# our own words
mapping = [ # all of them
  # who it is
  { source = "a", target = "b" }, # the key
  { expression = "lower(x)", target = "${prefix}.c" }, { "target" = 'd', source="e" },
  # the last words
] # behind it
[vars]
prefix = "_acme"
[schema]
title = "People" # in a table
field = [{ path = "_acme.tier", type = "string" }] # a field
"""


def test_rows_in_an_array_are_edited_without_losing_a_comment_or_a_variable() -> None:
    pipeline = parse_pipeline(IN_ARRAYS).pipeline
    first, second, third = pipeline.mapping
    rows = (first, second.model_copy(update={"expression": "upper(x)"}), third, MappingRow(source="n", target="m"))
    text = pipeline_to_toml(pipeline.model_copy(update={"mapping": rows}), IN_ARRAYS)
    assert parse_pipeline(text).pipeline.mapping == rows
    assert 'target = "${prefix}.c"' in text
    for comment in re.findall("#.*", IN_ARRAYS):
        assert comment in text
    assert "# who it is\n# the key\n[[mapping]]\nsource" in text
    assert 'field = [{ path = "_acme.tier", type = "string" }] # a field\n' in text


def test_rows_in_an_array_are_left_as_they_are_when_something_else_is_edited() -> None:
    pipeline = parse_pipeline(IN_ARRAYS).pipeline
    schema = pipeline.schema_.model_copy(update={"title": "Persons"})
    edited = pipeline_to_toml(pipeline.model_copy(update={"schema_": schema}), IN_ARRAYS)
    assert edited == IN_ARRAYS.replace("People", "Persons")


def test_variables_stay_variables_when_their_value_is_untouched() -> None:
    text = """version = 1
name = "Orders of ${day}"
[vars]
day = "2026-11-23"
[source]
path = "/orders/${day}/*.csv"
"""
    pipeline = parse_pipeline(text).pipeline
    assert pipeline.source.path == "/orders/2026-11-23/*.csv"
    renamed = pipeline_to_toml(pipeline.model_copy(update={"name": "Orders"}), text)
    assert 'name = "Orders"\n' in renamed
    assert 'path = "/orders/${day}/*.csv"' in renamed


def test_a_value_that_could_not_be_read_stays_until_it_is_changed() -> None:
    text = 'version = 1\nname = "x"\n[schedule]\nfrequency = "hourly"\n'
    pipeline = parse_pipeline(text).pipeline
    renamed = pipeline_to_toml(pipeline.model_copy(update={"name": "y"}), text)
    assert 'frequency = "hourly"' in renamed
    mended = pipeline_to_toml(pipeline.model_copy(update={"schedule": Schedule(frequency="hour", interval=1)}), text)
    assert tomllib.loads(mended)["schedule"] == {"frequency": "hour", "interval": 1}


def test_a_credential_is_never_written_back() -> None:
    text = (
        'version = 1\npassword = "canary-1"\n[source]\ns3SecretKey = "canary-2"\n[base_connection]\nhost = "canary-3"\n'
    )
    written = pipeline_to_toml(parse_pipeline(text).pipeline, text)
    assert "canary" not in written


@pytest.mark.parametrize(
    "previous",
    [
        "not = [toml",
        'mapping = [{source = "a", target = "b"}]\nversion = 1',
        "\ufeffversion = 1\r\nname = 'x'\r\n",
        "version = 1",
        "source.path = '/x'\nsource.type = 'file'",
        "[mapping]\nsource = 'x'",
        '[schema]\nfield = [{ path = "_a.b" }, { token = "x" }, 5]\n[source]\nmapping = [1]',
    ],
)
def test_a_file_of_any_kind_can_be_written_over(previous: str) -> None:
    pipeline = Pipeline(
        name="n", mapping=(MappingRow(source="a", target="b.c"), MappingRow(expression="1", target="b"))
    )
    assert parse_pipeline(pipeline_to_toml(pipeline, previous)).pipeline == pipeline
