"""Memory is bounded by the bytes of answers in flight, not by their number: one message may be a thousand others."""

from __future__ import annotations

import typing as t
from asyncio import get_running_loop
from collections import deque
from contextlib import asynccontextmanager

if t.TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import AsyncIterator

    import aiohttp

IN_FLIGHT: t.Final = 16 * 2**20
"""Bytes of answers that are read and worked on at a time; a larger answer has them all for itself."""
UNKNOWN: t.Final = 2**18
"""Bytes reserved for an answer that does not say its length."""


class ByteRoom:
    """A number of bytes, given out in the order of asking.

    Args:
        size: how many there are.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._free = size
        self._waiting: deque[tuple[int, Future[None]]] = deque()

    async def reserve(self, amount: int) -> int:
        """Wait for so many bytes, all of the room at most; return how many they are."""
        amount = min(amount, self.size)
        if not self._waiting and amount <= self._free:
            self._free -= amount
            return amount
        turn: Future[None] = get_running_loop().create_future()
        self._waiting.append((amount, turn))
        try:
            await turn
        except BaseException:
            self._leave(amount, turn)
            raise
        return amount

    def release(self, amount: int) -> None:
        """Give bytes back."""
        self._free += amount
        while self._waiting and self._waiting[0][0] <= self._free:
            wanted, turn = self._waiting.popleft()
            if not turn.done():
                self._free -= wanted
                turn.set_result(None)

    def _leave(self, amount: int, turn: Future[None]) -> None:
        """Undo the reservation of a task that was cancelled, whether it had got its turn or not."""
        if turn.done() and not turn.cancelled():
            self.release(amount)
            return
        self._waiting = deque(entry for entry in self._waiting if entry[1] is not turn)
        self.release(0)


class Bodies:
    """Reads the bodies of answers.

    Args:
        size: bytes in flight.
    """

    def __init__(self, size: int = IN_FLIGHT) -> None:
        self._room = ByteRoom(size)

    @asynccontextmanager
    async def receive(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        """Read a body and hold its place until the block ends.

        Raises:
            aiohttp.ClientError: it was cut.
        """
        held = await self._room.reserve(_expected(response))
        try:
            parts: list[bytes] = []
            length = 0
            async for part in response.content.iter_any():
                parts.append(part)
                length += len(part)
                if held < min(length, self._room.size):
                    # Give back before asking for more: two that grow never wait for one another.
                    self._room.release(held)
                    held = 0
                    held = await self._room.reserve(4 * length)
            body = parts[0] if len(parts) == 1 else b"".join(parts)
            parts.clear()
            yield body
        finally:
            self._room.release(held)


def _expected(response: aiohttp.ClientResponse) -> int:
    packed = "Content-Encoding" in response.headers
    return UNKNOWN if packed or response.content_length is None else response.content_length
