"""A limit for calls that may never return. The thread is left behind: a daemon thread holds up nothing at exit."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import NoReturn, TypeVar

T = TypeVar("T")


def within(limit_s: float, call: Callable[[], T]) -> T:
    """What `call` returns or raises, in a thread of its own.

    Raises:
        TimeoutError: it took longer; it goes on, and nobody looks at its outcome.
    """
    outcomes: queue.SimpleQueue[Callable[[], T]] = queue.SimpleQueue()

    def run() -> None:
        try:
            value = call()
        except Exception as error:  # noqa: BLE001 - handed to the caller's thread, whatever it is
            failure = error

            def fail() -> NoReturn:
                raise failure

            outcomes.put(fail)
        else:
            outcomes.put(lambda: value)

    threading.Thread(target=run, name="keyring", daemon=True).start()
    try:
        outcome = outcomes.get(timeout=limit_s)
    except queue.Empty:
        raise TimeoutError(f"no answer within {limit_s:g} s") from None
    return outcome()
