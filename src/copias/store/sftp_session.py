"""The SFTP protocol beyond paramiko's client: server extensions, pipelined writes, bounded read-ahead.

The extensions are those of OpenSSH's ``PROTOCOL`` file: ``limits``, ``fsync`` and ``statvfs``
(``@openssh.com``). A server without one of them is used without it.
"""

from __future__ import annotations

import struct
import typing as t
from collections import deque

import paramiko
from paramiko.message import Message
from paramiko.sftp import (
    CMD_ATTRS,
    CMD_CLOSE,
    CMD_DATA,
    CMD_EXTENDED,
    CMD_EXTENDED_REPLY,
    CMD_FSTAT,
    CMD_HANDLE,
    CMD_INIT,
    CMD_OPEN,
    CMD_OPENDIR,
    CMD_READ,
    CMD_READDIR,
    CMD_STATUS,
    CMD_VERSION,
    CMD_WRITE,
    SFTP_FLAG_CREATE,
    SFTP_FLAG_EXCL,
    SFTP_FLAG_READ,
    SFTP_FLAG_WRITE,
    SFTPError,
    int64,
)
from paramiko.sftp_attr import SFTPAttributes

if t.TYPE_CHECKING:
    from collections.abc import Iterator

_VERSION = 3
SAFE_REQUEST = 32768
"""Bytes of data in one request that every server takes."""
_LARGEST_REQUEST = 255 << 10
WINDOW = 2 << 20
"""Bytes on their way at once in either direction."""


class SftpSession(paramiko.SFTPClient):
    """One SFTP channel that knows what its server can do. Not for two threads at once."""

    extensions: t.Mapping[str, str]

    if t.TYPE_CHECKING:  # paramiko's own, which its stubs leave out

        def _send_packet(self, kind: int, packet: Message) -> None: ...
        def _read_packet(self) -> tuple[int, bytes]: ...
        def _request(self, kind: int, *arguments: object) -> tuple[int, Message]: ...
        def _async_request(self, owner: object, kind: int, *arguments: object) -> int: ...
        def _read_response(self, waitfor: int | None = None) -> tuple[int | None, Message | None]: ...
        def _convert_status(self, answer: Message) -> None: ...

    def _send_version(self) -> int:
        """Greet the server, and keep the extensions it offers, which paramiko drops."""
        greeting = Message()
        greeting.add_int(_VERSION)
        self._send_packet(CMD_INIT, greeting)
        kind, data = self._read_packet()
        if kind != CMD_VERSION:
            raise SFTPError("Incompatible sftp protocol")
        answer = Message(data)
        version = answer.get_int()
        self.extensions = {}
        while answer.get_remainder():
            name = answer.get_text()
            self.extensions[name] = answer.get_binary().decode("ascii", "replace")
        return version

    def find_limits(self) -> tuple[int, int]:
        """Return the bytes of data that one read and one write may carry."""
        if "limits@openssh.com" not in self.extensions:
            return SAFE_REQUEST, SAFE_REQUEST
        answer = self._extended("limits@openssh.com")
        _, read, write, _ = struct.unpack(">4Q", answer.get_remainder()[:32])
        return _within_reason(read), _within_reason(write)

    def find_free_space(self, path: str) -> int | None:
        """Return the bytes that this account can still write below ``path``."""
        if "statvfs@openssh.com" not in self.extensions:
            return None
        numbers = struct.unpack(">11Q", self._extended("statvfs@openssh.com", path).get_remainder()[:88])
        fragment, available = numbers[1], numbers[4]
        return int(fragment * available)

    def open_handle(self, path: str, *, write: bool = False) -> bytes:
        """Open a file to read, or create one that must not exist, with mode 0640."""
        attributes = SFTPAttributes()
        flags = SFTP_FLAG_READ
        if write:
            flags = SFTP_FLAG_WRITE | SFTP_FLAG_CREATE | SFTP_FLAG_EXCL
            attributes.st_mode = 0o640
        kind, answer = self._request(CMD_OPEN, path, flags, attributes)
        if kind != CMD_HANDLE:
            raise SFTPError("Expected handle")
        return bytes(answer.get_binary())

    def list_folder(self, path: str) -> Iterator[tuple[str, SFTPAttributes]]:
        """Yield the names in a folder and their attributes, links as links.

        Unlike paramiko's own, a name that is no UTF-8 does not end the listing.
        """
        kind, answer = self._request(CMD_OPENDIR, path)
        if kind != CMD_HANDLE:
            raise SFTPError("Expected handle")
        handle = answer.get_binary()
        try:
            while True:
                _, names = self._request(CMD_READDIR, handle)
                for _ in range(names.get_int()):
                    name = names.get_binary().decode("utf-8", "surrogateescape")
                    names.get_binary()  # the line that `ls -l` would print
                    yield name, _read_attributes(names)
        except EOFError:
            return
        finally:
            self._request(CMD_CLOSE, handle)

    def close_handle(self, handle: bytes) -> None:
        """Close a file; some servers report a failed write only now."""
        self._request(CMD_CLOSE, handle)

    def size_of_handle(self, handle: bytes) -> int | None:
        """Return the size of an open file, whatever name it has by now."""
        kind, answer = self._request(CMD_FSTAT, handle)
        if kind != CMD_ATTRS:
            raise SFTPError("Expected attributes")
        return _read_attributes(answer).st_size

    def sync_handle(self, handle: bytes) -> None:
        """Make a file durable on the server, where it offers that."""
        if "fsync@openssh.com" in self.extensions:
            self._request(CMD_EXTENDED, "fsync@openssh.com", handle)

    def _extended(self, name: str, *arguments: str) -> Message:
        kind, answer = self._request(CMD_EXTENDED, name, *arguments)
        if kind != CMD_EXTENDED_REPLY:
            raise SFTPError("Expected extended reply")
        return answer

    def send_write(self, owner: _Awaiting, handle: bytes, offset: int, data: bytes) -> int:
        """Send a write and return its number; the answer goes to ``owner``."""
        return self._async_request(owner, CMD_WRITE, handle, int64(offset), data)

    def send_read(self, owner: _Awaiting, handle: bytes, offset: int, size: int) -> int:
        """Send a read and return its number; the answer goes to ``owner``."""
        return self._async_request(owner, CMD_READ, handle, int64(offset), size)

    def receive(self) -> None:
        """Wait for one answer and hand it to whom it is for."""
        self._read_response()

    def check_status(self, answer: Message) -> None:
        """Raise what a status answer says, if it is not success."""
        self._convert_status(answer)


def _read_attributes(answer: Message) -> SFTPAttributes:
    parser: t.Any = SFTPAttributes
    return t.cast("SFTPAttributes", parser._from_msg(answer))  # noqa: SLF001 - paramiko has no public parser


def _within_reason(limit: int) -> int:
    """Return a request size; a server without a limit says 0."""
    return min(limit, _LARGEST_REQUEST) if limit else SAFE_REQUEST


class _Awaiting:
    """Who sent requests and gets their answers, in whatever order the server gives them."""

    def __init__(self, session: SftpSession) -> None:
        self._session = session
        self._answers: dict[int, bytes | BaseException] = {}

    def _async_response(self, kind: int, answer: Message, number: int) -> None:
        """Take an answer; the name is the one paramiko calls."""
        try:
            if kind == CMD_STATUS:
                self._session.check_status(answer)
                self._answers[number] = b""
            elif kind == CMD_DATA:
                self._answers[number] = answer.get_binary()
            else:
                raise SFTPError("Expected data or status")
        except (OSError, EOFError, SFTPError) as error:
            self._answers[number] = error

    def _take(self, number: int) -> bytes:
        while number not in self._answers:
            self._session.receive()
        found = self._answers.pop(number)
        if isinstance(found, BaseException):
            raise found
        return found


class PipelinedWriter(_Awaiting):
    """Writes a new file with several requests on their way; every answer is looked at."""

    def __init__(self, session: SftpSession, handle: bytes, *, request: int) -> None:
        super().__init__(session)
        self._handle = handle
        self._request = request
        self._sent: deque[int] = deque()
        self._most = max(4, WINDOW // request)
        self._offset = 0

    def write(self, chunk: bytes) -> None:
        """Send a chunk; an error may be that of an earlier one."""
        for start in range(0, len(chunk), self._request):
            while len(self._sent) >= self._most:
                self._take(self._sent.popleft())
            data = chunk[start : start + self._request]
            self._sent.append(self._session.send_write(self, self._handle, self._offset, data))
            self._offset += len(data)

    def drain(self) -> None:
        """Wait until the server has answered for every byte."""
        while self._sent:
            self._take(self._sent.popleft())


class ReadAhead(_Awaiting):
    """Reads a file in order with requests ahead: one at first, twice as many after each answer."""

    def __init__(self, session: SftpSession, handle: bytes, *, request: int) -> None:
        super().__init__(session)
        self._handle = handle
        self._request = request
        self._sent: deque[tuple[int, int, int]] = deque()  # number, offset, size
        self._most = max(4, WINDOW // request)
        self._ahead = 1
        self._next = 0

    def read(self, offset: int, *, end: int) -> bytes:
        """Return some bytes from ``offset``, none at ``end`` of the file."""
        if not self._sent or self._sent[0][1] != offset:
            self._start_at(offset)
        self._send_ahead(end)
        if not self._sent:
            return b""
        number, _, size = self._sent.popleft()
        try:
            data = self._take(number)
        except EOFError:
            return b""  # the file became shorter while it was read
        if len(data) < size:
            self._start_at(offset + len(data))  # servers may give less than asked
        self._ahead = min(self._ahead * 2, self._most)
        return data

    def _start_at(self, offset: int) -> None:
        while self._sent:  # their answers come anyway
            number, _, _ = self._sent.popleft()
            try:
                self._take(number)
            except EOFError:
                continue
        self._ahead = 1
        self._next = offset

    def _send_ahead(self, end: int) -> None:
        while len(self._sent) < self._ahead and self._next < end:
            size = min(self._request, end - self._next)
            number = self._session.send_read(self, self._handle, self._next, size)
            self._sent.append((number, self._next, size))
            self._next += size
