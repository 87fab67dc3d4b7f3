"""The user's document as data: what to read, where to write it, how to map it and when.

Every field has a default, because a draft is incomplete for most of its life. Nothing here judges whether a pipeline
is any good: `document.check_pipeline` does so without I/O, `preflight` with it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from aeptui.models.connections import FileFormat

VERSION: Final = 1
"""The only version of the document there is."""

SourceType = Literal["file", "folder"]
FormatName = Literal["delimited", "json", "parquet"]
Compression = Literal["bzip2", "gzip", "deflate", "zipDeflate", "tarGzip", "tar"]
Encoding = Literal["UTF-8", "ISO-8859-1"]
Frequency = Literal["once", "minute", "hour", "day", "week"]

SOURCE_TYPES: Final[tuple[str, ...]] = get_args(SourceType)
FORMATS: Final[tuple[str, ...]] = get_args(FormatName)
COMPRESSIONS: Final[tuple[str, ...]] = get_args(Compression)
ENCODINGS: Final[tuple[str, ...]] = get_args(Encoding)
FREQUENCIES: Final[tuple[str, ...]] = get_args(Frequency)
FIELD_TYPES: Final = ("string", "boolean", "integer", "long", "short", "byte", "number", "date", "date-time")
"""What a new field can hold, in XDM's words. Objects come of themselves: they are what stands above a field."""
STREAM_KEYS: Final = (
    "stream",
    "eventHubName",
    "consumerGroup",
    "topicId",
    "topicName",
    "subscriptionId",
    "subscriptionName",
    "dataType",
    "reset",
)
"""What a streaming source says of itself, in the words of the connectors' own source parameters."""
FILE_KEYS: Final = ("path", "type", "recursive", "format", "column_delimiter", "compression", "encoding")
"""What a source of files says."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Source(_Part):
    """The files to read and how, or the stream; or a source connection that says all of it (`id`)."""

    id: str | None = None
    """Of a source connection that is used as it is; nothing else is said then."""
    base_connection: str = ""
    """Its id, or the name of exactly one base connection; `Data Landing Zone` for what needs none."""
    path: str = ""
    """A file, a folder, or a pattern with `*` in its last segments."""
    type: SourceType = "folder"
    recursive: bool = False
    """Sub-folders too; only for a folder."""
    format: FormatName = "delimited"
    column_delimiter: str | None = None
    """One character; None is a comma. Only for delimited files."""
    compression: Compression | None = None
    encoding: Encoding | None = None
    """Only for delimited files."""
    stream: str | None = None
    """Of Kinesis. This and what follows is for streams only."""
    event_hub_name: str | None = Field(default=None, alias="eventHubName")
    consumer_group: str | None = Field(default=None, alias="consumerGroup")
    topic_id: str | None = Field(default=None, alias="topicId")
    topic_name: str | None = Field(default=None, alias="topicName")
    subscription_id: str | None = Field(default=None, alias="subscriptionId")
    subscription_name: str | None = Field(default=None, alias="subscriptionName")
    data_type: str | None = Field(default=None, alias="dataType")
    """raw or xdm."""
    reset: str | None = None
    """latest or earliest."""

    @property
    def stream_params(self) -> dict[str, str]:
        """The parameters of a streaming source connection; empty for files."""
        given = self.model_dump(by_alias=True)
        return {key: given[key] for key in STREAM_KEYS if given[key] is not None}

    @property
    def is_stream(self) -> bool:
        """Whether records are taken as they come, and there are no files."""
        return bool(self.stream_params)

    @property
    def needs_mapping(self) -> bool:
        """Records of a stream that are XDM already need none."""
        return self.data_type != "xdm"

    @property
    def file_format(self) -> FileFormat:
        """How explore and the source connection name this format."""
        from aeptui.models.connections import FileFormat

        return FileFormat(
            format=self.format,
            column_delimiter=self.column_delimiter,
            compression=self.compression,
            encoding=self.encoding,
        )


class NewBaseConnection(_Part):
    """A base connection that is made with the dataflow. Its secrets are named, and stand nowhere in the document."""

    name: str = ""
    connector: str = ""
    """Its name, the name of its connection spec, or that spec's id."""
    auth: str = ""
    """The name of the auth spec."""
    params: dict[str, str | int | float | bool] = Field(default_factory=dict)
    secrets: dict[str, str] = Field(default_factory=dict)
    """Parameter to the name of the secret that belongs there."""


class NewField(_Part):
    """A field of the organisation's own that is made with the schema."""

    path: str = ""
    """As a mapping's target writes it, `_acme.loyalty.tier`: the tenant's namespace first, `[*]` behind an array."""
    type: str = ""
    """One of `FIELD_TYPES`; of an array the type of its items."""
    array: bool = False
    """Many values of the type rather than one."""
    title: str | None = None
    description: str | None = None


class SchemaChoice(_Part):
    """A schema that exists (`id`), or a new one (everything else)."""

    id: str | None = None
    title: str | None = None
    description: str | None = None
    class_: str | None = Field(default=None, alias="class")
    field_groups: tuple[str, ...] = ()
    new_field_group: str | None = None
    """The title of the field group that holds the new fields; None: the schema's with a word behind it."""
    fields: tuple[NewField, ...] = Field(default=(), alias="field")
    """New fields, which go into one new field group."""

    @property
    def new_field_group_title(self) -> str:
        """What the field group of the new fields is called."""
        return self.new_field_group or f"{self.title or 'Own'} fields"

    @property
    def is_new(self) -> bool:
        """Whether a schema has to be created."""
        return self.id is None


class DatasetChoice(_Part):
    """A dataset that exists (`id`), or a new one (everything else)."""

    id: str | None = None
    name: str | None = None
    description: str | None = None

    @property
    def is_new(self) -> bool:
        """Whether a dataset has to be created."""
        return self.id is None


class MappingSetChoice(_Part):
    """A mapping set that exists; without an id one is made of the mapping rows."""

    id: str | None = None
    version: int | None = None
    """None: the newest."""


class MappingRow(_Part):
    """One mapping: a copied attribute (`source`) or a calculated field (`expression`), never both."""

    source: str | None = None
    expression: str | None = None
    target: str = ""


class Schedule(_Part):
    """When the flow runs. `frequency` None means that nobody has chosen yet."""

    frequency: Frequency | None = None
    interval: int | None = None
    """In units of the frequency; None for `once`."""
    start: datetime | None = None
    """None: as soon as possible."""
    backfill: bool | None = None
    """Whether the first run takes the files that are there already; None for `once`."""


class Options(_Part):
    """What happens to bad rows."""

    error_diagnostics: bool = True
    partial_ingestion_percent: float | None = None
    """Above this share of bad rows a batch fails; None leaves it to the platform."""


class Pipeline(_Part):
    """One pipeline file."""

    version: int = VERSION
    name: str = ""
    base_connection: NewBaseConnection | None = None
    """None: the source names one that exists."""
    source: Source = Source()
    schema_: SchemaChoice = Field(default=SchemaChoice(), alias="schema")
    dataset: DatasetChoice = DatasetChoice()
    mapping_set: MappingSetChoice = MappingSetChoice()
    mapping: tuple[MappingRow, ...] = ()
    schedule: Schedule = Schedule()
    options: Options = Options()
    vars: dict[str, str] = Field(default_factory=dict)
    """What `[vars]` declares; values of the other parts have been filled in from it."""

    @property
    def account(self) -> str:
        """The name or id of the base connection, be it declared here or there already."""
        declared = self.base_connection
        return self.source.base_connection or (declared.name if declared is not None else "")


def new_pipeline(name: str, source: Source | None = None) -> Pipeline:
    """A pipeline to begin with: it makes a schema and a dataset of its own, and runs once."""
    return Pipeline(
        name=name,
        source=source or Source(),
        schema=SchemaChoice(title=name),
        dataset=DatasetChoice(name=name),
        schedule=Schedule(frequency="once"),
    )
