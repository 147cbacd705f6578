"""Ask a restored database a question that changes nothing."""

from __future__ import annotations

import typing as t
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal

import psycopg
from psycopg import sql

from copias.database.contract import MOST_ROWS
from copias.database.postgresql.session import connect, explained
from copias.errors import BadConfiguration, CopyFailed

if t.TYPE_CHECKING:
    from copias.database.contract import Connection, Row

PLAIN = (int, Decimal, float, str, bytes, date, datetime)
"""What a row may hold; the rest (arrays, JSON, addresses) is given as its text."""


def ask(restored: Connection, question: str, *, seconds: float) -> tuple[Row, ...]:
    """Return the first rows of an answer.

    A server-side cursor takes one SELECT and nothing else, and hands over no more rows than are wanted.

    Raises:
        BadConfiguration: the server does not understand the question; its words are in the message.
        CopyFailed: the answer takes more than ``seconds``.
    """
    whose = str(restored)
    with closing(connect(restored)) as session, explained(whose):
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        session.execute("SET LOCAL search_path = public")
        session.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(sql.Literal(max(1, int(seconds * 1000)))))
        try:
            with session.cursor(name="pregunta") as cursor:
                cursor.execute(question.strip().rstrip(";").encode())
                rows = cursor.fetchmany(MOST_ROWS)
        except psycopg.errors.QueryCanceled as error:
            raise CopyFailed(
                "una consulta de comprobación no terminó",
                whose=whose,
                why=f"tardó más de {seconds:.0f} segundos: {_shown(question)}",
                repair="simplifique la consulta o dele más tiempo",
            ) from error
        except (psycopg.ProgrammingError, psycopg.DataError, psycopg.NotSupportedError, psycopg.InternalError) as error:
            raise BadConfiguration(
                "la base de datos no entiende una consulta de comprobación",
                whose=whose,
                why=f"{error.diag.message_primary or error}: {_shown(question)}",
                repair="corrija la consulta en el inventario: un solo SELECT, con los nombres de la base de datos",
            ) from error
    return tuple(tuple(_plain(value) for value in row) for row in rows)


def _plain(value: t.Any) -> t.Any:
    return value if value is None or isinstance(value, PLAIN) else bytes(value) if _is_raw(value) else str(value)


def _is_raw(value: t.Any) -> bool:
    return isinstance(value, bytearray | memoryview)


def _shown(question: str) -> str:
    return " ".join(question.split())[:200]
