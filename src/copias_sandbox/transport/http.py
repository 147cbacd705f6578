"""Carries requests from aiohttp to ``dispatch`` and answers back, broken ones included."""

from __future__ import annotations

import asyncio
import socket
import struct
import typing as t
from ssl import SSLContext

from aiohttp import web

from copias_sandbox.core.answer import Answer, Delivery
from copias_sandbox.core.dispatch import Google, Request

LOOPBACK: t.Final = "127.0.0.1"


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
        body = await request.content.read(-1)
        headers = {name.lower(): value for name, value in request.headers.items()}
        host = headers.get("host", "").rsplit(":", 1)[0]
        answer = self._google.dispatch(
            Request(host, request.method, request.raw_path, headers, body, scheme="https" if self._tls else "http")
        )
        if answer.delay:
            await asyncio.sleep(answer.delay)
        return await _deliver(request, answer)


async def _deliver(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    body = answer.body
    if answer.delivery is Delivery.TRUNCATED:
        body = body[: len(body) // 2]
    response = web.Response(status=answer.status, headers=list(answer.headers), body=body)
    transport = request.transport
    if transport is None or answer.delivery in (Delivery.WHOLE, Delivery.TRUNCATED):
        return response
    if answer.delivery is Delivery.RESET:
        await _send_half(request, answer)
        _reset_on_close(transport.get_extra_info("socket"))
    transport.abort()
    return response


async def _send_half(request: web.BaseRequest, answer: Answer) -> None:
    stream = web.StreamResponse(status=answer.status, headers=dict(answer.headers))
    stream.content_length = len(answer.body)
    await stream.prepare(request)
    await stream.write(answer.body[: len(answer.body) // 2])
    await asyncio.sleep(0.02)  # let the half arrive before the reset overtakes it


def _reset_on_close(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _bound_port(runner: web.ServerRunner) -> int:
    return int(runner.addresses[-1][1])
