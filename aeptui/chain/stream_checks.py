"""What is wrong with a source that is a stream: by the document alone, and by the connector's live parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from aeptui.chain.pipeline import FILE_KEYS, STREAM_KEYS, Options, Pipeline, Schedule, Source
from aeptui.chain.places import Places
from aeptui.chain.problems import Problem
from aeptui.models.base import mapping_of

if TYPE_CHECKING:
    from aeptui.models.connections import ConnectionSpec

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def stream_problems(pipeline: Pipeline, places: Places) -> Iterator[Problem]:
    """What the document shows: keys of files, a schedule, options of batches."""
    source = pipeline.source
    plain = Source()
    for key in FILE_KEYS:
        if ("source", key) in places.lines or getattr(source, key) != getattr(plain, key):
            what = f"{key} is for files, and this source is a stream ({next(iter(source.stream_params))})"
            yield places.problem(("source", key), what, "Delete the line")
    for key, value in source.stream_params.items():
        if not value.strip() or _CONTROL.search(value):
            what = f"The {key} is empty, or holds a control character"
            yield places.problem(("source", key), what, "Write it as the stream's owner shows it")
    if ("schedule",) in places.lines or pipeline.schedule != Schedule():
        what = "A stream has no schedule; its dataflow takes each record as it comes"
        yield places.problem(("schedule",), what, "Delete [schedule] and the lines below it")
    if ("options",) in places.lines or pipeline.options != Options():
        what = "The options are for batches of files, and a stream has none"
        yield places.problem(("options",), what, "Delete [options] and the lines below it")


def kind_problem(source: Source, spec: ConnectionSpec, places: Places) -> Problem | None:
    """A stream that is read as files, or files that are read as a stream; None: they fit."""
    is_stream = spec.kind == "streaming"
    if is_stream and not source.is_stream:
        takes = ", ".join(_names(spec))
        fix = f"Write {takes} in place of path and format, or choose a base connection with files"
        return places.problem(("source", "base_connection"), f"{spec.label} is a streaming source", fix)
    if source.is_stream and not is_stream:
        key = next(iter(source.stream_params))
        what = f"{key} is for streams, and {spec.label} has files"
        return places.problem(("source", key), what, "Write path, type and format in its place")
    return None


def live_stream_problems(source: Source, spec: ConnectionSpec, places: Places) -> Iterator[Problem]:
    """What the connector's own JSON Schema says of the parameters."""
    import jsonschema

    given, names = source.stream_params, _names(spec)
    for key in given:
        if names and key not in names:
            what = f"{spec.label} has no {key}"
            yield places.problem(("source", key), what, f"It takes: {', '.join(names)}")
    for one, other in (("topicId", "subscriptionId"), ("topicName", "subscriptionName")):
        if one in given and other not in given and other in names:
            what = f"The {other} is missing; a dataflow reads through a subscription of its own"
            yield places.problem(("source", other), what, f'Write {other} = "..." under [source]')
    try:
        errors = list(jsonschema.Draft7Validator(_schema(spec)).iter_errors(given))
    except (jsonschema.SchemaError, jsonschema.exceptions.UnknownType, TypeError, ValueError):
        return  # a schema that cannot be used is no fault of the pipeline; the platform checks again
    for error in errors:
        key = str(error.absolute_path[-1]) if error.absolute_path else ""
        if error.validator == "required":
            for name in error.validator_value:
                if name not in given and f"'{name}'" in error.message:
                    words = mapping_of(_properties(spec).get(name)).get("enum") or ["..."]
                    what = f"{spec.label} needs {name}"
                    yield places.problem(("source", name), what, f'Write {name} = "{words[0]}" under [source]')
        elif error.validator == "enum":
            what = f"{given.get(key)} is no {key} of {spec.label}"
            yield places.problem(("source", key), what, f"Write one of: {', '.join(map(str, error.validator_value))}")
        elif error.validator != "additionalProperties":
            path = ("source", key) if key in STREAM_KEYS else ("source",)
            yield places.problem(path, f"{spec.label} refuses it: {error.message}", "Change it as the connector says")


def _schema(spec: ConnectionSpec) -> dict[str, Any]:
    return dict(mapping_of(mapping_of(spec.source_spec).get("spec")))


def _properties(spec: ConnectionSpec) -> dict[str, Any]:
    return dict(mapping_of(_schema(spec).get("properties")))


def _names(spec: ConnectionSpec) -> list[str]:
    """The parameters that the connector takes and a pipeline can say."""
    return [name for name in _properties(spec) if name in STREAM_KEYS]
