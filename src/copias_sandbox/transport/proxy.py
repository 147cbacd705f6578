"""A CONNECT proxy: what is meant for Google goes to the sandbox's TLS port, all else is refused.

With it third-party clients run unmodified, without root and without a hosts file.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import typing as t

from copias_sandbox.transport.http import LOOPBACK

GOOGLE_HOST: t.Final = re.compile(r"(?:[a-z0-9.-]+\.)?googleapis\.com|docs\.google\.com|accounts\.google\.com")
_CONNECT = re.compile(rb"CONNECT ([A-Za-z0-9.-]+):(\d+) HTTP/1\.[01]\r\n")


class ConnectProxy:
    """Listens for CONNECT requests.

    Args:
        target: the port that stands for Google.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def open(self, port: int = 0) -> None:
        """Listen; on ``port`` when it is free, else on any."""
        try:
            self._server = await asyncio.start_server(self._accept, LOOPBACK, port)
        except OSError:
            self._server = await asyncio.start_server(self._accept, LOOPBACK, 0)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Close the port and all tunnels."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await self._serve(reader, writer)
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        found = _CONNECT.match(head)
        if not found or not GOOGLE_HOST.fullmatch(found[1].decode().lower()) or found[2] != b"443":
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        far_reader, far_writer = await asyncio.open_connection(LOOPBACK, self._target)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        finally:
            far_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes one way until the end, then end the other side too."""
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    writer.close()
