"""Connect to PostgreSQL: what a session is set to, and what a refusal means."""

from __future__ import annotations

import re
import typing as t
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import make_conninfo

from copias.database.postgresql.wording import AS_BYTES, BYTES
from copias.errors import BackupError, BadConfiguration, CopyFailed, NotReady, SourceUnavailable

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.database.contract import Connection

Session: t.TypeAlias = "psycopg.Connection[tuple[t.Any, ...]]"
CONNECT_TIMEOUT = 20
NO_PASSWORDS = "/dev/null/none"
"""A password file that cannot exist, so that nobody's ~/.pgpass is used; libpq complains of /dev/null itself."""
SETTINGS = {
    # A row's text must not depend on who asks, nor on which server.
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "xmlbinary": "base64",
    "lc_monetary": "C",
    "search_path": "",
    # A policy that hides rows is an error, never a shorter copy.
    "row_security": "off",
    # A long copy is no stuck session.
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "transaction_timeout": "0",
    # The source serves its users first: one process for each of our sessions.
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}
"""Set where the server knows them (the newest came with 17)."""
KEEPALIVES = {"keepalives": 1, "keepalives_idle": 60, "keepalives_interval": 15, "keepalives_count": 8}

_BUSY = re.compile(
    r"too many|demasiad|remaining connection slots|starting up|shutting down|recovery|arrancando|iniciando|apag"
)
_NO_DATABASE = re.compile(r"database .* does not exist|no existe la base de datos")
_NO_ENTRY = re.compile(r"pg_hba|no encryption|password|contraseña|authentication|autentifica|role|rol |permission")


def conninfo(connection: Connection) -> str:
    """Return the connection string without the password: a name with ``=`` or ``://`` in it stays a name."""
    return make_conninfo(
        "",
        host=connection.host,
        hostaddr="",  # set but empty: PGHOSTADDR of the environment cannot send us elsewhere
        port=connection.port,
        dbname=connection.database,
        user=connection.user,
        connect_timeout=CONNECT_TIMEOUT,
        application_name="copias",
        **KEEPALIVES,
    )


def connect(connection: Connection) -> Session:
    """Open a session with :data:`SETTINGS`, in autocommit. Close it with ``closing``: leaving it as a block commits.

    Raises:
        SourceUnavailable: nobody answers, or the server is busy, starting or stopping.
        NotReady: the server refuses this role or its password.
        BadConfiguration: there is no such database, or the password file is missing.
    """
    password = connection.password()
    try:
        session = psycopg.connect(
            conninfo(connection),
            password=password or "",
            passfile=NO_PASSWORDS,
            autocommit=True,
            prepare_threshold=None,
        )
    except psycopg.OperationalError as error:
        raise refusal(error, connection, password) from None  # the chained error is the driver's, unscrubbed
    session.execute(
        "SELECT set_config(name, wanted.value, false) FROM pg_catalog.pg_settings"
        " JOIN unnest(%s::text[], %s::text[]) AS wanted(setting, value) ON lower(name) = wanted.setting",
        (list(SETTINGS), list(SETTINGS.values())),
    )
    encoding = encoding_of(session)
    if encoding == BYTES or encoding != session.info.parameter_status("client_encoding"):
        # What knows no encoding has names all the same; and a setting of the database's may be unable to write its own.
        session.execute("SELECT set_config('client_encoding', %s, false)", (AS_BYTES if encoding == BYTES else "UTF8",))
    return session


def encoding_of(session: Session) -> str:
    """Return the encoding of the database that a session is in, as the server calls it."""
    return session.info.parameter_status("server_encoding") or "UTF8"


def refusal(error: psycopg.OperationalError, connection: Connection, password: str | None) -> BackupError:
    """Return what a failed connection means. libpq gives no code here, only words, in the server's language."""
    words = " ".join(str(error).split())
    if password:
        words = words.replace(password, "***")
    whose = str(connection)
    if _BUSY.search(words):
        return SourceUnavailable("el servidor no atiende por ahora", whose=whose, why=words, repair="intente más tarde")
    if _NO_DATABASE.search(words):
        return BadConfiguration(
            "la base de datos no existe en ese servidor",
            whose=whose,
            why=words,
            repair="corrija el nombre de la base de datos en el inventario",
        )
    asked = error.pgconn is not None and (error.pgconn.used_password or error.pgconn.needs_password)
    if asked or ("FATAL" in words and _NO_ENTRY.search(words)):
        return NotReady(
            f"el servidor no acepta al usuario «{connection.user}»",
            whose=whose,
            why=words,
            repair="revise el archivo de la contraseña, el usuario y pg_hba.conf",
        )
    return SourceUnavailable(
        "no se pudo conectar al servidor",
        whose=whose,
        why=words,
        repair="revise que el servidor esté encendido, la red y el puerto, e intente más tarde",
    )


@contextmanager
def explained(whose: str) -> Iterator[None]:
    """Turn what the server raises while we read into our own errors."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise NotReady(
            "el usuario no tiene permiso para leer toda la base de datos",
            whose=whose,
            why=_words(error),
            repair="otórguele pg_read_all_data, o SELECT sobre lo que falta, y BYPASSRLS si hay políticas por fila",
        ) from error
    except psycopg.errors.OutOfMemory as error:
        raise NotReady(
            "el servidor no tiene lugar para tantos bloqueos",
            whose=whose,
            why=_words(error),
            repair="suba max_locks_per_transaction en el servidor y reinícielo",
        ) from error
    except (psycopg.errors.AdminShutdown, psycopg.errors.CrashShutdown, psycopg.errors.CannotConnectNow) as error:
        raise _lost(whose, error) from error
    except psycopg.OperationalError as error:
        # With a code the server itself speaks; without one the line is dead.
        raise (_lost(whose, error) if error.sqlstate is None else _failed(whose, error)) from error
    except psycopg.Error as error:
        raise _failed(whose, error) from error


def _lost(whose: str, error: psycopg.Error) -> SourceUnavailable:
    return SourceUnavailable(
        "se perdió la conexión con el servidor", whose=whose, why=_words(error), repair="intente más tarde"
    )


def _failed(whose: str, error: psycopg.Error) -> CopyFailed:
    return CopyFailed(
        "el servidor no pudo leer los datos",
        whose=whose,
        why=_words(error),
        repair="revise el mensaje y el registro del servidor",
    )


def _words(error: psycopg.Error) -> str:
    return " ".join((error.diag.message_primary or str(error)).split())
