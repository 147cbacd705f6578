"""Restore a dump into a new database of a server that is not ours, beside databases that live there.

MariaDB renames no database. So it has its own name from the start, and a comment that says what it is until it was
compared; nobody but the server's administrators has a privilege in it by then.
"""

from __future__ import annotations

import dataclasses
import mmap
import re
import typing as t
from contextlib import closing, suppress

from pymysql import err

from copias.database.mariadb.catalog import read_facts
from copias.database.mariadb.restore import fill_database, pattern_of, require_end
from copias.database.mariadb.session import ask, code_of, connect, explained, quoted, words_of
from copias.database.mariadb.tools import client_program, series_of
from copias.errors import BackupError, BadInput, NotEqual, NotReady

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copias.database.contract import Connection, DumpRecord
    from copias.database.mariadb.session import Session
    from copias.progress import Report

ENTRANCE: t.Final = "information_schema"
"""The database of every server, to connect to for making others."""
MARK: t.Final = "copias: restauración sin terminar"
MARKS_SINCE: t.Final = 1005
"""The series from which on a database has a comment."""
_EVENT: t.Final = "EVENT "
"""What the name of an event begins with in a record's schema."""
_EXISTS: t.Final = 1007
_FORBIDDEN: t.Final = frozenset({1044, 1142, 1143, 1227, 1370, 1410})
_REFUSED: t.Final = re.compile(r"\bERROR (?:1044|1045|1142|1143|1227|1370|1419) ")
"""What the client says of the account, which says nothing of the dump."""
_DEFINER: t.Final = re.compile(
    rb"^(?:/\*!5\d{4} (?:CREATE\*/ /\*!5\d{4} )?|CREATE )DEFINER=`((?:[^`\n]|``)*)`@`((?:[^`\n]|``)*)`", re.MULTILINE
)
"""Who made a view, routine, trigger or event. A line of a dump that begins so comes from no value."""
_MENTIONS: t.Final = (
    "SELECT TABLE_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s AND COLUMN_DEFAULT REGEXP %s",
    "SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s AND ROUTINE_DEFINITION REGEXP %s",
    "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s AND ACTION_STATEMENT REGEXP %s",
    "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s AND EVENT_DEFINITION REGEXP %s",
    "SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = %s AND VIEW_DEFINITION REGEXP %s",
)


def restore_unfinished(
    dump: Path, server: Connection, record: DumpRecord, *, report: Report, seconds: float
) -> Connection:
    """Restore into the new database, marked, and return how to reach it; what fails leaves none.

    Accounts in whose name its objects run, and that the server has not, are made there, locked.

    Args:
        dump: the file.
        server: its account may create databases; ``database`` is the name that is wanted, which must be free.
        record: of the dump.
        report: told the bytes of the dump that were taken.
        seconds: that it may take.

    Raises:
        BadInput: a database of that name exists.
        NotReady: the account may not do that, the server is of another version, or it would run the copy's events.
        NotEqual: the dump does not restore.
    """
    whose = str(server)
    require_end(dump, whose)
    client = client_program(whose=whose)
    with closing(connect(dataclasses.replace(server, database=ENTRANCE))) as session, explained(whose):
        _require_fit(session, server, record)
        _require_no_events(session, server, record)
        _drop_left(session, server)
        _create_database(session, server, record)
    try:
        _create_definers(dump, server)
        fill_database(dump, server, client, report=report, seconds=seconds, whose=whose)
    except BaseException as error:
        with suppress(BackupError):
            drop_unfinished(server)
        if isinstance(error, NotEqual) and _REFUSED.search(error.why):
            raise _not_permitted(server, error.why) from error
        raise
    return server


def give_name(unfinished: Connection) -> Connection:
    """Take the mark off."""
    with closing(connect(unfinished)) as session, explained(str(unfinished)):
        ask(session, f"ALTER DATABASE {quoted(unfinished.database)} COMMENT ''")
    return unfinished


def drop_unfinished(unfinished: Connection) -> None:
    """Remove a database that has the mark, and never another."""
    with closing(connect(dataclasses.replace(unfinished, database=ENTRANCE))) as session, explained(str(unfinished)):
        if _comment(session, unfinished.database) != MARK:
            raise ValueError(unfinished.database)
        ask(session, f"DROP DATABASE {quoted(unfinished.database)}")


def warn_of_mentions(restored: Connection, record: DumpRecord) -> tuple[str, ...]:
    """Say which objects name the database that was copied: they go on reading or writing in that one."""
    name = record.database
    if name == restored.database:
        return ()
    mention = f"(^|[^A-Za-z0-9_$`])(`{_literal(quoted(name)[1:-1])}`|{_literal(name)})[.]"
    with closing(connect(restored)) as session, explained(str(restored)):
        found = {str(row[0]) for asked in _MENTIONS for row in ask(session, asked, (restored.database, mention))}
    if not found:
        return ()
    shown = ", ".join(f"«{one}»" for one in sorted(found)[:10])
    return (f"Antes de usarla, corrija lo que nombra a la base {name}, porque actuaría sobre ella: {shown}",)


def _literal(name: str) -> str:
    """Return a name that stands for itself in the server's regular expressions."""
    return re.sub(r"[^A-Za-z0-9_ ]", lambda found: f"[{found[0]}]" if found[0] not in "\\^]" else "\\" + found[0], name)


def _require_fit(session: Session, server: Connection, record: DumpRecord) -> None:
    facts = read_facts(session, ENTRANCE)
    by_file = "use un servidor de esa versión, o saque el volcado a una carpeta: --to ./carpeta"
    if not facts.mariadb or facts.major < MARKS_SINCE or facts.major != record.major:
        raise NotReady(
            "el servidor es de otra versión que la copia, y lo restaurado no se podría comparar",
            whose=str(server),
            why=f"el servidor es {facts.version} y la copia es de la serie {series_of(record.major)}",
            repair=by_file,
        )
    if facts.ctype != record.ctype:
        raise NotReady(
            "el servidor trata las mayúsculas de los nombres de otra manera que el de la copia",
            whose=str(server),
            why=f"aquí {facts.ctype} y en la copia {record.ctype}",
            repair=by_file,
        )


def _require_no_events(session: Session, server: Connection, record: DumpRecord) -> None:
    """Refuse where the copy's events would work from the moment they are made, on the live database if they name it."""
    events = [name.rpartition(".")[2] for name in sorted(record.schema) if name.startswith(_EVENT)]
    ((scheduler,),) = ask(session, "SELECT @@GLOBAL.event_scheduler")
    if not events or str(scheduler).upper() != "ON":
        return
    shown = ", ".join(f"«{name}»" for name in events[:5])
    raise NotReady(
        "el servidor empezaría a ejecutar los eventos de la copia antes de que nadie los revise",
        whose=str(server),
        why=f"tiene event_scheduler=ON y la copia trae {len(events)} eventos: {shown}",
        repair="apáguelos mientras tanto (SET GLOBAL event_scheduler = OFF), use otro servidor, o saque el volcado a "
        "una carpeta: --to ./carpeta",
    )


def _comment(session: Session, name: str) -> str | None:
    """Return what a database's comment says; ``None`` when there is no such database."""
    asked = "SELECT SCHEMA_COMMENT FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s"
    return next((str(row[0]) for row in ask(session, asked, (name,))), None)


def _drop_left(session: Session, server: Connection) -> None:
    """Remove what a restore that was killed left under this name."""
    if _comment(session, server.database) == MARK:
        ask(session, f"DROP DATABASE {quoted(server.database)}")


def _create_database(session: Session, server: Connection, record: DumpRecord) -> None:
    statement = (
        f"CREATE DATABASE {quoted(server.database)} CHARACTER SET {quoted(record.encoding)}"
        f" COLLATE {quoted(record.collation)} COMMENT %s"
    )
    try:
        ask(session, statement, (MARK,))
    except err.MySQLError as error:
        if code_of(error) == _EXISTS:
            raise BadInput(
                "ya existe una base de datos con ese nombre, y nunca se escribe sobre una",
                whose=str(server),
                repair="dé otro nombre con --to",
            ) from None
        if code_of(error) in _FORBIDDEN:
            raise _not_permitted(server, words_of(error)) from error
        raise


def _create_definers(dump: Path, server: Connection) -> None:
    """Make the accounts that objects run as and that are not there: a view with a function is not made without."""
    with closing(connect(dataclasses.replace(server, database=ENTRANCE))) as session, explained(str(server)):
        try:
            for user, host in sorted(set(_definers(dump))):
                account = f"{quoted(user)}@{quoted(host)}"
                if not user or ask(session, "SELECT 1 FROM mysql.user WHERE User = %s AND Host = %s", (user, host)):
                    continue
                ask(session, f"CREATE USER {account} ACCOUNT LOCK")
                ask(session, f"GRANT SELECT, EXECUTE ON {pattern_of(server.database)}.* TO {account}")
        except err.MySQLError as error:
            if code_of(error) in _FORBIDDEN:
                raise _not_permitted(server, words_of(error)) from error
            raise


def _definers(dump: Path) -> Iterator[tuple[str, str]]:
    with dump.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for found in _DEFINER.finditer(content):
            user, host = (part.replace(b"``", b"`").decode("utf-8", "replace") for part in found.groups())
            yield user, host


def _not_permitted(server: Connection, why: str) -> NotReady:
    return NotReady(
        f"el usuario «{server.user}» no puede crear la base de datos o lo que hay en ella",
        whose=str(server),
        why=" ".join(why.split()),
        repair="dele ALL sobre esa base, SET USER, CREATE USER y SELECT sobre mysql.user en ese servidor; "
        "o saque el volcado a una carpeta: --to ./carpeta",
    )
