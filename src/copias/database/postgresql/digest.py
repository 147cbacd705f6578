"""Digest every table of a moment: the number of rows and two sums that do not depend on their order.

A row is hashed as its text, because the quicker hash of the record calls 1.0 and 1.00 equal, and money must not.
Its columns are in the order of their names: a restore reorders those of a child of plain inheritance.
Big tables are cut by ranges of pages: XOR and sums of the parts add up, two sessions end at the same time, and no
query runs for long.
"""

from __future__ import annotations

import queue
import threading
import typing as t
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from copias.database.contract import LargeObjects, TableDigest
from copias.database.postgresql.catalog import Relation
from copias.database.postgresql.session import Session, connect, explained
from copias.database.postgresql.snapshot import BEGIN, Snapshot
from copias.errors import NotReady

if t.TYPE_CHECKING:
    from copias.database.contract import Connection

WORKERS = 2
PART = 64 << 20
"""Bytes of a table, its long values included, that one query digests."""
PAGE = 8192
PATIENCE = 2000
"""Milliseconds that a digest waits for a lock before the session that already holds it takes over."""

HASH_XOR_SUM = "hashtextextended-xor-sum"
HASH_SUM_SUM = "hashtextextended-sum-sum"
MD5_SUM_SUM = "md5-sum-sum"
METHODS: dict[str, tuple[t.LiteralString, t.LiteralString]] = {
    HASH_XOR_SUM: (
        "coalesce(bit_xor(hashtextextended({row}, 0)), 0)::text",
        "coalesce(sum(hashtextextended({row}, 1)), 0)::text",
    ),
    # bit_xor() came with 14.
    HASH_SUM_SUM: (
        "coalesce(sum(hashtextextended({row}, 0)), 0)::text",
        "coalesce(sum(hashtextextended({row}, 1)), 0)::text",
    ),
    # hashtextextended() came with 11. The cast through bit(64) reads 16 hexadecimal digits as a signed number.
    MD5_SUM_SUM: (
        "coalesce(sum(('x' || left(md5({row}), 16))::bit(64)::int8), 0)::text",
        "coalesce(sum(('x' || right(md5({row}), 16))::bit(64)::int8), 0)::text",
    ),
}
NO_METHOD = "none"
"""Of a dump that was made without digests, to measure what they cost."""
_PIECE = 4 << 20
_LARGE_OBJECTS: t.LiteralString = """
WITH RECURSIVE piece AS (
    SELECT m.oid AS id, 0::int8 AS start, p.size, p.digest
    FROM pg_largeobject_metadata m, LATERAL (
        SELECT octet_length(d) AS size, md5(d) AS digest FROM (SELECT lo_get(m.oid, 0, {piece}) AS d OFFSET 0) x) p
    UNION ALL
    SELECT piece.id, piece.start + {piece}, p.size, p.digest
    FROM piece, LATERAL (
        SELECT octet_length(d) AS size, md5(d) AS digest
        FROM (SELECT lo_get(piece.id, piece.start + {piece}, {piece}) AS d OFFSET 0) x) p
    WHERE piece.size = {piece}
)
SELECT count(DISTINCT id), {digest} FROM piece
"""


def method_for(number: int) -> str:
    """Return the best method that a server knows; ``number`` is its ``server_version_num``."""
    if number >= 140000:
        return HASH_XOR_SUM
    return HASH_SUM_SUM if number >= 110000 else MD5_SUM_SUM


def require_method(method: str, *, whose: str) -> None:
    """Raise unless a restore can be digested in the way that its dump was.

    Raises:
        NotReady: the dump was made without digests, or by a program that knew another way.
    """
    if method not in METHODS:
        raise NotReady(
            "esa copia no se puede comparar con su restauración",
            whose=whose,
            why=f"sus huellas se hicieron con el método «{method}»",
            repair="use otra copia; las copias normales siempre llevan huellas",
        )


@dataclass(frozen=True)
class Part:
    """Some pages of a table, up to its end when ``last`` is ``None``; ``weight`` is in bytes."""

    relation: Relation
    first: int = 0
    last: int | None = None
    weight: int = 0


@dataclass
class _Sum:
    """What the parts of one table add up to."""

    rows: int = 0
    xor: int = 0
    total: int = 0

    def add(self, rows: int, xor: str, total: str, *, xored: bool) -> None:
        self.rows += rows
        self.xor = self.xor ^ int(xor) if xored else self.xor + int(xor)
        self.total += int(total)


def cut(relations: t.Iterable[Relation], *, by_pages: bool, part_bytes: int = PART) -> tuple[Part, ...]:
    """Cut tables into parts of about that many bytes, the biggest first. Ranges of pages need PostgreSQL 14."""
    parts: list[Part] = []
    for relation in relations:
        pages = relation.main_bytes // PAGE
        count = min(pages, -(-relation.all_bytes // part_bytes)) if by_pages and not relation.condition else 0
        if not relation.has_rows:
            continue
        if count < 2:
            parts.append(Part(relation, weight=relation.all_bytes))
            continue
        edges = [pages * k // count for k in range(count)]
        # The last part has no upper bound: a table may have grown since it was measured.
        ends: list[int | None] = [*edges[1:], None]
        weight = relation.all_bytes // count
        parts += [Part(relation, first, last, weight) for first, last in zip(edges, ends, strict=True)]
    return tuple(sorted(parts, key=lambda part: -part.weight))


def query(part: Part, method: str) -> sql.Composed:
    """Return the statement that digests one part."""
    relation = part.relation
    columns = sql.SQL(", ").join(sql.Identifier("t", column) for column in relation.columns)
    xor, total = (sql.SQL(form).format(row=sql.SQL("line")) for form in METHODS[method])
    where: sql.Composable = sql.SQL(relation.condition)  # the extension's own SQL, as pg_dump uses it
    bounds = [sql.SQL("ctid >= {}::tid").format(sql.Literal(f"({part.first},0)"))] if part.first else []
    if part.last is not None:
        bounds.append(sql.SQL("ctid < {}::tid").format(sql.Literal(f"({part.last},0)")))
    if bounds:
        where = sql.SQL("WHERE {}").format(sql.SQL(" AND ").join(bounds))
    table = sql.Identifier(relation.schema, relation.table)
    # OFFSET 0 keeps the planner from writing the row's text twice, once for each sum: half of the time.
    rows = sql.SQL("SELECT ROW({})::text AS line FROM ONLY {} t {} OFFSET 0").format(columns, table, where)
    return sql.SQL("SELECT count(*), {}, {} FROM ({}) AS rows").format(xor, total, rows)


@dataclass
class Digester:
    """Digests in its own threads and sessions while the caller does something else.

    With a snapshot the sessions enter it; without one the database must be quiet. May be closed at any time.
    """

    connection: Connection
    relations: tuple[Relation, ...]
    method: str
    snapshot: Snapshot | None = None
    workers: int = WORKERS
    part_bytes: int = PART
    _sums: dict[int, _Sum] = field(default_factory=dict)
    _blocked: list[Part | None] = field(default_factory=list)
    _failures: list[BaseException] = field(default_factory=list)
    _sessions: list[Session] = field(default_factory=list)
    _large: LargeObjects = field(default_factory=LargeObjects)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> t.Self:
        by_pages = self.method == HASH_XOR_SUM
        self._parts: queue.SimpleQueue[Part | None] = queue.SimpleQueue()
        for part in cut(self.relations, by_pages=by_pages, part_bytes=self.part_bytes):
            self._parts.put(part)
        self._parts.put(None)  # the large objects
        self._sums.update({relation.oid: _Sum() for relation in self.relations if relation.has_rows})
        self._threads = [threading.Thread(target=self._work, name="huellas", daemon=True) for _ in range(self.workers)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._failures.append(InterruptedError())  # the threads take no more parts
            open_ones = tuple(self._sessions)
        for session in open_ones:
            with suppress(psycopg.Error):  # it may have ended, or the server be gone: then so is the query
                session.cancel_safe(timeout=5)
        for thread in self._threads:
            thread.join()

    def check(self) -> None:
        """Raise what a thread ran into, if anything."""
        if self._failures:
            raise self._failures[0]

    def finish(self) -> tuple[tuple[TableDigest, ...], LargeObjects]:
        """Wait for the threads and return all digests, by name, and that of the large objects."""
        for thread in self._threads:
            thread.join()
        self.check()
        if self._blocked:
            self._take_over()
        tables = []
        for relation in self.relations:
            if relation.has_rows:
                found = self._sums[relation.oid]
                digest = TableDigest(relation.schema, relation.table, found.rows, str(found.xor), str(found.total))
                tables.append(digest)
        return tuple(tables), self._large

    def _work(self) -> None:
        # The sessions are opened here: the dump program must not wait for them, see the driver's DUMP_LOCK_WAIT.
        try:
            with self._open() as session:
                while not self._failures:
                    self._digest_or_defer(session, self._parts.get_nowait())
        except queue.Empty:
            return
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread by check()
            self._failures.append(error)

    @contextmanager
    def _open(self) -> t.Iterator[Session]:
        with closing(connect(self.connection)) as session, explained(str(self.connection)):
            if self.snapshot is not None:
                session.execute(BEGIN)
                session.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(self.snapshot.id)))
                session.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(PATIENCE)))
            with self._lock:
                self._sessions.append(session)
            try:
                yield session
            finally:
                with self._lock:
                    self._sessions.remove(session)

    def _digest_or_defer(self, session: Session, part: Part | None) -> None:
        """Digest a part; when somebody queues for its table behind us, leave it to the session that holds it."""
        try:
            with session.transaction():
                self._digest(session, part)
        except psycopg.errors.LockNotAvailable:
            with self._lock:
                self._blocked.append(part)

    def _take_over(self) -> None:
        if self.snapshot is None:
            raise AssertionError("only a snapshot's sessions give up on locks")
        with explained(str(self.connection)):
            for part in self._blocked:
                self._digest(self.snapshot.session, part)

    def _digest(self, session: Session, part: Part | None) -> None:
        if part is None:
            self._large = self._digest_large_objects(session)
            return
        row = session.execute(query(part, self.method)).fetchone()
        if row is None:
            raise AssertionError("an aggregate always returns a row")
        with self._lock:
            self._sums[part.relation.oid].add(*row, xored=self.method == HASH_XOR_SUM)

    def _digest_large_objects(self, session: Session) -> LargeObjects:
        row = sql.SQL("(id || ':' || start || ':' || digest)")
        total = sql.SQL(METHODS[self.method][1]).format(row=row)
        found = session.execute(sql.SQL(_LARGE_OBJECTS).format(piece=sql.Literal(_PIECE), digest=total)).fetchone()
        return LargeObjects(*found) if found else LargeObjects()


class NoDigester:
    """Stands for a :class:`Digester` where none is wanted: no table, no object, never a failure."""

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End nothing."""

    def check(self) -> None:
        """Find nothing wrong."""

    def finish(self) -> tuple[tuple[TableDigest, ...], LargeObjects]:
        """Return no digests."""
        return (), LargeObjects()
