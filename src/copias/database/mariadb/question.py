"""Ask a restored database a question that changes nothing."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal

from pymysql import err

from copias.database.contract import MOST_ROWS
from copias.database.mariadb.restore import OWNER, READER
from copias.database.mariadb.session import TOO_LONG, ask, code_of, connect, explained, words_of
from copias.errors import BackupError, BadConfiguration, CopyFailed

if t.TYPE_CHECKING:
    from copias.database.contract import Connection, Row

_READS = re.compile(r"\s*(?:SELECT|WITH)\b", re.IGNORECASE)
PLAIN = (int, Decimal, float, str, bytes, date, datetime)
"""What a row may hold; the rest (a time of day) is given as its text."""


def ask_restored(restored: Connection, question: str, *, seconds: float) -> tuple[Row, ...]:
    """Return the first rows of an answer.

    One statement is taken and no more, by an account that only reads: a transaction that only reads would end, unasked,
    at the first statement that defines something.

    Raises:
        BadConfiguration: the server does not understand the question; its words are in the message.
        CopyFailed: the answer takes more than ``seconds``.
    """
    # Where the server is not ours, nobody but its own account comes in: it is told what it may be asked.
    reader = dataclasses.replace(restored, user=READER) if restored.user == OWNER else restored
    if reader is restored and not _READS.match(question):
        raise _refused("no es un SELECT", question, str(restored))
    with closing(connect(reader)) as session, explained(str(restored)):
        ask(session, "SET SESSION max_statement_time = %s", (max(0.001, seconds),))
        ask(session, "SET SESSION sql_select_limit = %s", (MOST_ROWS,))
        ask(session, "START TRANSACTION READ ONLY")
        try:
            rows = ask(session, question.strip().rstrip(";"))[:MOST_ROWS]
        except err.MySQLError as error:
            raise _not_answered(error, question, str(restored)) from error
    return tuple(tuple(_plain(value) for value in row) for row in rows)


def _not_answered(error: err.MySQLError, question: str, whose: str) -> BackupError:
    shown = " ".join(question.split())[:200]
    if code_of(error) in TOO_LONG:
        return CopyFailed(
            "una consulta de comprobación no terminó",
            whose=whose,
            why=f"{words_of(error)}: {shown}",
            repair="simplifique la consulta o dele más tiempo",
        )
    return _refused(words_of(error), question, whose)


def _refused(why: str, question: str, whose: str) -> BackupError:
    return BadConfiguration(
        "la base de datos no entiende una consulta de comprobación",
        whose=whose,
        why=f"{why}: {' '.join(question.split())[:200]}",
        repair="corrija la consulta en el inventario: un solo SELECT, con los nombres de la base de datos",
    )


def _plain(value: t.Any) -> t.Any:
    return value if value is None or isinstance(value, PLAIN) else str(value)
