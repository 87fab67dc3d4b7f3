"""Several reads at once, and what a refused read means: a problem of the pipeline, or the end of the check."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from aeptui.api.errors import ResponseError
from aeptui.chain.places import Places
from aeptui.chain.problems import Problem
from aeptui.chain.toml_lines import KeyPath

A = TypeVar("A")
B = TypeVar("B")


async def all_at_once(first: Coroutine[Any, Any, A], second: Coroutine[Any, Any, B]) -> tuple[A, B]:
    """Run two reads together; when one fails the other is stopped before its error is raised."""
    one, other = asyncio.ensure_future(first), asyncio.ensure_future(second)
    try:
        await asyncio.gather(one, other)
    except BaseException:
        for task in (one, other):
            task.cancel()
        await asyncio.gather(one, other, return_exceptions=True)
        raise
    return one.result(), other.result()


def refused(places: Places, path: KeyPath, subject: str, error: ResponseError) -> Problem:
    """The problem of a read that the platform answered with an error."""
    return places.problem(path, f"{subject}: {error.title.rstrip('.')}", error.hint or "See the platform's answer")
