"""Which failed attempt is made again, and when: a pure decision.

| call                       | no answer                | 429                  | 500 502 503 504 | 401             |
| -------------------------- | ------------------------ | -------------------- | --------------- | --------------- |
| GET, HEAD, harmless POST   | again                    | again, when it says  | again           | once, new token |
| DELETE (a 404 is "done")   | again                    | again, when it says  | again           | once, new token |
| POST, PUT, PATCH           | only if nothing was sent | again: it was refused| stop: in doubt  | once, new token |

At most four attempts, with capped exponential backoff and jitter. Every other answer stops at once. "In doubt" is an
error with `maybe_applied`: the caller looks for what it may have made, and never sends it blindly again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MOST_ATTEMPTS = 4
_FIRST_S = 0.5
_LONGEST_S = 20.0
_LONGEST_WAIT_ASKED_S = 60.0
_SERVER_TROUBLE = frozenset({500, 502, 503, 504})


@dataclass(frozen=True)
class Outcome:
    """How an attempt failed."""

    status: int | None = None
    """None: no answer, or only half of one."""
    was_sent: bool = True
    """Whether any of the request can have reached the server."""
    retry_after_s: float | None = None


def delay_before_retry(
    outcome: Outcome, attempt: int, chance: Callable[[], float], *, repeatable: bool
) -> float | None:
    """Seconds to wait before the next attempt; None: stop.

    Args:
        attempt: Of the attempt that failed, from 1.
        chance: A number from 0 to 1, so that many clients do not come back at once.
        repeatable: A read or a DELETE: twice is as good as once.
    """
    if attempt >= MOST_ATTEMPTS:
        return None
    if outcome.status is None:
        again = repeatable or not outcome.was_sent
    elif outcome.status == 429:
        again = True
    else:
        again = repeatable and outcome.status in _SERVER_TROUBLE
    if not again:
        return None
    backoff: float = min(_LONGEST_S, _FIRST_S * 2 ** (attempt - 1)) * (0.5 + chance() / 2)
    if outcome.retry_after_s is not None:
        # Waiting longer than this looks like hanging; the error then says how long.
        return max(outcome.retry_after_s, backoff) if outcome.retry_after_s <= _LONGEST_WAIT_ASKED_S else None
    return backoff
