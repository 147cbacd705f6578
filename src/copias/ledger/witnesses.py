"""Witnesses: heads of the ledger that were kept where whoever can write the ledger cannot, or would have to as well.

A chain that was written anew from its first line, with the signing key in hand, is valid by itself. What it cannot
change are the heads that were told outside while it grew: in each row of the control sheet, in each night's row and
mail, and in the copy of the ledger that each night leaves in a repository. One of them that does not lie on the chain
proves that something before it was changed; that all do proves no more than that nothing up to the newest was.
"""

from __future__ import annotations

import hashlib
import re
import typing as t
from dataclasses import dataclass, field
from itertools import chain, pairwise

from copias.errors import BackupError
from copias.helpdesk.cells import text_of
from copias.ledger.chain import GENESIS, Head

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from copias.ledger.chain import Ledger
    from copias.office import Office

_HEAD: t.Final = re.compile(r"(?<![0-9A-Za-z])([0-9]{1,15}):([0-9a-f]{64})(?![0-9A-Za-z])")
_BLOCK: t.Final = 1 << 20
_MOST: t.Final = 100_000
"""Witnesses of one source that are looked at, the newest: a sheet is somebody else's, and may hold anything."""


@dataclass(frozen=True, order=True)
class Witness:
    """A head of the ledger that was kept elsewhere.

    Args:
        count: events that there were then.
        sha256: of the last of them.
        kept_in: where it was found, in Spanish.
    """

    count: int
    sha256: str
    kept_in: str

    @property
    def head(self) -> Head:
        """Return it as a head."""
        return Head(self.count, self.sha256)


@dataclass
class Gathered:
    """What was found outside.

    Args:
        witnesses: in the order in which they were found.
        troubles: sources that did not answer: what they keep was not compared.
        unreadable: places that mean to hold a head, and hold something else: somebody edited them.
        sources: names of the sources that answered, in Spanish.
    """

    witnesses: list[Witness] = field(default_factory=list)
    troubles: list[BackupError] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)


def gather_witnesses(office: Office) -> Gathered:
    """Ask every place outside that may hold a head; one that does not answer is told, and hides no other."""
    from copias.ledger import witness_places as places

    found = Gathered()
    for source, look in places.list_sources(office):
        try:
            kept = list(look(found.unreadable))[-_MOST:]
        except BackupError as error:
            found.troubles.append(error)
            continue
        found.sources.append(source)
        found.witnesses += kept
    return found


def find_heads(text: str) -> Iterator[Head]:
    """Yield the heads, ``COUNT:SHA256``, that a text holds, as a mail or a cell."""
    for count, digest in _HEAD.findall(text):
        yield Head(int(count), digest)


def heads_of_rows(rows: Iterable[Iterable[t.Any]]) -> Iterator[tuple[int, Head]]:
    """Yield row, from 1, and head for each head that stands in a cell of a sheet, or in two cells side by side."""
    for place, cells in enumerate(rows, start=1):
        texts = [text_of(cell).strip().lower() for cell in cells]
        joined = [f"{count}:{digest}" for count, digest in pairwise(texts)]
        for text in (*texts, *joined):
            match = _HEAD.fullmatch(text)
            if match:
                yield place, Head(int(match[1]), match[2])


def read_head(stream: t.IO[bytes]) -> Head:
    """Return the head of a ledger that is read from somewhere, whatever it is: count and last hash, no more."""
    count, last = 0, b""
    rest = b""
    while block := stream.read(_BLOCK):
        *lines, rest = (rest + block).split(b"\n")
        count += len(lines)
        last = lines[-1] if lines else last
    return Head(count, hashlib.sha256(last).hexdigest() if count else GENESIS)


def find_unmet(ledger: Ledger, witnesses: Iterable[Witness]) -> list[Witness]:
    """Return the witnesses that do not lie on a ledger, the earliest first: the first names where it was rewritten.

    Raises:
        LedgerBroken: the chain does not hold by itself.
    """
    wanted: dict[int, list[Witness]] = {}
    for witness in witnesses:
        wanted.setdefault(witness.count, []).append(witness)
    unmet: list[Witness] = []

    for head in chain((Head(),), ledger.heads()):
        unmet += [one for one in wanted.pop(head.count, ()) if one.sha256 != head.sha256]
    return sorted([*unmet, *(one for left in wanted.values() for one in left)])
