"""The HTTP face of an emulated NAS, on the loopback only."""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
import socket
import ssl
import threading
import time
import typing as t
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from copias_sandbox.qnap.calls import DOWNLOAD, Calls
from copias_sandbox.qnap.quirks import Quirks
from copias_sandbox.qnap.shelf import Refused, Shelf
from copias_sandbox.qnap.uploads import Dropped

LOG_IN = "/cgi-bin/authLogin.cgi"
STATION = "/cgi-bin/filemanager/utilRequest.cgi"
QUIRKS = "/sandbox/quirks"
"""Not of any NAS: a POST of JSON turns switches, for tests of another process."""
_LINGER = 2.0
"""Seconds."""
_PAGE = b"<!DOCTYPE html><html><body>QTS</body></html>"


class FileStation(ThreadingHTTPServer):
    """A NAS with one account; ``port`` is where it listens once made.

    Args:
        folder: holds one folder for each share.
        user: of the account.
        password: of the account.
        tls: context of a server that speaks https.
        port: to listen on; 0 is any, and so is one that is taken.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self, folder: Path, *, user: str, password: str, tls: ssl.SSLContext | None = None, port: int = 0
    ) -> None:
        self.quirks = Quirks()
        self.calls = Calls(Shelf(folder), self.quirks)
        self.user = user
        self.password = password
        self.log_ins = 0
        self._tls = tls
        self._sessions: dict[str, int] = {}
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except OSError:
            super().__init__(("127.0.0.1", 0), _Handler)
        self.port = int(self.server_address[1])
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def get_request(self) -> tuple[socket.socket, t.Any]:
        """Take a connection; its handshake waits for its own thread."""
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """Say nothing: clients of these tests break lines on purpose."""

    def close(self) -> None:
        """Stop listening."""
        self.shutdown()
        self.server_close()
        self._thread.join(timeout=5)

    def log_in(self, form: dict[str, str]) -> str:
        """Return the XML that a log-in is answered with."""
        self.log_ins += 1
        given = base64.b64decode(form.get("pwd", "")).decode("utf-8", "replace")
        if form.get("user") != self.user or given != self.password:
            return _document(authPassed="0", errorValue="-1")
        if self.quirks.need_2sv:
            return _document(authPassed="0", need_2sv="1", errorValue="0")
        sid = secrets.token_hex(4)
        self._sessions[sid] = self.quirks.calls_per_session or -1
        return _document(authPassed="1", authSid=sid, isAdmin="0", username=self.user, need_2sv="0", pw_status="0")

    def use_session(self, sid: str) -> bool:
        """Count a call of a session, and tell whether it goes on."""
        left = self._sessions.get(sid, 0)
        if left > 0:
            self._sessions[sid] = left - 1
        return left != 0

    def end_sessions(self) -> None:
        """Forget every session, as a restart does."""
        self._sessions.clear()


class _Handler(BaseHTTPRequestHandler):
    server: FileStation
    protocol_version = "HTTP/1.1"
    rbufsize = 1 << 16
    timeout = 60

    def finish(self) -> None:
        """Read on for a while after an early answer, as real servers do: else the client's line breaks before it."""
        super().finish()
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_LINGER)
            while self.connection.recv(1 << 20):
                pass

    def log_message(self, *_: t.Any) -> None:
        """Write no log: addresses hold session numbers."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query, keep_blank_values=True))
        quirks = self.server.quirks
        time.sleep(quirks.pause)
        if address.path == QUIRKS:
            for switch, value in json.loads(self._body()).items():
                setattr(quirks, switch, value)
            self._send(b"{}")
        elif address.path == LOG_IN:
            self._log_in()
        elif address.path == STATION:
            self._call(query)
        else:
            self._send(_PAGE, kind="text/html", status=404)

    def _log_in(self) -> None:
        form = dict(parse_qsl(self._body().decode(), keep_blank_values=True))
        if self.server.quirks.force_https:
            self._send(b"", status=302, Location=f"https://127.0.0.1:{self.server.port}{LOG_IN}")
        else:
            self._send(self.server.log_in(form).encode(), kind="text/xml")

    def _call(self, query: dict[str, str]) -> None:
        quirks, function = self.server.quirks, query.get("func", "")
        quirks.asked.append(function)
        if quirks.take("pages"):
            self._leave_body()
            self._send(_PAGE, kind="text/html")
        elif not self.server.use_session(query.get("sid", "")):
            self._leave_body()
            self._send_expired()
        elif quirks.station_off:
            self._leave_body()
            self._send_json({"status": 8})
        elif function == DOWNLOAD:
            self._download(query)
        else:
            self._call_function(function, query)

    def _call_function(self, function: str, query: dict[str, str]) -> None:
        if function in self.server.calls.with_files:
            headers = dict(self.headers.items())
            work = partial(self.server.calls.with_files[function], query, self.rfile, headers)
        else:
            query = {**query, **dict(parse_qsl(self._body().decode(), keep_blank_values=True))}
            work = partial(self.server.calls.call, function, query)
        try:
            self._send_json(work())
        except Refused as refused:
            self.close_connection = function in self.server.calls.with_files
            self._send_json({"status": refused.status, "success": "true"})
        except Dropped:
            self.close_connection = True

    def _download(self, query: dict[str, str]) -> None:
        """Send a file; without ``source_total`` an empty zip."""
        if query.get("source_total") != "1":
            self._send(b"PK\5\6" + bytes(18), kind="application/zip")
            return
        try:
            path = self.server.calls.shelf.existing(query["source_path"], query["source_file"])
        except Refused as refused:
            self._send_json({"status": refused.status})
            return
        size, start, wanted = path.stat().st_size, 0, self.headers.get("Range", "")
        headers = {"Content-Disposition": "attachment"}
        if self.server.quirks.ranges and wanted.startswith("bytes="):
            start = min(int(wanted.removeprefix("bytes=").split("-")[0]), size)
            headers["Content-Range"] = f"bytes {start}-{max(size - 1, 0)}/{size}"
        self._begin(206 if "Content-Range" in headers else 200, "application/octet-stream", size - start, headers)
        with path.open("rb") as stream:
            stream.seek(start)
            while block := stream.read(1 << 20):
                self.wfile.write(block)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _leave_body(self) -> None:
        """Answer before the body was read, which ends the connection unless there is none."""
        self.close_connection = bool(int(self.headers.get("Content-Length") or 0))

    def _send_expired(self) -> None:
        kind = self.server.quirks.expired
        if kind == "html":
            self._send(_PAGE, kind="text/html")
        elif kind == "xml":
            self._send(_document(authPassed="0").encode(), kind="text/xml")
        else:
            self._send_json({"status": int(kind), "success": "true"})

    def _send_json(self, answer: t.Any) -> None:
        self._send(json.dumps(answer).encode(), kind="application/json")

    def _send(self, content: bytes, *, kind: str = "application/json", status: int = 200, **headers: str) -> None:
        self._begin(status, kind, len(content), headers)
        self.wfile.write(content)

    def _begin(self, status: int, kind: str, length: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(length), **headers}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()


def _document(**facts: str) -> str:
    inside = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in facts.items())
    return f'<?xml version="1.0" encoding="UTF-8" ?><QDocRoot version="1.0">{inside}</QDocRoot>'
