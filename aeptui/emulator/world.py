"""What every service of one platform shares: its store, its time, its ids, its names. No behaviour of any service."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aeptui.clock import Clock, IdSource
from aeptui.emulator.store import Document, Store

ORG_ID: Final = "LOCAL0000000000000000@AdobeOrg"
CLIENT_ID: Final = "local-client"
TENANT_ID: Final = "acme"
_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class PlatformTime:
    """The platform's time: the clock, running `speed` times as fast since the platform was opened.

    It never starts before what the store already knows, so that a platform that ran fast does not fall back.
    """

    def __init__(self, clock: Clock, speed: float = 1.0, *, not_before_ms: int = 0) -> None:
        self._clock = clock
        self._speed = speed
        self._real_origin = clock.now().timestamp()
        self._origin = max(self._real_origin, not_before_ms / 1000) if speed != 1.0 else self._real_origin

    def now(self) -> float:
        """Epoch seconds on the platform."""
        return self._origin + (self._clock.now().timestamp() - self._real_origin) * self._speed

    def now_ms(self) -> int:
        """Epoch milliseconds on the platform."""
        return int(self.now() * 1000)

    def real_now(self) -> float:
        """Epoch seconds outside."""
        return self._clock.now().timestamp()

    def real(self, platform_s: float) -> float:
        """When a platform time is outside, epoch seconds: file times are compared with this."""
        return self._real_origin + (platform_s - self._origin) / self._speed

    def seconds_until(self, platform_s: float) -> float:
        """How long to wait, outside, for a platform time; never negative."""
        return max(0.0, self.real(platform_s) - self.real_now())


@dataclass
class World:
    """One platform's shared state."""

    folder: Path
    storage: Path
    store: Store
    time: PlatformTime
    ids: IdSource
    client_secret: str = field(repr=False)
    requests: itertools.count[int] = field(default_factory=lambda: itertools.count(1), repr=False)

    def etag(self) -> str:
        """A new etag; its value contains the quotes."""
        stamp = f"{int(self.time.now()) & 0xFFFFFFFF:08x}"
        return f'"{self.ids.hex(8)}-0000-0200-0000-{stamp}0000"'

    def batch_id(self) -> str:
        """A new batch id: 26 characters, ordered by time."""
        stamp, chance = self.time.now_ms(), int(self.ids.hex(20), 16)
        number = (stamp << 80) | chance
        return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))

    def stamped(self, sandbox: str) -> Document:
        """The fields that every Flow Service resource starts with."""
        now = self.time.now_ms()
        return {
            "createdAt": now,
            "updatedAt": now,
            "createdBy": CLIENT_ID,
            "updatedBy": CLIENT_ID,
            "createdClient": CLIENT_ID,
            "updatedClient": CLIENT_ID,
            "sandboxId": sandbox_id(sandbox),
            "sandboxName": sandbox,
            "imsOrgId": ORG_ID,
        }

    def dataset_folder(self, dataset: str, batch: str = "") -> Path:
        """Where a dataset's (or one batch's) files are."""
        folder = self.folder / "datasets" / dataset
        return folder / batch if batch else folder


def sandbox_id(name: str) -> str:
    """The fixed id of a sandbox."""
    from uuid import NAMESPACE_URL, uuid5

    return str(uuid5(NAMESPACE_URL, f"aeptui/sandbox/{name}"))
