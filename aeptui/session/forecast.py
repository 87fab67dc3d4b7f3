"""What a mapping would lose, before anything runs: ingestion's own code, over the whole input or over sample rows.

The input is the storage of the local platform, or a file at hand. It is read in a process of its own, streaming, and
nothing is written. What is told equals what a run on the local platform then reports.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aeptui.chain.mapping_rows import rule_of
from aeptui.errors import AeptuiError, ConfigError, ExitCode
from aeptui.session.losses import Forecast, read_forecast
from aeptui.session.preview import Preview, usable

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.chain.pipeline import MappingRow, Pipeline, Source
    from aeptui.clock import IdSource
    from aeptui.session.schemas import Schemas

Document = dict[str, Any]


class ForecastError(AeptuiError):
    """It could not be forecast; when the files are at fault, a run would fail as well."""

    exit_code = ExitCode.FLOW_RUN_FAILED


@dataclass(frozen=True)
class ForecastProgress:
    """How far a forecast is."""

    rows: int = 0
    files_done: int = 0
    files: int = 0
    share: float = 0.0
    """Of the bytes of all files, from 0 to 1."""


class Forecasts:
    """Tells what mappings would lose.

    Args:
        folder: For the job of the process, while it runs.
        now: What `now()` answers in expressions.
        storage: What the local platform reads; None: the profile is another one's, whose files are out of reach.
    """

    def __init__(
        self,
        client: AepClient,
        schemas: Schemas,
        folder: Path,
        ids: IdSource,
        now: Callable[[], datetime],
        storage: Path | None,
    ) -> None:
        self._client = client
        self._schemas = schemas
        self._folder = folder
        self._ids = ids
        self._now = now
        self._storage = storage

    @property
    def has_storage(self) -> bool:
        """Whether the pipeline's own files are at hand; else a file has to be named."""
        return self._storage is not None

    async def preview(self, pipeline: Pipeline, sample: Sequence[Mapping[str, Any]]) -> Preview:
        """What becomes of sample rows, with everything compiled and nothing judged yet.

        Raises:
            ConfigError: no schema is chosen.
            ApiError: it cannot be read.
        """
        schema = await self._schemas.full(pipeline.schema_, pipeline.dataset)
        pipeline = await self._reused(pipeline)
        only_text = pipeline.source.format == "delimited"
        return await asyncio.to_thread(Preview, pipeline.mapping, schema, self._now(), sample, only_text=only_text)

    async def run(
        self, pipeline: Pipeline, told: Callable[[ForecastProgress], None], file: Path | None = None
    ) -> Forecast:
        """Run the whole input; cancelling ends the process.

        Args:
            told: Gets the progress, some times a second.
            file: Of the same shape, run instead of the pipeline's own files: a file, a folder, or a pattern with `*`.
        Raises:
            ConfigError: there is nothing to run; says what is missing.
            ForecastError: the files cannot be read to their end, or the process ended without a result.
            ApiError: the schema cannot be read.
        """
        from aeptui.emulator.ingest.process import JobFailed, ingest

        _require_pyarrow()
        pipeline = await self._reused(pipeline)
        job = self._input(pipeline.source, file)
        schema = await self._schemas.full(pipeline.schema_, pipeline.dataset)
        rows = await asyncio.to_thread(usable, pipeline.mapping, schema)
        if not rows:
            what = "Every mapping row has a mistake." if pipeline.mapping else "Nothing is mapped yet."
            raise ConfigError(what, "Mend one, or map a field: then its rows can be run.")
        job |= {
            "mappings": [_as_json(row) for row in rows],
            "schema": schema,
            "output": None,
            "now": self._now().timestamp(),
            "partial_ingestion_percent": pipeline.options.partial_ingestion_percent,
        }

        def report(progress: Document) -> None:
            told(_progress(progress))

        try:
            result = await ingest(self._folder, self._ids.hex(16), job, report)
        except (JobFailed, OSError) as error:
            raise ForecastError(f"The forecast ended early: {error}.", "Run it again.") from error
        if result["copy_error"]:
            message = str(result["copy_error"]["message"])
            raise ForecastError(
                message, "A run would fail here too, and ingest nothing. Mend the file, then try again."
            )
        left_out = len(pipeline.mapping) - len(rows)
        source = str(file or pipeline.source.path)
        return await asyncio.to_thread(read_forecast, source, rows, result, left_out, is_own_file=file is not None)

    async def _reused(self, pipeline: Pipeline) -> Pipeline:
        """The pipeline with the source connection and the mapping set that it names by their ids read into it."""
        source_id, set_id = pipeline.source.id, pipeline.mapping_set.id
        if source_id:
            from aeptui.chain.export import source_of_connection

            found = await self._client.source_connections.get(source_id)
            pipeline = pipeline.model_copy(update={"source": source_of_connection(found, "", [])})
        if set_id:
            from aeptui.chain.export import rows_of_mapping_set

            mapping_set = await self._client.mapping_sets.get(set_id, version=pipeline.mapping_set.version)
            pipeline = pipeline.model_copy(update={"mapping": rows_of_mapping_set(mapping_set)})
        return pipeline

    def _input(self, source: Source, file: Path | None) -> Document:
        """The part of the job that says what is read."""
        if source.is_stream:
            raise ConfigError(
                "A stream has no files that could be run.", "Its records are seen when its dataflow runs."
            )
        job: Document = {
            "format": source.format,
            "column_delimiter": source.column_delimiter,
            "compression": source.compression,
            "encoding": source.encoding,
            "recursive": source.recursive,
        }
        if file is not None:
            return job | _own_file(file)
        if self._storage is None:
            raise ConfigError(
                "The files of this profile are not on this machine.",
                "Name a local file of the same shape, with --input.",
            )
        if not source.path:
            raise ConfigError("The source has no path yet.", "Choose one in the section Source.")
        return job | {"storage": str(self._storage), "path": source.path, "type": source.type}


def _as_json(row: MappingRow) -> Document:
    rule = rule_of(row)
    return {"sourceType": rule.source_type, "source": rule.source, "destination": rule.destination}


def _own_file(file: Path) -> Document:
    """A local file, folder or pattern as a storage of its own."""
    file = file.expanduser()
    parts = file.absolute().parts
    fixed = next((at for at, part in enumerate(parts) if "*" in part), None)
    if fixed is not None:
        return {"storage": str(Path(*parts[:fixed])), "path": "/" + "/".join(parts[fixed:]), "type": "folder"}
    try:
        file = file.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"{file} cannot be read: {why}.", "Name a file that is there.") from error
    if file.is_dir():
        return {"storage": str(file), "path": "/", "type": "folder"}
    return {"storage": str(file.parent), "path": f"/{file.name}", "type": "file"}


def _require_pyarrow() -> None:
    from importlib.util import find_spec

    if find_spec("pyarrow") is None:
        raise ConfigError(
            "A forecast runs ingestion's own code, which needs pyarrow; this installation does not have it.",
            "Install it with its extra: pip install 'aeptui[local]'.",
        )


def _progress(told: Document) -> ForecastProgress:
    share = told["bytes"] / told["bytes_in_all"] if told["bytes_in_all"] else 0.0
    return ForecastProgress(told["rows"], told["files_done"], told["files"], min(1.0, share))
