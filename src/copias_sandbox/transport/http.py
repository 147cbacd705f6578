"""Carries requests from aiohttp to ``dispatch`` and answers back, broken ones included."""

from __future__ import annotations

import asyncio
import socket
import struct
import tempfile
import typing as t
from pathlib import Path
from ssl import SSLContext

from aiohttp import ClientPayloadError, web

from copias.files import make_private_directory
from copias_sandbox.core.answer import Answer, Delivery
from copias_sandbox.core.dispatch import Google, Request

LOOPBACK: t.Final = "127.0.0.1"
LARGEST_IN_MEMORY: t.Final = 32 * 2**20
"""Bytes of a request's body; what is larger, or does not say how large it is, waits in a file."""


class GooglePort:
    """One port on which Google is heard.

    Args:
        google: what answers.
        tls: the context of the TLS port; without it the port is plain HTTP.
    """

    def __init__(self, google: Google, tls: SSLContext | None = None) -> None:
        self._google = google
        self._tls = tls
        self._server = web.Server(self._handle, access_log=None)
        self._runner = web.ServerRunner(self._server, handle_signals=False, shutdown_timeout=1)
        self._site: web.TCPSite | None = None
        self.port = 0

    async def open(self, port: int = 0) -> None:
        """Listen; on ``port`` when it is free, else on any."""
        await self._runner.setup()
        try:
            await self._listen(port)
        except OSError:
            await self._listen(0)

    async def _listen(self, port: int) -> None:
        site = web.TCPSite(self._runner, LOOPBACK, port, ssl_context=self._tls, reuse_address=True)
        await site.start()
        self._site = site
        self.port = _bound_port(self._runner)

    async def refuse(self) -> None:
        """Stop listening, so that a connection is refused, and break the open ones."""
        if self._site is not None:
            await self._site.stop()
            self._site = None
        for connection in self._server.connections:
            if connection.transport is not None:
                connection.transport.abort()

    async def listen_again(self) -> None:
        """End what :meth:`refuse` began, on the same port."""
        if self._site is None:
            await self._listen(self.port)

    async def close(self) -> None:
        """Close the port and all connections."""
        await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        size = request.content_length
        if not request.body_exists or (size is not None and size <= LARGEST_IN_MEMORY):
            pieces: list[bytes] = []
            broken = await _read_body(request, pieces.append)
            return await self._answer(request, b"".join(pieces), broken=broken)
        with tempfile.NamedTemporaryFile(dir=make_private_directory(self._google.state.folder)) as file:
            broken = await _read_body(request, file.write)
            file.flush()
            return await self._answer(request, Path(file.name), broken=broken)

    async def _answer(self, request: web.BaseRequest, body: bytes | Path, *, broken: bool) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        host = headers.get("host", "").rsplit(":", 1)[0]
        scheme = "https" if self._tls else "http"
        answer = self._google.dispatch(
            Request(host, request.method, request.raw_path, headers, body, scheme=scheme, broken=broken)
        )
        if answer.delay:
            await asyncio.sleep(answer.delay)
        return await _deliver(request, answer)


async def _read_body(request: web.BaseRequest, keep: t.Callable[[bytes], t.Any]) -> bool:
    """Hand on what arrives, and tell whether the line broke before the end."""
    try:
        while piece := await request.content.readany():
            keep(piece)
    except (ConnectionError, ClientPayloadError, asyncio.IncompleteReadError):
        return True
    return False


async def _deliver(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    transport, whole = request.transport, answer.length
    if answer.delivery is Delivery.TRUNCATED:
        whole //= 2
    if answer.file is None and answer.delivery in (Delivery.WHOLE, Delivery.TRUNCATED):
        return web.Response(status=answer.status, headers=list(answer.headers), body=answer.body[:whole])
    stream = web.StreamResponse(status=answer.status, headers=dict(answer.headers))
    if answer.delivery is not Delivery.LOST and transport is not None:
        half = answer.delivery is Delivery.RESET
        await _send(request, stream, answer.pieces(whole // 2 if half else whole), length=whole)
        if half:
            _reset_on_close(transport.get_extra_info("socket"))
    if transport is not None and answer.delivery in (Delivery.LOST, Delivery.RESET):
        transport.abort()
    return stream


async def _send(
    request: web.BaseRequest, stream: web.StreamResponse, pieces: t.Iterator[bytes], *, length: int
) -> None:
    """Send a body, or its beginning: ``length`` is what the header says."""
    stream.content_length = length
    await stream.prepare(request)
    whole = 0
    for piece in pieces:
        whole += len(piece)
        await stream.write(piece)
    if whole == length:
        await stream.write_eof()
    else:
        await asyncio.sleep(0.02)  # let the half arrive before the reset overtakes it


def _reset_on_close(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _bound_port(runner: web.ServerRunner) -> int:
    return int(runner.addresses[-1][1])
