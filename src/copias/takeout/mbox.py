r"""Reading the mbox files of Google Takeout, a message at a time, with each message's bytes as they lie there.

A message begins where a file begins, or after an empty line, with a line of Takeout's own shape::

    From 1828754568043628583@xxx Mon Apr 07 14:31:02 +0000 2025

A line ``From `` of any other shape is of the message that it stands in. Then come ``X-GM-THRID`` and
``X-Gmail-Labels``, which Takeout adds: they are read and are not of the message. The empty line that ends a message is
not either. Everything else is: whether Takeout wrote a ``>`` before a line is not known, so none is taken away.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from copias.errors import BadInput
from copias.takeout.labels import read_labels

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MONTHS: t.Final = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_SEPARATOR: t.Final = re.compile(
    rb"From (?P<id>\d{1,20})@xxx (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?P<month>"
    + b"|".join(_MONTHS)
    + rb") (?P<day>[ \d]?\d) (?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
    rb" (?P<zone>[+-]\d\d[0-5]\d) (?P<year>\d{4})(?P<end>\r?\n)"
)
_LONGEST_SEPARATOR: t.Final = 96
_CANDIDATE: t.Final = b"\nFrom "
_THREAD: t.Final = re.compile(rb"X-GM-THRID:[ \t]*(\d{1,20})[ \t]*\r?\n", re.IGNORECASE)
_LABELS: t.Final = re.compile(rb"X-Gmail-Labels:([^\n]*(?:\n[ \t][^\n]*)*)\n", re.IGNORECASE)
_QUOTED: t.Final = re.compile(rb"^>+From ", re.MULTILINE)
_EPOCH: t.Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TakeoutMessage:
    """A message of a Takeout.

    Args:
        id: Gmail's, hexadecimal.
        thread_id: of its conversation; its own id when Takeout tells none.
        labels: as :func:`copias.takeout.labels.read_labels` has them.
        internal_date: when it was received, milliseconds since 1970; 0 when the line has a date that there is not.
        content: its bytes.
        quoted: a line of it is ``From `` after one ``>`` or more; they may be the message's own or Takeout's.
        ended: the empty line came that ends a message.
    """

    id: str
    thread_id: str
    labels: tuple[str, ...]
    internal_date: int
    content: bytes
    quoted: bool
    ended: bool


class TakeoutMbox:
    """The messages of mbox files that follow each other, iterated once.

    Memory holds one message and a block. After the end, :attr:`doubtful` is how many lines ``From `` came after an
    empty line without Takeout's shape, and were taken for text.

    Args:
        files: blocks of each file, in order; a message may go on in the next file.
        largest: bytes of a message above which the file is not believed.
        whose: name of the delivery, for messages.
    """

    def __init__(self, files: Iterable[Iterable[bytes]], *, largest: int, whose: str) -> None:
        self._files = files
        self._largest = largest
        self._whose = whose
        self._pending = bytearray()
        self._scanned = 0
        self._number = 0
        self.doubtful = 0

    def __iter__(self) -> Iterator[TakeoutMessage]:
        """Yield the messages.

        Raises:
            BadInput: a file is no mbox of Takeout; the message is named by its number.
            CopyFailed: a part of the delivery is damaged.
        """
        for blocks in self._files:
            begins = True
            for block in blocks:
                if begins and self._pending and _SEPARATOR.match(block):
                    yield self._take(len(self._pending))
                begins = False
                self._pending += block
                yield from self._cut(final=False)
        yield from self._cut(final=True)
        if self._pending:
            yield self._take(len(self._pending))

    def _cut(self, *, final: bool) -> Iterator[TakeoutMessage]:
        while (end := self._find_next(final=final)) is not None:
            yield self._take(end)
        if len(self._pending) > self._largest:
            raise BadInput(
                "un mensaje del Takeout es más grande de lo que admite Gmail",
                whose=f"{self._whose}, mensaje {self._number + 1}",
                why=f"pasa de {self._largest} bytes: el archivo mbox puede estar dañado",
                repair="pida al usuario otro Takeout; si es legítimo, suba largest_message de deliveries en copias.yml",
            )

    def _find_next(self, *, final: bool) -> int | None:
        """Return where the next message begins in what is pending, ``None`` when that is not there yet."""
        pending = self._pending
        place = pending.find(_CANDIDATE, self._scanned)
        while place >= 0:
            start = place + 1
            if not final and len(pending) - start < _LONGEST_SEPARATOR:
                self._scanned = place
                return None
            if pending[max(0, place - 1) : place] == b"\n" or pending[max(0, place - 2) : place] == b"\n\r":
                if _SEPARATOR.match(pending, start):
                    return start
                self.doubtful += 1
            place = pending.find(_CANDIDATE, start)
        self._scanned = max(0, len(pending) - len(_CANDIDATE) + 1)
        return None

    def _take(self, end: int) -> TakeoutMessage:
        raw = bytes(memoryview(self._pending)[:end])
        del self._pending[:end]
        self._scanned, self._number = 0, self._number + 1
        line = _SEPARATOR.match(raw)
        if line is None:
            raise BadInput(
                "el archivo mbox no es de Google Takeout",
                whose=f"{self._whose}, mensaje {self._number}",
                why="no empieza por la línea que escribe Takeout",
                repair="ponga los .zip tal como los dio Google; otro mbox no se admite",
            )
        thread, labels, start = _read_own_headers(raw, line.end())
        content, ended = _strip_end(raw, start, crlf=line["end"] == b"\r\n")
        key = f"{int(line['id']):x}"
        return TakeoutMessage(
            id=key,
            thread_id=thread or key,
            labels=labels,
            internal_date=_read_date(line),
            content=content,
            quoted=b">From " in content and _QUOTED.search(content) is not None,
            ended=ended,
        )


def _read_own_headers(raw: bytes, start: int) -> tuple[str, tuple[str, ...], int]:
    """Return thread and labels, and where the message's own bytes begin."""
    thread, labels = "", None
    while True:
        if not thread and (found := _THREAD.match(raw, start)):
            thread = f"{int(found[1]):x}"
        elif labels is None and (found := _LABELS.match(raw, start)):
            labels = read_labels(found[1])
        else:
            return thread, labels or (), start
        start = found.end()


def _strip_end(raw: bytes, start: int, *, crlf: bool) -> tuple[bytes, bool]:
    """Return the message without the empty line after it.

    A file with CRLF line ends that has two LF there is of :mod:`copias.package.mbox`: they end a message that does not
    end its own last line.
    """
    for ending in (b"\r\n", b"\n\n" if crlf else b"\n"):
        end = len(raw) - len(ending)
        if end >= start and raw.endswith(ending) and (ending == b"\n\n" or raw[end - 1 : end] == b"\n"):
            return raw[start:end], True
    return raw[start:], False


def _read_date(line: re.Match[bytes]) -> int:
    zone = line["zone"]
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5])) * (-1 if zone[:1] == b"-" else 1)
    try:
        moment = datetime(
            int(line["year"]),
            _MONTHS.index(line["month"]) + 1,
            int(line["day"]),
            int(line["hour"]),
            int(line["minute"]),
            int(line["second"]),
            tzinfo=timezone(offset),
        )
    except ValueError:
        return 0
    return (moment - _EPOCH) // timedelta(milliseconds=1)
