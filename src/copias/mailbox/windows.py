"""Doing many things at once and taking their results in order."""

from __future__ import annotations

import asyncio
import typing as t
from collections import deque

if t.TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

Key = t.TypeVar("Key")
Result = t.TypeVar("Result")


async def in_order(
    keys: Iterable[Key], work: Callable[[Key], Awaitable[Result]], *, at_once: int
) -> AsyncIterator[Result]:
    """Yield what ``work`` returns for each key, in the order of the keys, while others are under way.

    Results come in order so that what is written from them depends on the source only, not on which answer was quicker:
    a mirror made after a crash is equal, byte for byte, to one made without.

    Args:
        keys: read as they are needed.
        work: what is done with one; what it raises is raised here, and the rest is cancelled.
        at_once: under way or waiting for their turn.
    """
    waiting: deque[asyncio.Future[Result]] = deque()
    try:
        for key in keys:
            waiting.append(asyncio.ensure_future(work(key)))
            if len(waiting) >= at_once:
                yield await waiting.popleft()
        while waiting:
            yield await waiting.popleft()
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
