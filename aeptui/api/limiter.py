"""One polite pace for every process of this user that uses the same client id.

The quota belongs to the console project, so two windows and a cron job share it. No document gives a number, and a 429
need not say how long: so nobody is slowed before the first 429; then all are, together, and sped up again as answers
come in. The pace stands in a small file, one per client id; as long as there is none, asking for a turn costs nothing.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from aeptui.clock import Clock

_FIRST_GAP_S = 0.1
_LONGEST_GAP_S = 5.0
_SHORTEST_GAP_S = 0.02
"""Below it the pace is free again."""
_EASE = 0.9
"""What a gap shrinks to with each answer that came through."""
_PAUSE_S = 1.0
"""After a 429 that does not say how long; everybody waits that long at least."""
_LONGEST_PAUSE_S = 60.0
_STALE_S = 600.0
"""A 429 this long ago slows nobody."""


@dataclass(frozen=True)
class Pace:
    """How fast requests may go. Moments are epoch seconds: processes share no other clock."""

    gap_s: float = 0.0
    """Between two requests; 0: free."""
    next_at: float = 0.0
    """When the next one may go."""
    refused_at: float = 0.0
    """When the last 429 came; 0: never."""
    refusals: int = 0

    @property
    def is_free(self) -> bool:
        return self.gap_s == 0.0

    @property
    def words(self) -> str:
        """For the header: empty when nobody is slowed."""
        if self.is_free:
            return ""
        per_s = 1 / self.gap_s
        return f"slowed to {per_s:.0f}/s" if per_s >= 1 else f"slowed to 1 in {self.gap_s:.0f} s"


class Limiter:
    """Hands out turns.

    Args:
        folder: Where the paces of this user's processes are; None keeps the pace in this object.
        client_id: Whose quota it is.
        clock: For moments and waiting.
    """

    def __init__(self, folder: Path | None, client_id: str, clock: Clock) -> None:
        name = hashlib.sha256(client_id.encode()).hexdigest()[:16]
        self._file = folder / f"{name}.json" if folder is not None else None
        self._clock = clock
        self._pace = Pace()

    @property
    def pace(self) -> Pace:
        """As it is now, for all processes."""
        self._look()
        return self._pace

    async def turn(self) -> None:
        """Wait until the next request may go."""
        self._look()
        if self._pace.is_free:
            return
        now = self._now()
        with self._changing():
            at = min(max(now, self._pace.next_at), now + _LONGEST_PAUSE_S)
            self._pace = replace(self._pace, next_at=at + self._pace.gap_s)
        if at > now:
            await self._clock.sleep(at - now)

    def refused(self, retry_after_s: float | None) -> None:
        """A 429 came: everybody pauses, then goes at half the pace."""
        now = self._now()
        pause = min(_LONGEST_PAUSE_S, retry_after_s if retry_after_s is not None else _PAUSE_S)
        with self._changing():
            # Ten requests that were under way together are refused together: that is one refusal, not ten.
            again = now - self._pace.refused_at >= _PAUSE_S
            gap = min(_LONGEST_GAP_S, max(_FIRST_GAP_S, self._pace.gap_s * (2 if again else 1)))
            self._pace = Pace(gap, max(self._pace.next_at, now + pause), now, self._pace.refusals + 1)

    def answered(self) -> None:
        """An answer came through: a little faster again."""
        if self._pace.is_free:
            return
        with self._changing():
            gap = self._pace.gap_s * _EASE
            self._pace = replace(self._pace, gap_s=gap if gap >= _SHORTEST_GAP_S else 0.0)

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _look(self) -> None:
        if self._file is None:
            return
        try:
            self._pace = _read(self._file.read_text("utf-8"), self._now())
        except FileNotFoundError:
            self._pace = Pace()
        except (OSError, UnicodeDecodeError):
            return  # what this process knows still counts

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """Change the pace with no other process between. A folder that cannot be used makes it this process's own."""
        if self._file is None:
            yield
            return
        handle = -1
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
            # Never wait: the holder writes a hundred bytes. Losing one turn of politeness is better than hanging.
            with contextlib.suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            content = os.read(handle, 4096)
            if content:
                self._pace = _read(content.decode("utf-8", "replace"), self._now())
        except OSError:
            self._file = None  # nobody to share with: the pace stays in this process
        try:
            yield
            if handle >= 0:
                with contextlib.suppress(OSError):
                    os.pwrite(handle, (text := json.dumps(asdict(self._pace)).encode()), 0)
                    os.ftruncate(handle, len(text))
                if self._pace.is_free and self._file is not None:
                    with contextlib.suppress(OSError):
                        self._file.unlink()  # free again: the next turn costs nothing
        finally:
            if handle >= 0:
                os.close(handle)


def _read(text: str, now: float) -> Pace:
    """The pace of a file; what is senseless, or of long ago, is none."""
    try:
        raw = json.loads(text)
        pace = Pace(float(raw["gap_s"]), float(raw["next_at"]), float(raw["refused_at"]), int(raw["refusals"]))
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return Pace()
    if not 0 <= pace.gap_s <= _LONGEST_GAP_S or abs(now - pace.refused_at) > _STALE_S:
        return Pace()
    return replace(pace, next_at=min(pace.next_at, now + _LONGEST_PAUSE_S))
