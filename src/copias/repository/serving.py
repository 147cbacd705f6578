"""A mirror on a store, served to restic for reading: it asks over a Unix socket, and the store gives the bytes.

So a copy is restored from the place that keeps it, and not from this machine's own repository, with only the packs that
it needs. It speaks restic's REST protocol (version 2) as far as reading goes; whatever would write is refused. The one
thing that restic must write, its lock, is kept in memory and lost with the server: nobody else uses this view.
"""

from __future__ import annotations

import hashlib
import re
import threading
import typing as t
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from tempfile import TemporaryDirectory

import orjson

from copias.errors import BackupError
from copias.repository.pushing import KINDS

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.store import Store

LISTING: t.Final = "application/vnd.x.restic.rest.v2"
_RANGE: t.Final = re.compile(r"bytes=(\d+)-(\d*)", re.ASCII)
_FILE: t.Final = re.compile(r"/(keys|data|index|snapshots|locks)/([0-9a-f]{64})", re.ASCII)
_FOLDER: t.Final = re.compile(r"/(keys|data|index|snapshots|locks)/", re.ASCII)
_BLOCK: t.Final = 8 << 20
"""A store opens the file again for each block."""
_LONGEST_LOCK: t.Final = 1 << 16


class MirrorView:
    """The files of a mirror, as restic names them: by kind and hash, wherever they lie on the store.

    Args:
        store: that keeps the mirror.
        prefix: of its names there.
    """

    def __init__(self, store: Store, prefix: str) -> None:
        self._store = store
        self._prefix = prefix
        self._turn = threading.Lock()  # a store is one connection
        self.locks: dict[str, bytes] = {}
        files = {file.name.removeprefix(f"{prefix}/"): file.bytes for file in store.list(f"{prefix}/")}
        self._sizes = {
            kind: {name.rpartition("/")[2]: size for name, size in files.items() if name.startswith(f"{kind}/")}
            for kind in KINDS
        }
        self._names = {name.rpartition("/")[2]: name for name in files}

    def list(self, kind: str) -> list[dict[str, t.Any]]:
        """Return names and sizes of one kind."""
        sizes = self._sizes.get(kind)
        if sizes is None:
            sizes = {name: len(content) for name, content in self.locks.items()}
        return [{"name": name, "size": size} for name, size in sorted(sizes.items())]

    def size(self, kind: str, name: str) -> int | None:
        """Return the size of a file, ``None`` when there is none."""
        if kind == "locks":
            return len(self.locks[name]) if name in self.locks else None
        return self._sizes[kind].get(name)

    def read(self, kind: str, name: str, start: int, length: int) -> bytes:
        """Return a part of a file."""
        if kind == "locks":
            return self.locks[name][start : start + length]
        # From the medium: what was only just sent may still be in this machine's memory, and proves nothing.
        with self._turn, self._store.open(f"{self._prefix}/{self._names[name]}", uncached=True) as stream:
            stream.seek(start)
            return stream.read(length)

    def config(self) -> bytes | None:
        """Return the repository's configuration."""
        name = f"{self._prefix}/config"
        with self._turn:
            if self._store.stat(name) is None:
                return None
            with self._store.open(name) as stream:
                return stream.read(_BLOCK)


@contextmanager
def serving_mirror(store: Store, prefix: str) -> Iterator[str]:
    """Serve a mirror while the block lasts, and yield the repository's address for restic.

    The socket lies in a folder that only this account can enter.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    with TemporaryDirectory(prefix="copias-espejo-") as folder:
        path = Path(folder) / "s"
        server = _Server(str(path), MirrorView(store, prefix))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield f"rest:http+unix://{path}:/"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True

    def __init__(self, path: str, view: MirrorView) -> None:
        self.view = view
        super().__init__(path, _Handler)

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """Write nothing: restic hangs up on an answer that it does not like, and says so itself."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def address_string(self) -> str:
        """Return nothing: a Unix socket has no address."""
        return ""

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 -- the base class names it so
        """Write nothing: names of files are no news."""

    def do_HEAD(self) -> None:
        self._answer_safely(body=False)

    def do_GET(self) -> None:
        self._answer_safely(body=True)

    def do_POST(self) -> None:
        """Take a lock; everything else is refused, because this view is for reading."""
        found, length = _FILE.fullmatch(self.path), int(self.headers.get("Content-Length") or 0)
        if found is None or found[1] != "locks" or not 0 < length <= _LONGEST_LOCK:
            self.close_connection = True  # what comes with it is not read
            self._send(HTTPStatus.FORBIDDEN)
            return
        content = self.rfile.read(length)
        if hashlib.sha256(content).hexdigest() != found[2]:
            self._send(HTTPStatus.BAD_REQUEST)
            return
        self.server.view.locks[found[2]] = content
        self._send(HTTPStatus.OK)

    def do_DELETE(self) -> None:
        """Remove a lock of ours."""
        found = _FILE.fullmatch(self.path)
        ours = found is not None and found[1] == "locks" and self.server.view.locks.pop(found[2], None) is not None
        self._send(HTTPStatus.OK if ours else HTTPStatus.FORBIDDEN)

    def _answer_safely(self, *, body: bool) -> None:
        try:
            self._answer(body=body)
        except BackupError:
            # restic asks again, a few times; then it fails, and its caller looks at the store.
            self.close_connection = True
            self._send(HTTPStatus.SERVICE_UNAVAILABLE)

    def _answer(self, *, body: bool) -> None:
        view = self.server.view
        if self.path == "/config":
            config = view.config()
            self._send(HTTPStatus.OK if config is not None else HTTPStatus.NOT_FOUND, config or b"", body=body)
        elif folder := _FOLDER.fullmatch(self.path):
            self._send(HTTPStatus.OK, orjson.dumps(view.list(folder[1])), body=body, content_type=LISTING)
        elif file := _FILE.fullmatch(self.path):
            self._send_file(file[1], file[2], body=body)
        else:
            self._send(HTTPStatus.NOT_FOUND)

    def _send_file(self, kind: str, name: str, *, body: bool) -> None:
        size = self.server.view.size(kind, name)
        if size is None:
            self._send(HTTPStatus.NOT_FOUND)
            return
        asked = _RANGE.fullmatch(self.headers.get("Range") or "")
        start = int(asked[1]) if asked else 0
        end = min(int(asked[2]), size - 1) if asked and asked[2] else size - 1
        status = HTTPStatus.PARTIAL_CONTENT if asked else HTTPStatus.OK
        # What is read first may fail; after the first word of an answer it is too late to say so.
        first = self.server.view.read(kind, name, start, min(_BLOCK, end - start + 1)) if body else b""
        self.send_response(status)
        self.send_header("Content-Length", str(max(0, end - start + 1)))
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{end}/{size}")
        self.end_headers()
        if body:
            self._send_rest(kind, name, start, end, first)

    def _send_rest(self, kind: str, name: str, start: int, end: int, block: bytes) -> None:
        try:
            while block:
                self.wfile.write(block)
                start += len(block)
                block = self.server.view.read(kind, name, start, min(_BLOCK, end - start + 1)) if start <= end else b""
        except BackupError:
            pass  # as when the store has less than it said
        if start <= end:
            self.close_connection = True  # shorter than promised: restic sees a cut answer, never a whole one

    def _send(
        self,
        status: HTTPStatus,
        content: bytes = b"",
        *,
        body: bool = True,
        content_type: str = "application/octet-stream",
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)
