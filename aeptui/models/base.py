"""What every model shares: tolerant entities, strict bodies, and the platform's two ways to write a moment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

Json: TypeAlias = Any
"""Raw JSON: for display, and for the parts of a body that a connector decides."""

_SECONDS_BELOW = 10**11
"""A number below it is an epoch in seconds, whatever the field promises: services mix the two up."""


class Entity(BaseModel):
    """Something a service sent. Frozen; fields nobody documented are kept, and nearly everything may be missing."""

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True, alias_generator=to_camel)


class CreateBody(BaseModel):
    """The body of a create. A field that is not part of it is a bug."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, alias_generator=to_camel)

    def to_wire(self) -> dict[str, Json]:
        """The body as it is sent: Adobe's spelling, nothing that is None."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class Ref(Entity):
    """What a create or an update answers."""

    id: str
    etag: str | None = Field(default=None, validation_alias=AliasChoices("etag", "eTag"))
    """With its embedded quotes, as `If-Match` wants it back."""


class SpecRef(CreateBody):
    """Names a connection spec or flow spec in a body."""

    id: str
    version: str | None = "1.0"


def read_epoch(value: Any) -> Any:
    """A moment from milliseconds, seconds, a number in a string, or ISO text; 0, -1 and empty are unknown."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return value or None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if value <= 0:
        return None
    seconds = value if value < _SECONDS_BELOW else value / 1000
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def read_count(value: Any) -> Any:
    """A count; -1 and whatever is no number are unknown, which is not 0."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        return None
    return int(value)


def mapping_of(value: Any) -> Mapping[str, Any]:
    """The value when it is an object, else an empty one: real answers leave whole objects out."""
    return value if isinstance(value, Mapping) else {}


def items_of(value: Any) -> tuple[Any, ...]:
    """The value when it is an array, else an empty one."""
    return tuple(value) if isinstance(value, list | tuple) else ()


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _seconds(moment: datetime) -> int:
    return round(moment.timestamp())


EpochMillis = Annotated[
    datetime, BeforeValidator(read_epoch), PlainSerializer(_milliseconds, return_type=int, when_used="json")
]
"""An aware moment that is milliseconds on the wire."""

EpochSeconds = Annotated[
    datetime, BeforeValidator(read_epoch), PlainSerializer(_seconds, return_type=int, when_used="json")
]
"""An aware moment that is seconds on the wire."""

MaybeMillis = Annotated[datetime | None, BeforeValidator(read_epoch)]
MaybeCount = Annotated[int | None, BeforeValidator(read_count)]
