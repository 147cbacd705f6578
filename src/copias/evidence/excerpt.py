"""An excerpt of the ledger that may leave the house: some lines as they are, of the others their SHA-256 only.

One line for each line of the ledger from the first that is shown to the head: the very bytes of what belongs to the
pack, else ``{"n":12,"sha256":"…"}``. What it proves by itself: each shown line names the hash of the line before it,
shown or not, and the last hash is the head. What it does not: that a line of which only the hash is here names the one
before it. Whoever has the ledger can compare every hash with it, and heads kept outside with the hashes here.
"""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass

import orjson

from copias.errors import LedgerBroken
from copias.ledger import Event, Head

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copias.ledger import Ledger


@dataclass(frozen=True, kw_only=True)
class Excerpt:
    """What was taken from a ledger.

    Args:
        events: that are shown, in order.
        first: number of the first line; 0 when nothing is shown.
        head: of the ledger at that moment.
        withheld: lines of which only the hash is there.
        as_of: moment of the last line, shown or not, ISO 8601.
    """

    events: tuple[Event, ...]
    first: int
    head: Head
    withheld: int
    as_of: str


def write_excerpt(ledger: Ledger, path: Path, *, shown: t.Callable[[Event], bool], until: Head) -> Excerpt:
    """Write the excerpt of a ledger to a file, and verify the chain on the way.

    Args:
        ledger: of this installation; it may grow meanwhile.
        path: of the new file.
        shown: tells whether a line belongs to the pack.
        until: the head up to which it goes.

    Raises:
        LedgerBroken: the chain does not hold; the line is named.
    """
    events: list[Event] = []
    first = withheld = 0
    as_of = ""
    with path.open("wb") as stream:
        for line, head in _lines(ledger, until):
            event = Event(**orjson.loads(line))
            as_of = event.time
            if shown(event):
                events.append(event)
                first = first or event.n
                stream.write(line + b"\n")
            elif first:
                withheld += 1
                stream.write(b'{"n":%d,"sha256":"%s"}\n' % (head.count, head.sha256.encode()))
    return Excerpt(events=tuple(events), first=first, head=until, withheld=withheld, as_of=as_of)


def _lines(ledger: Ledger, until: Head) -> Iterator[tuple[bytes, Head]]:
    """Yield the lines up to a head, each with the head after it."""
    head = Head()
    for line in ledger.lines():
        if head == until:
            return
        end = b'"previous":"%s"}' % head.sha256.encode()
        if not (line.startswith(b'{"n":%d,' % (head.count + 1)) and line.endswith(end)):
            break
        head = Head(head.count + 1, hashlib.sha256(line).hexdigest())
        yield line, head
    if head != until:
        raise LedgerBroken(
            f"la bitácora no es válida en la línea {head.count + 1}",
            whose=str(ledger.path),
            why="no encadena con la línea anterior: fue cambiada, quitada o puesta después",
            repair="no la edite; compare con la copia de la NAS y llame al administrador",
        )
