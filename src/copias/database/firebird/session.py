"""Connect to Firebird, and read rows as the server sends them.

Firebird's driver for Python decodes each value of each row, which costs ten times what the rest does, and it loses
text that is not what its column says. So rows are read here as the messages that they come in: the digest needs no
more, and the catalogue's few kinds of values are soon decoded.
"""

from __future__ import annotations

import ctypes
import threading
import typing as t
from contextlib import ExitStack, contextmanager, suppress

from firebird.driver import DatabaseError, Isolation, TraAccessMode, tpb
from firebird.driver.core import DPB
from firebird.driver.fbapi import ISC_QUAD, get_api
from firebird.driver.types import CancelType, CursorFlag, StateResult

from copias.database.firebird.faults import explain, refusal
from copias.errors import BadConfiguration, NotReady

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from firebird.driver.interfaces import iAttachment, iTransaction

    from copias.database.contract import Connection, Row

CONNECT_TIMEOUT = 20
SNAPSHOT = tpb(isolation=Isolation.SNAPSHOT, access_mode=TraAccessMode.READ)
"""What a transaction sees does not change while it lives, and it changes nothing."""
DIALECT = 3
_PIECE = 1 << 15  # a number of 16 bits on the line
_VARYING, _TEXT, _DOUBLE, _FLOAT, _LONG, _SHORT, _BLOB, _BIGINT = 448, 452, 480, 482, 496, 500, 520, 580
_NUMBERS: dict[int, tuple[int, t.Any]] = {
    _SHORT: (2, ctypes.c_int16),
    _LONG: (4, ctypes.c_int32),
    _BIGINT: (8, ctypes.c_int64),
    _DOUBLE: (8, ctypes.c_double),
    _FLOAT: (4, ctypes.c_float),
}


class Field(t.NamedTuple):
    """Where a column lies in a message; the offsets and the length are in bytes."""

    kind: int
    offset: int
    null: int
    length: int


class Session:
    """One attachment to a database. It may be used by one thread at a time. Close it when done."""

    def __init__(self, handle: iAttachment, whose: str) -> None:
        self.handle = handle
        self.whose = whose
        self.dialect = DIALECT
        ((dialect,),) = self.ask("SELECT MON$SQL_DIALECT FROM MON$DATABASE")
        self.dialect = int(dialect)

    def begin(self) -> Moment:
        """Start a transaction that reads what is committed now, and nothing later."""
        with explained(self.whose):
            return Moment(self, self.handle.start_transaction(SNAPSHOT))

    def ask(self, question: str) -> list[Row]:
        """Answer one question in a transaction of its own."""
        moment = self.begin()
        try:
            return moment.ask(question)
        finally:
            moment.end()

    def quoted(self, name: str) -> str:
        """Return a name as SQL wants it; dialect 1 takes no quotes and has only plain names."""
        return name if self.dialect == 1 else '"' + name.replace('"', '""') + '"'

    def cancel(self) -> None:
        """Stop what the server does for this session; may be called from another thread."""
        with suppress(DatabaseError):
            self.handle.cancel_operation(CancelType.RAISE)

    def close(self) -> None:
        """End the session; a line that is dead already is no error."""
        with suppress(DatabaseError):
            self.handle.detach()


class Moment:
    """A transaction that sees the database as it was when it began."""

    def __init__(self, session: Session, transaction: iTransaction) -> None:
        self.session = session
        self._transaction = transaction

    def ask(self, question: str) -> list[Row]:
        """Return all rows: ``None``, ``int``, ``float``, ``str`` without the blanks at its end, ``bytes`` of a blob."""
        with explained(self.session.whose), self.messages(question) as (fields, buffer, fetch):
            rows = []
            while fetch():
                rows.append(tuple(self._value(buffer, field) for field in fields))
            return rows

    @contextmanager
    def messages(self, question: str) -> Iterator[tuple[tuple[Field, ...], t.Any, t.Callable[[], bool]]]:
        """Yield the columns, a buffer, and a function that reads the next row into it or returns false."""
        session = self.session
        with ExitStack() as opened:
            statement = session.handle.prepare(self._transaction, question, session.dialect)
            opened.callback(_quietly, statement.free)
            meta = statement.get_output_metadata()
            opened.callback(meta.release)
            fields = tuple(
                Field(meta.get_type(i) & ~1, meta.get_offset(i), meta.get_null_offset(i), meta.get_length(i))
                for i in range(meta.get_count())
            )
            buffer = ctypes.create_string_buffer(meta.get_message_length())
            result = statement.open_cursor(self._transaction, None, None, meta, CursorFlag.NONE)
            opened.callback(_quietly, result.close)
            fetch_next, status = result.vtable.fetchNext, result.status

            def fetch() -> bool:
                # Its own fetch_next() asks for the state after every row, which takes twice as long as the row.
                if fetch_next(result, status, buffer) == 0:
                    return True
                result._check()  # noqa: SLF001
                return False

            yield fields, buffer, fetch

    def blob(self, identity: bytes) -> Iterator[bytes]:
        """Yield the content of a blob as it is stored, in pieces."""
        blob = self.session.handle.open_blob(self._transaction, ISC_QUAD.from_buffer_copy(identity))
        piece = ctypes.create_string_buffer(_PIECE)
        got = ctypes.c_uint(0)
        try:
            while blob.get_segment(_PIECE, piece, ctypes.byref(got)) in {StateResult.OK, StateResult.SEGMENT}:
                yield piece.raw[: got.value]
        finally:
            with suppress(DatabaseError):
                blob.close()

    def end(self) -> None:
        """End the transaction; nothing was changed in it."""
        with suppress(DatabaseError):
            self._transaction.rollback()

    def _value(self, buffer: t.Any, field: Field) -> t.Any:
        if buffer[field.null : field.null + 2] != b"\0\0":
            return None
        if field.kind in _NUMBERS:
            size, number = _NUMBERS[field.kind]
            return number.from_buffer_copy(buffer[field.offset : field.offset + size]).value
        if field.kind == _BLOB:
            return b"".join(self.blob(buffer[field.offset : field.offset + 8]))
        start, length = field.offset, field.length
        if field.kind == _VARYING:
            length = int.from_bytes(buffer[start : start + 2], "little")
            start += 2
        elif field.kind != _TEXT:
            return bytes(buffer[start : start + length])
        return bytes(buffer[start : start + length]).decode("utf-8", "surrogateescape").rstrip(" ")


def _quietly(act: t.Callable[[], object]) -> None:
    """End something; on a line that is dead already it is no error."""
    with suppress(DatabaseError):
        act()


def dsn(connection: Connection) -> str:
    """Return the database's name with its server.

    Raises:
        BadConfiguration: there is no server in it; the file would be opened by this very process.
    """
    if not connection.host or connection.host.startswith("/"):
        raise BadConfiguration(
            "Firebird solo se copia por la red",
            whose=str(connection),
            why=f"host es «{connection.host}»",
            repair="escriba en host el nombre o la dirección del servidor; para esta misma máquina, 127.0.0.1",
        )
    return f"{connection.host}/{connection.port}:{connection.database}"


def attach(connection: Connection, *, role: str = "", charset: str = "NONE") -> tuple[iAttachment, bytes]:
    """Open the line to a database, and return it with the options that it was opened with.

    The database's own triggers do not run in it; with ``NONE`` text is not converted.

    Raises:
        SourceUnavailable: nobody answers, or the database is shut down.
        NotReady: the server refuses this user or its password, or there is no client library.
        BadConfiguration: there is no such database, or the password file is missing.
    """
    password, name = connection.password(), dsn(connection)
    try:
        api = get_api()
    except Exception as error:
        raise NotReady(
            "falta la biblioteca cliente de Firebird",
            whose=str(connection),
            why=str(error),
            repair="instale el paquete libfbclient2",
        ) from error
    options = DPB(
        user=connection.user,
        password=password or "",
        role=role or None,
        timeout=CONNECT_TIMEOUT,
        charset=charset,
        no_gc=True,
        no_db_triggers=True,
    ).get_buffer()
    try:
        with api.master.get_dispatcher() as provider:
            handle = provider.attach_database(name, options, "utf-8")
    except DatabaseError as error:
        raise refusal(error, connection, password) from None  # the chained error is the driver's, unscrubbed
    handle.encoding = "utf-8"  # of names, and of questions
    return handle, options


def connect(connection: Connection, *, role: str = "") -> Session:
    """Open a session that reads bytes as they are; see :func:`attach`."""
    handle, _ = attach(connection, role=role)
    return Session(handle, str(connection))


@contextmanager
def explained(whose: str) -> Iterator[None]:
    """Turn what the server raises while we read into our own errors."""
    try:
        yield
    except DatabaseError as error:
        raise explain(error, whose) from error


@contextmanager
def time_limit(handle: iAttachment, seconds: float) -> Iterator[threading.Event]:
    """Cancel what the server does after ``seconds``; the event tells that it was."""
    over = threading.Event()

    def stop() -> None:
        over.set()
        with suppress(DatabaseError):
            handle.cancel_operation(CancelType.RAISE)

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield over
    finally:
        timer.cancel()
