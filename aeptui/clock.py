"""Time and chance as inputs: the only module that reads the wall clock or makes random ids.

Everything else takes a `Clock` and an `IdSource`, so that a test decides what time it is and which ids appear.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What time it is, and waiting."""

    def now(self) -> datetime:
        """Now, timezone-aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards, for durations."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ManualClock:
    """A clock that stands still until it is advanced; sleeping advances it."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
        self._origin = self._now

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return (self._now - self._origin).total_seconds()

    def advance(self, seconds: float) -> None:
        """Move time forward."""
        self._now += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(0)


class IdSource(Protocol):
    """Where new ids come from."""

    def uuid(self) -> str:
        """A lower-case UUID, as Flow Service ids are."""
        ...

    def hex(self, digits: int) -> str:
        """That many lower-case hexadecimal digits (24 for a dataset, 32 for a mapping set)."""
        ...


class SystemIds:
    """Ids nobody can guess."""

    def uuid(self) -> str:
        return str(uuid.uuid4())

    def hex(self, digits: int) -> str:
        return secrets.token_hex((digits + 1) // 2)[:digits]


class SeededIds:
    """The same ids in the same order each time, for tests and screenshots."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def hex(self, digits: int) -> str:
        return "".join(self._random.choice("0123456789abcdef") for _ in range(digits))
