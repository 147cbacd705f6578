"""Ask a restored database a question that changes nothing."""

from __future__ import annotations

import typing as t
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal

from firebird.driver import DatabaseError, StatementType
from firebird.driver.core import BlobReader
from firebird.driver.core import Connection as Attached

from copias.database.contract import MOST_ROWS
from copias.database.firebird.faults import words_of
from copias.database.firebird.session import DIALECT, SNAPSHOT, attach, connect, dsn, time_limit
from copias.errors import BackupError, BadConfiguration, CopyFailed

if t.TYPE_CHECKING:
    from firebird.driver.interfaces import iAttachment

    from copias.database.contract import Connection, Row

PLAIN = (int, Decimal, float, str, bytes, date, datetime)
"""What a row may hold; the rest (a time of day, an array) is given as its text."""
WITHOUT = "WIN1252"
"""How text is read of a database that does not say how it was written: as the programs of its time wrote it."""


def ask_restored(restored: Connection, question: str, *, seconds: float) -> tuple[Row, ...]:
    """Return the first rows of an answer. One SELECT is taken and no more.

    Raises:
        BadConfiguration: the server does not understand the question; its words are in the message.
        CopyFailed: the answer takes more than ``seconds``.
    """
    with closing(connect(restored)) as session:
        ((charset,),) = session.ask("SELECT RDB$CHARACTER_SET_NAME FROM RDB$DATABASE")
    charset = WITHOUT if charset in {None, "NONE"} else "UTF8"
    handle, options = attach(restored, charset=charset)
    whose = str(restored)
    with closing(Attached(handle, dsn(restored), options, DIALECT, charset)) as attached:
        return _in_time(attached, handle, question, seconds, whose)


def _in_time(attached: Attached, handle: iAttachment, question: str, seconds: float, whose: str) -> tuple[Row, ...]:
    with time_limit(handle, seconds) as over:
        try:
            return _rows(attached, question.strip().rstrip(";"), whose)
        except (DatabaseError, UnicodeError) as error:
            if over.is_set():
                raise _too_long(question, seconds, whose) from error
            raise _refused(words_of(error), question, whose) from error


def _rows(attached: Attached, question: str, whose: str) -> tuple[Row, ...]:
    transaction = attached.transaction_manager(default_tpb=SNAPSHOT)
    transaction.begin()
    try:
        with transaction.cursor() as cursor, cursor.prepare(question) as statement:
            if statement.type not in {StatementType.SELECT, StatementType.SELECT_FOR_UPD}:
                raise _refused("no es un SELECT", question, whose)
            cursor.execute(statement)
            return tuple(tuple(_plain(value) for value in row) for row in cursor.fetchmany(MOST_ROWS))
    finally:
        transaction.rollback()
        transaction.close()


def _too_long(question: str, seconds: float, whose: str) -> BackupError:
    return CopyFailed(
        "una consulta de comprobación no terminó",
        whose=whose,
        why=f"tardó más de {seconds:.0f} segundos: {_shown(question)}",
        repair="simplifique la consulta o dele más tiempo",
    )


def _refused(why: str, question: str, whose: str) -> BackupError:
    return BadConfiguration(
        "la base de datos no entiende una consulta de comprobación",
        whose=whose,
        why=f"{why}: {_shown(question)}",
        repair="corrija la consulta en el inventario: un solo SELECT, con los nombres de la base de datos",
    )


def _plain(value: t.Any) -> t.Any:
    if isinstance(value, BlobReader):
        with value:
            return value.read()
    if isinstance(value, str):
        return value.rstrip(" ")  # of a CHAR, which is filled up with them
    return value if value is None or isinstance(value, PLAIN) else str(value)


def _shown(question: str) -> str:
    return " ".join(question.split())[:200]
