"""The trial of a base connection that was just made: the platform reaches its storage, or says why it cannot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from aeptui.api.errors import ApiError, NotFound
from aeptui.chain.errors import StepFailed
from aeptui.credentials import strike_out
from aeptui.ids import BaseConnectionId, ExecutionId

if TYPE_CHECKING:
    from aeptui.api.client import AepClient
    from aeptui.clock import Clock


async def try_base_connection(
    client: AepClient,
    identifier: str,
    execution: ExecutionId,
    clock: Clock,
    waits: Sequence[float],
    waiting: Callable[[int, float], None],
) -> None:
    """Have it tested, once it can be seen.

    Args:
        waits: How long it may be unknown to the service that has just made it.
        waiting: Is told of each such wait: which, and how long.
    Raises:
        StepFailed: the test is red. The base connection exists, and stays the execution's.
    """
    for attempt, wait_s in enumerate((*waits, 0.0), 1):
        try:
            await client.base_connections.test(BaseConnectionId(identifier))
            return
        except NotFound as error:
            if not wait_s:
                raise _red(identifier, execution, error) from error
        except ApiError as error:
            raise _red(identifier, execution, error) from error
        waiting(attempt, wait_s)
        await clock.sleep(wait_s)


def _red(identifier: str, execution: ExecutionId, error: ApiError) -> StepFailed:
    title = f"The test of the new base connection {identifier} fails: {strike_out(error.title)}"
    hint = f"Mend it on the platform, then `aeptui resume {execution}`; or `aeptui undo {execution}`, and run it anew."
    return StepFailed(title, f"{strike_out(error.hint)} {hint}".strip(), step="base_connection")
