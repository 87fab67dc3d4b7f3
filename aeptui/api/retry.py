"""Which failed attempt is made again, and when: a pure decision.

| verb            | no answer                        | 429                  | 500 502 503 504 | other |
| --------------- | -------------------------------- | -------------------- | --------------- | ----- |
| GET             | again, at most 4 attempts        | again, when it says  | again           | stop  |
| POST PUT PATCH  | only if nothing was sent         | again: it was refused| stop: in doubt  | stop  |
| DELETE          | only if nothing was sent         | again                | stop: in doubt  | stop  |
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
    """None: no answer."""
    was_sent: bool = True
    """Whether any of the request can have reached the server."""
    retry_after_s: float | None = None


def delay_before_retry(method: str, outcome: Outcome, attempt: int, chance: Callable[[], float]) -> float | None:
    """Seconds to wait before the next attempt; None: stop.

    Args:
        attempt: Of the attempt that failed, from 1.
        chance: A number from 0 to 1, so that many clients do not come back at once.
    """
    if attempt >= MOST_ATTEMPTS:
        return None
    if outcome.status is None:
        again = method == "GET" or not outcome.was_sent
    elif outcome.status == 429:
        again = True
    else:
        again = method == "GET" and outcome.status in _SERVER_TROUBLE
    if not again:
        return None
    backoff: float = min(_LONGEST_S, _FIRST_S * 2 ** (attempt - 1)) * (0.5 + chance() / 2)
    if outcome.retry_after_s is not None:
        # Waiting longer than this looks like hanging; the error then says how long.
        return max(outcome.retry_after_s, backoff) if outcome.retry_after_s <= _LONGEST_WAIT_ASKED_S else None
    return backoff
