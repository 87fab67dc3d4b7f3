"""A platform in memory for the pipeline editor: real documents and sample files, and services that answer from them.

Documents are parsed and checked by the chain itself; pre-flight here is the document's own check, and a plan only
names its steps. What the platform says is tested where the chain and the local platform are.
"""

from __future__ import annotations

import csv
import shutil
import tempfile
import weakref
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aeptui
from aeptui.chain.document import ParsedPipeline
from aeptui.chain.new_fields import schema_of, usable
from aeptui.chain.pipeline import DatasetChoice, MappingRow, SchemaChoice, Source
from aeptui.chain.problems import Problem
from aeptui.clock import Clock, ManualClock, SeededIds, SystemIds
from aeptui.config import Paths
from aeptui.errors import AeptuiError
from aeptui.models.mapping_sets import MappingSet
from aeptui.models.schemas import flatten_fields, merge_schemas
from aeptui.session import SessionFacts
from aeptui.session.forecast import Forecasts
from aeptui.session.mapping_exchange import MappingExchange
from aeptui.session.mappings import ServiceWord
from aeptui.session.pipelines import Pipelines as KeptPipelines

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
SAMPLES = Path(aeptui.__file__).parent / "emulator" / "samples"
STEPS = ("source_connection", "schema", "dataset", "target_connection", "mapping_set", "flow_spec", "flow")
PROFILE = "https://ns.adobe.com/xdm/context/profile"
_TYPES = {
    "personID": "string",
    "person": "object",
    "person.name": "object",
    "person.name.firstName": "string",
    "person.name.middleName": "string",
    "person.name.lastName": "string",
    "person.name.fullName": "string",
    "person.birthDate": "date",
    "personalEmail.address": "string",
    "mobilePhone.number": "string",
    "homeAddress.city": "string",
    "homeAddress.country": "string",
    "loyalty.joinDate": "date-time",
    "loyalty.tier": "string",
    "loyalty.points": "integer",
    "loyalty.status": "string",
}


@dataclass(frozen=True)
class Field:
    """The face of a schema's field."""

    path: str
    type: str
    required: bool = False
    is_leaf: bool = True
    title: str = ""
    description: str = ""
    item_type: str | None = None
    enum: tuple[str, ...] | None = None
    identity: str | None = None
    is_primary: bool = False


FIELDS = tuple(Field(path, kind, path == "personID", kind != "object") for path, kind in _TYPES.items())


def full_schema(fields: Sequence[Field]) -> dict[str, Any]:
    """The resolved schema that has just these fields."""
    root: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
    for one in fields:
        node = root
        for name in one.path.split(".")[:-1]:
            node = node["properties"].setdefault(name, {"type": "object", "properties": {}})
        name = one.path.rpartition(".")[2]
        node["properties"].setdefault(name, {"type": one.type, "meta:xdmType": one.type})
        if one.type == "object":
            node["properties"][name].setdefault("properties", {})
        if one.required:
            node.setdefault("required", []).append(name)
    return root


@dataclass(frozen=True)
class Named:
    """The face of anything with an id and a name."""

    id: str
    name: str = ""
    title: str = ""
    description: str = ""
    class_id: str = ""


@dataclass(frozen=True)
class Step:
    """The face of a planned step."""

    step: str
    action: str
    name: str
    request: Any
    needs: tuple[str, ...] = ()
    resource_id: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Plan:
    """The face of a plan."""

    steps: tuple[Step, ...]

    def to_text(self) -> str:
        return "\n".join(step.step for step in self.steps)


class Sources:
    """Two base connections that read the sample storage."""

    async def base_connections(self) -> tuple[Named, ...]:
        return (Named("9e2541a0-b143-4d23-a541-a0b143dd2301", "Sample SFTP"), Named("b2", "Sample Amazon S3"))

    async def explore(self, _base_connection_id: str, path: str | None = None) -> tuple[Any, ...]:
        folder = SAMPLES / "storage" / (path or "").strip("/")
        return tuple(
            SimpleNamespace(name=entry.name, path=f"{path or ''}/{entry.name}", is_folder=entry.is_dir())
            for entry in sorted(folder.iterdir())
        )

    async def sniff(self, _base_connection_id: str, path: str) -> Any:
        delimiter = "\t" if path.endswith(".tsv") else ","
        return SimpleNamespace(format="delimited", column_delimiter=delimiter, compression=None, encoding="UTF-8")

    async def sample(self, source: Source) -> Any:
        files = sorted((SAMPLES / "storage").glob(source.path.strip("/")))
        if not files:
            raise AeptuiError(f"There is no file at {source.path}.", "Look into the storage.")
        with files[0].open(encoding="utf-8", errors="replace", newline="") as lines:
            reader = csv.DictReader(lines, delimiter=source.column_delimiter or ",")
            names = list(reader.fieldnames or ())
            rows = tuple({name: row[name] or None for name in names} for row, _ in zip(reader, range(50), strict=False))
        columns = tuple(SimpleNamespace(name=name, type="string") for name in names)
        return SimpleNamespace(columns=columns, rows=rows)


class Schemas:
    """One class, a few field groups, always the same fields; and those that the pipeline declares."""

    def __init__(self, known: tuple[Field, ...] = FIELDS) -> None:
        self.known = known

    async def tenant(self) -> str:
        return "_acme"

    async def fields(self, schema: SchemaChoice, _dataset: DatasetChoice | None = None) -> tuple[Any, ...]:
        return (*self.known, *flatten_fields(schema_of(usable(schema.fields))))

    async def full(self, schema: SchemaChoice, _dataset: DatasetChoice | None = None) -> dict[str, Any]:
        """The same fields as a resolved schema."""
        new = schema_of(usable(schema.fields))
        return merge_schemas([full_schema(self.known), new])

    async def classes(self) -> tuple[Named, ...]:
        event = "https://ns.adobe.com/xdm/context/experienceevent"
        return (Named(PROFILE, title="XDM Individual Profile"), Named(event, title="XDM ExperienceEvent"))

    async def field_groups(self, _class_id: str) -> tuple[Named, ...]:
        return tuple(Named(f"https://ns.adobe.com/xdm/context/group-{number}", title=f"G {number}") for number in "123")

    async def schemas(self) -> tuple[Named, ...]:
        return (Named("https://ns.adobe.com/_local/schemas/1", title="Loyalty"),)

    async def datasets(self) -> tuple[Named, ...]:
        return ()


class Mappings:
    """A mapping service that answers what it was told to, and counts what it was asked."""

    def __init__(self) -> None:
        self.word_of: Callable[[MappingRow, Any], ServiceWord] = lambda _row, _sample: ServiceWord("nothing")
        self.asked: list[MappingRow] = []

    async def word(self, row: MappingRow, sample: Any, _schema: SchemaChoice, _dataset: DatasetChoice) -> ServiceWord:
        self.asked.append(row)
        return self.word_of(row, sample)


class Pipelines(KeptPipelines):
    """The sample pipelines, in a folder of their own: kept as everywhere, but checked and planned in memory."""

    def __init__(self, clock: Clock, left: Path | None = None) -> None:
        folder = Path(tempfile.mkdtemp())
        if left is not None:
            shutil.copytree(left, folder, dirs_exist_ok=True)
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        paths = Paths.from_environment({"AEPTUI_HOME": str(folder)})
        nobody: Any = None
        super().__init__(paths, nobody, clock, SeededIds(), 0)
        self.folder = folder
        self.install({path.stem: path.read_text("utf-8") for path in (SAMPLES / "pipelines").glob("*.toml")})

    def file(self, name: str) -> Path:
        """Where a pipeline is saved."""
        return self.folder / "pipelines" / f"{name}.toml"

    def put_mapping(self, rows: str, declared: str = "") -> None:
        """Let the pipeline `loyalty` have these rows, and declare these fields."""
        text = self.file("loyalty").read_text("utf-8")
        text = text[: text.index("# An attribute is copied")].replace("[dataset]", f"{declared}[dataset]")
        self.file("loyalty").write_text(text + rows, "utf-8")

    async def check(self, parsed: ParsedPipeline) -> tuple[Problem, ...]:
        return parsed.problems

    async def plan(self, parsed: ParsedPipeline) -> Any:
        request = SimpleNamespace(
            method="POST",
            path="/data/foundation/flowservice/flows",
            headers={"Authorization": "Bearer $ACCESS_TOKEN"},
            body={"name": parsed.pipeline.name, "schema": "${schema.id}"},
        )
        return Plan(
            tuple(
                Step(step, "find" if step == "flow_spec" else "create", parsed.pipeline.name, request) for step in STEPS
            )
        )


class Executions:
    """Counts what was started."""

    def __init__(self) -> None:
        self.started: dict[str, ParsedPipeline] = {}

    async def start(self, parsed: ParsedPipeline, *, watch: bool = True) -> Any:
        number = f"20261123-140000-{len(self.started):04x}"
        self.started[number] = parsed
        return SimpleNamespace(id=number)

    def tracking(self, execution: str) -> Any:
        return SimpleNamespace(id=execution) if execution in self.started else None


class Flows:
    """No dataflow is in the way of a new one; one old one is there to be read."""

    async def existing(self, parsed: ParsedPipeline) -> tuple[Any, ...]:
        return ()

    async def list(self) -> tuple[Any, ...]:
        return (SimpleNamespace(flow=SimpleNamespace(id="f1", name="Old flow", created_at=NOW)),)


class PlatformRows:
    """A platform with one mapping set, which one dataflow uses; what is asked of it is what a client is asked."""

    def __init__(self) -> None:
        self.mapping_sets = self.flows = self
        self.set = MappingSet.model_validate(
            {
                "id": "m1",
                "name": "Old set aeptui:20261101-120000-0a1b:mapping_set",
                "version": 3,
                "modifiedDate": 1_793_000_000_000,
                "mappings": [
                    {"sourceType": "text/x.schema-path", "source": "City", "destination": "person.name.middleName"},
                    {"sourceType": "text/x.aep-xl", "source": "lower(City)", "destination": "homeAddress.city"},
                    {"sourceType": "text/x.other", "source": "x", "destination": "y"},
                ],
            }
        )

    async def list(self) -> AsyncIterator[MappingSet]:
        yield self.set

    async def get(self, identifier: str, *, version: int | None = None) -> Any:
        if identifier == "f1":
            return SimpleNamespace(name="Old flow", mapping_set_id="m1", mapping_version=3)
        return self.set


def forecasts_of(session: Any, storage: Path | None) -> Forecasts:
    """Real forecasts over a folder; without one a file has to be named."""
    folder = Path(tempfile.gettempdir()) / "aeptui-stage"
    return Forecasts(cast(Any, None), session.schemas, folder, SystemIds(), session.clock.now, storage)


class StageSession:
    """What the editor asks of a session.

    Args:
        left: A folder as a killed process leaves it, to go on with a copy of it.
    """

    first_start = False
    is_local = True

    async def unfinished(self) -> str:
        return ""

    def __init__(self, left: Path | None = None) -> None:
        self.clock = ManualClock(NOW)
        self.sources = Sources()
        self.schemas = Schemas()
        self.mappings = Mappings()
        self.pipelines = Pipelines(self.clock, left)
        self.executions = Executions()
        self.flows = Flows()
        self.mapping_exchange = MappingExchange(PlatformRows())  # type: ignore[arg-type]  # a face of a client
        self.forecasts = forecasts_of(self, SAMPLES / "storage")

    def describe(self) -> SessionFacts:
        return SessionFacts("local", "LOCAL@AdobeOrg", "prod", False, "connected", "ok")

    def follow(self, changed: Callable[[], None]) -> None:
        """Nothing changes."""

    def ask_for_production(self, ask: object) -> None:
        """Nothing is ever written."""

    def ask_for_secrets(self, ask: object) -> None:
        """Nothing is ever written."""

    async def save_requests(self) -> Path:
        """There are none."""
        return Path()

    async def aclose(self) -> None:
        """Nothing is open."""
