"""A resumable upload at Google: a session that takes chunks and says how far it is.

After a broken line or a 5xx nobody knows what arrived, so the session is asked (``bytes */total``) before anything is
sent again, and what it says is obeyed, also when it kept less than was sent. Nothing is repeated blindly.
"""

from __future__ import annotations

import re
import typing as t

from copias.google.errors import GoogleUnavailable
from copias.google.retry import Sort, Trouble

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.store.shared_drive_client import DriveClient

_INCOMPLETE: t.Final = 308
_LOST: t.Final = frozenset({404, 410})
_KEPT = re.compile(r"bytes=0-(\d+)")
_PIECE: t.Final = 256 << 10


class SessionLost(Exception):
    """Google does not know the session any more: it was finished, is older than a week, or was dropped."""


class Pieces:
    """A request's body in small pieces, so that each has the time limit and not all together; may be read again."""

    def __init__(self, content: memoryview) -> None:
        self._content = content

    def __len__(self) -> int:
        return len(self._content)

    def __iter__(self) -> Iterator[memoryview]:
        return (self._content[start : start + _PIECE] for start in range(0, len(self), _PIECE))


class UploadSession:
    """One session. ``received`` is how many bytes Google has, as far as it told; ``complete``: all of the file.

    Args:
        client: of the drive.
        address: of the session.
        whose: what is uploaded, for messages.
    """

    def __init__(self, client: DriveClient, address: str, *, whose: str) -> None:
        self.received = 0
        self.complete = False
        self.address = address
        self._client = client
        self._whose = whose
        self._in_doubt = False

    def locate(self, total: int | None) -> None:
        """Ask how far it is.

        Raises:
            SessionLost: Google does not know it.
        """
        what = "no se pudo consultar hasta dónde llegó la carga"
        self._client.service.run(lambda: self._ask(total), what=what, whose=self._whose)

    def push(self, block: memoryview, *, total: int | None) -> None:
        """Send what follows the bytes that Google has, all of it, as long as Google keeps some of what is sent.

        One try after the other is the retry layer's affair. What it gives up is gone on with when bytes arrived
        meanwhile: on a slow line one chunk takes longer than the patience with a server that does not answer.

        Args:
            block: a multiple of 256 KiB, unless it is the last.
            total: of the whole file; ``None`` while it is not known.

        Raises:
            SessionLost: Google does not know the session, or lost bytes that it had.
            GoogleUnavailable: nothing arrives any more.
        """
        start = self.received
        while self._lacks(block, start):
            before = self.received
            try:
                self._send_rest(block, start=start, total=total)
            except GoogleUnavailable:
                self.locate(total)
                if not self.complete and self.received <= before:
                    raise

    def _lacks(self, block: memoryview, start: int) -> bool:
        """Tell whether some of a block is still to be sent; an empty one is when the file is complete."""
        return not self.complete and (self.received < start + len(block) or not block)

    def _send_rest(self, block: memoryview, *, start: int, total: int | None) -> None:
        def once() -> None:
            if self._in_doubt:
                self._ask(total)
            while self._lacks(block, start):
                if self.received < start:
                    raise SessionLost
                self._put(block[self.received - start :], total)

        self._client.service.run(once, what="no se pudo enviar una parte del archivo", whose=self._whose)

    def _put(self, block: memoryview, total: int | None) -> None:
        before = self.received
        end = "*" if total is None else str(total)
        # An empty file has no first and last byte to name.
        headers = {"Content-Range": f"bytes {before}-{before + len(block) - 1}/{end}"} if block else {}
        self._send(Pieces(block) if block else b"", headers)
        if not self.complete and self.received <= before:
            self._in_doubt = True
            raise Trouble(Sort.TRANSIENT, str(_INCOMPLETE), "Google no guardó nada de lo enviado")

    def _ask(self, total: int | None) -> None:
        self._send(b"", {"Content-Range": f"bytes */{'*' if total is None else total}"})

    def _send(self, body: Pieces | bytes, headers: dict[str, str]) -> None:
        self._in_doubt = True
        answer, _ = self._client.send("PUT", self.address, body=body, headers=headers, good=_LOST | {_INCOMPLETE})
        if answer.status in _LOST:
            raise SessionLost
        self._in_doubt = False
        if answer.status == _INCOMPLETE:
            kept = _KEPT.fullmatch(answer.get("range", ""))
            self.received = int(kept[1]) + 1 if kept else 0
        else:
            self.complete = True  # the answer's body is not needed: whoever wants the file's facts asks for them
