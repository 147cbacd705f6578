"""Make a new database as the one of a dump was: its encoding, and the order in which it sorts text."""

from __future__ import annotations

import re
import typing as t
from contextlib import closing

import psycopg
from psycopg import sql

from copias.database.children import run_tool
from copias.database.postgresql.session import connect, explained
from copias.database.postgresql.wording import readable
from copias.errors import CopyFailed

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.database.contract import Connection, DumpRecord
    from copias.database.postgresql.session import Session
    from copias.database.postgresql.tools import Tools

PROVIDERS_SINCE: t.Final = 15
FALLBACK_LOCALES: t.Final = ("C.UTF-8", "C.utf8", "C")
_CREATED: t.Final = re.compile(
    r"^--\n-- Name: [^\n]*; Type: DATABASE; Schema: -; Owner: [^\n]*\n--\n\nCREATE DATABASE (?:[^;']|'(?:[^']|'')*')+;",
    re.MULTILINE,
)
_PROVIDER: t.Final = re.compile(r" LOCALE_PROVIDER = (?:icu|builtin)\b")
_OF_PROVIDER: t.Final = re.compile(r" (?:ICU_LOCALE|ICU_RULES|BUILTIN_LOCALE) = '(?:[^']|'')*'")
_ORDER: t.Final = "SELECT datcollate, datctype FROM pg_database WHERE datname = current_database()"


def read_order(dump: Path, record: DumpRecord, *, tools: Tools, whose: str) -> str:
    """Return the SQL of who sorts the text of a dump's database, empty where the operating system does."""
    if record.major < PROVIDERS_SINCE:
        return ""
    command = [tools["pg_restore"], "--create", "--schema-only", "--file=-", str(dump)]
    try:
        text = run_tool(command, whose=whose, what="leer cómo era la base de datos")
    except CopyFailed:  # what is wrong with the dump, its restore tells
        return ""
    return find_order(readable(text.decode("utf-8", "surrogateescape"), record.encoding))


def find_order(text: str) -> str:
    """Find it in what pg_restore writes with ``--create``."""
    created = _CREATED.search(text)
    provider = _PROVIDER.search(created[0]) if created else None
    if created is None or provider is None:
        return ""
    return provider[0] + "".join(_OF_PROVIDER.findall(created[0]))


def create_database(session: Session, name: str, record: DumpRecord, order: str, *, private: bool) -> None:
    """Create it as the source is; where this server lacks the source's locale, in C: digests do not depend on it.

    ``order`` is as :func:`read_order` has it; a ``private`` server may lack that too.
    """
    failure: psycopg.Error | None = None
    locales = ((record.collation, record.ctype), *((name, name) for name in FALLBACK_LOCALES))
    for provider in dict.fromkeys((order, "") if private else (order,)):
        for collation, ctype in locales:
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}").format(
                sql.Identifier(name), sql.Literal(record.encoding), sql.Literal(collation), sql.Literal(ctype)
            )
            try:
                session.execute(statement + sql.SQL(provider))
            except (
                psycopg.errors.WrongObjectType,
                psycopg.errors.InvalidParameterValue,
                psycopg.errors.FeatureNotSupported,
            ) as error:
                failure = error
            else:
                return
    if failure is not None:
        raise failure


def warn_of_order(restored: Connection, record: DumpRecord) -> tuple[str, ...]:
    """Say so in Spanish when a restored database sorts text in another way than the one that was copied."""
    with closing(connect(restored)) as session, explained(str(restored)):
        found = session.execute(_ORDER).fetchone()
    wanted = (record.collation, record.ctype)
    if found is None or [_plain(name) for name in found] == [_plain(name) for name in wanted]:
        return ()
    words = (
        f"El servidor no tiene la configuración regional «{record.collation}» y la base quedó con «{found[0]}»: los"
        " datos son los mismos, pero los listados pueden salir en otro orden, y las mayúsculas con tildes y eñes no"
        " encontrarse. Antes de usarla, haga instalar esa configuración en el servidor, bórrela y restaure otra vez"
    )
    return (words,)


def _plain(locale: str) -> str:
    """Return a locale's name as the system compares it: ``es_CO.UTF-8`` and ``es_CO.utf8`` are one."""
    return locale.lower().replace("-", "")
