"""Digest every table of a moment: the number of rows and two sums that do not depend on their order.

Firebird's own HASH() is a weak one: two bytes that change places at the right distance leave it as it was. So the
rows come here, and each is hashed as the message in which the server sends it: numbers with their scale, text in its
own bytes, NULL apart from empty. In such a message a blob is only a number; its content is hashed in its place.
"""

from __future__ import annotations

import hashlib
import struct
import threading
import typing as t

from copias.database.contract import TableDigest
from copias.database.firebird.session import Field, Moment, explained

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from copias.database.firebird.catalog import Table

METHOD = "firebird-message-blake2b"
NO_METHOD = "none"
"""Of a dump that was made without digests, to measure what they cost."""
_BLOB = 520
_HALVES = struct.Struct("<QQ")
_WRAP = 1 << 64
OFTEN = 4096
"""Rows between two looks at whether the digest is still wanted."""


class Abandoned(Exception):
    """Somebody else failed: the digest is of no use any more."""


def digest_tables(
    moment: Moment, tables: Iterable[Table], *, given_up: threading.Event | None = None
) -> dict[str, TableDigest]:
    """Digest the tables that have rows, by name; ``given_up`` ends it.

    Raises:
        Abandoned: ``given_up`` was set.
    """
    stop = given_up or threading.Event()
    return {table.name: _digest(moment, table, stop) for table in tables if table.has_rows}


def _digest(moment: Moment, table: Table, given_up: threading.Event) -> TableDigest:
    quoted = moment.session.quoted
    columns = ", ".join(quoted(column) for column in table.columns) or "1"
    question = f"SELECT {columns} FROM {quoted(table.name)}"  # noqa: S608 - quoted names of the catalogue
    xor = total = count = 0
    blake, halves = hashlib.blake2b, _HALVES.unpack
    with explained(f"{moment.session.whose}, tabla «{table.name}»"), moment.messages(question) as (fields, row, fetch):
        blobs = [field for field in fields if field.kind == _BLOB]
        while fetch():
            if blobs:
                message: t.Any = _with_content(moment, row, blobs)
            else:
                message = row
            first, second = halves(blake(message, digest_size=16).digest())
            xor ^= first
            total += second
            count += 1
            if not count % OFTEN and given_up.is_set():
                raise Abandoned
    return TableDigest(table.owner, table.name, count, str(xor), str(total % _WRAP))


def _with_content(moment: Moment, row: t.Any, blobs: list[Field]) -> bytes:
    """Return a row's bytes with a digest of each blob's content in the place of its number."""
    message = bytearray(row.raw)
    for field in blobs:
        content = b"\0" * 8
        if message[field.null : field.null + 2] == b"\0\0":
            digest = hashlib.blake2b(digest_size=16)
            for piece in moment.blob(bytes(message[field.offset : field.offset + 8])):
                digest.update(piece)
            # The half that fits; the other half goes behind, so that nothing of it is lost.
            content = digest.digest()[:8]
            message += digest.digest()[8:]
        message[field.offset : field.offset + 8] = content
    return bytes(message)


class Digester:
    """Digests in a thread of its own, while the dump goes on."""

    def __init__(self, moment: Moment, tables: Iterable[Table]) -> None:
        self._moment = moment
        self._tables = tuple(tables)
        self._given_up = threading.Event()
        self._found: dict[str, TableDigest] = {}
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="huellas", daemon=True)

    def __enter__(self) -> t.Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._given_up.set()
        if self._thread.is_alive():
            self._moment.session.cancel()
        self._thread.join()

    def check(self) -> None:
        """Raise what the digest failed of, if it did."""
        if self._failure is not None:
            raise self._failure

    def finish(self) -> dict[str, TableDigest]:
        """Wait for the digests and return them by table."""
        self._thread.join()
        self.check()
        return self._found

    def _run(self) -> None:
        try:
            self._found = digest_tables(self._moment, self._tables, given_up=self._given_up)
        except Abandoned:
            return
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that waits
            self._failure = error
