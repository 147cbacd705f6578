"""Time, so that a test can make a day pass in a moment."""

from __future__ import annotations

import asyncio
import time
import typing as t


class Clock(t.Protocol):
    """What tells the time and waits."""

    def now(self) -> float:
        """Return seconds since 1970."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's own."""

    def now(self) -> float:
        """Return seconds since 1970."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
