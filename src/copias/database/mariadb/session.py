"""Connect to MariaDB or MySQL: what a session is set to, and what a refusal means."""

from __future__ import annotations

import functools
import socket
import ssl
import typing as t
from contextlib import contextmanager
from pathlib import Path

import pymysql
from pymysql import err

from copias.database.children import memory_file
from copias.database.settling import definitions_changed
from copias.errors import BackupError, BadConfiguration, CopyFailed, NotReady, SourceUnavailable

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.database.contract import Connection, Row

    _Base = pymysql.Connection[pymysql.cursors.Cursor]
else:
    _Base = pymysql.Connection  # which no brackets may follow but in the types of its stubs

Session: t.TypeAlias = "pymysql.Connection[pymysql.cursors.Cursor]"
CONNECT_TIMEOUT = 20
SOCKET = "mysqld.sock"
"""The socket's name in a host that is a folder."""
SETTINGS: dict[str, str | int] = {
    # A row's text must not depend on who asks, nor on which server.
    "time_zone": "+00:00",
    "sql_mode": "",
    "sql_quote_show_create": 1,
    # A long copy is no stuck session.
    "max_statement_time": 0,
    "max_execution_time": 0,
    "wait_timeout": 28800,
    "net_read_timeout": 600,
    "net_write_timeout": 600,
    "idle_transaction_timeout": 0,
    "idle_readonly_transaction_timeout": 0,
    # MySQL 8 would answer with the numbers of yesterday.
    "information_schema_stats_expiry": 0,
}
"""Set where the server knows them."""
KEEPALIVES = ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 15), (socket.TCP_KEEPCNT, 8))

NO_ENTRY = {1045, 1130, 1129, 1698, 1862, 1820, 2059, 3118, 4151}
NO_DATABASE = {1049, 1044}
"""An account without rights in a database is told that it may not enter, whether or not it exists."""
BUSY = {1040, 1203, 1226, 1053}
DENIED = {1142, 1143, 1227, 1370, 1044, 1345}
LOST = {1053, 1927, 2006, 2013, 2055, 1080, 1152, 1159, 1160, 1161}
CHANGED = {1146, 1412, 1213, 1054, 1305, 1360, 1539}
TOO_LONG = {1969, 3024}
LOCKED = 1205
PRIVILEGES = "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, LOCK TABLES"
"""What the account needs in the database that it copies."""


def socket_of(host: str) -> str | None:
    """Return the Unix socket that a host names, a folder or the socket itself; ``None`` for a machine."""
    if not host.startswith("/"):
        return None
    return f"{host}/{SOCKET}" if Path(host).is_dir() else host


def connect(connection: Connection) -> Session:
    """Open a session with :data:`SETTINGS`, in autocommit.

    Raises:
        SourceUnavailable: nobody answers, or the server is busy, starting or stopping.
        NotReady: the server refuses this user or its password.
        BadConfiguration: there is no such database, or the password file is missing.
    """
    password = connection.password()
    try:
        session = _Connection(
            host=connection.host,
            port=connection.port,
            unix_socket=socket_of(connection.host),
            user=connection.user,
            password=(password or "").encode(),  # the driver itself knows Latin 1 only
            database=connection.database,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=CONNECT_TIMEOUT,
            program_name="copias",
            local_infile=False,
        )
    except (err.MySQLError, OSError, RuntimeError) as error:
        raise refusal(error, connection, password) from None  # the chained error is the driver's, unscrubbed
    try:
        with explained(str(connection)):
            _watch_the_line(session)
            _settle(session)
    except BaseException:
        session.close()
        raise
    return session


class _Connection(_Base):
    """The driver's, without what it loads and never looks at: it encrypts where the server can, whoever that is."""

    def _create_ssl_ctx(self, _: object) -> ssl.SSLContext:
        return _encryption()


@functools.cache
def _encryption() -> ssl.SSLContext:
    # The driver loads all authorities of the system for each session, half of what a session costs, to ask none.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _settle(session: Session) -> None:
    names = ", ".join(f"'{name}'" for name in SETTINGS)
    found = {str(row[0]) for row in ask(session, f"SHOW SESSION VARIABLES WHERE Variable_name IN ({names})")}
    known = [name for name in SETTINGS if name in found]
    wanted = ", ".join(f"SESSION {name} = %s" for name in known)
    ask(session, f"SET {wanted}", [SETTINGS[name] for name in known])


def ask(session: Session, statement: str, values: t.Sequence[t.Any] | None = None) -> tuple[Row, ...]:
    """Run one statement and return its rows. Without ``values`` a ``%`` is a ``%``."""
    with session.cursor() as cursor:
        cursor.execute(statement, values)
        return tuple(cursor.fetchall())


def quoted(*names: str) -> str:
    """Return names as an identifier of SQL, dots between them."""
    return ".".join("`" + name.replace("`", "``") + "`" for name in names)


def code_of(error: BaseException) -> int:
    """Return the server's or the line's number of an error, 0 when it has none."""
    return int(error.args[0]) if error.args and isinstance(error.args[0], int) else 0


def words_of(error: BaseException, password: str | None = None) -> str:
    """Return what the server said, on one line, without the password."""
    text = " ".join(str(error.args[1] if len(error.args) > 1 else error).split())
    return text.replace(password, "***") if password else text


def refusal(error: BaseException, connection: Connection, password: str | None) -> BackupError:
    """Return what a failed connection means."""
    code, words, whose = code_of(error), words_of(error, password), str(connection)
    if code in BUSY:
        return SourceUnavailable("el servidor no atiende por ahora", whose=whose, why=words, repair="intente más tarde")
    if code in NO_DATABASE:
        return BadConfiguration(
            "la base de datos no existe en ese servidor, o el usuario no puede entrar en ella",
            whose=whose,
            why=words,
            repair="corrija el nombre en el inventario, o dele permisos al usuario",
        )
    if code in NO_ENTRY or isinstance(error, RuntimeError):
        return NotReady(
            f"el servidor no acepta al usuario «{connection.user}»",
            whose=whose,
            why=words,
            repair="revise el archivo de la contraseña, el usuario y desde qué máquina puede entrar",
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
    except (err.MySQLError, OSError) as error:
        raise explain(error, whose) from error


def explain(error: BaseException, whose: str) -> BackupError:
    """Return what an error of a session means."""
    code, words = code_of(error), words_of(error)
    if code in DENIED:
        return NotReady(
            "el usuario no tiene permiso para leer toda la base de datos",
            whose=whose,
            why=words,
            repair=f"otórguele los permisos de la guía del administrador: {PRIVILEGES} sobre la base de datos",
        )
    if code in LOST or isinstance(error, err.InterfaceError | OSError):
        return SourceUnavailable(
            "se perdió la conexión con el servidor", whose=whose, why=words, repair="intente más tarde"
        )
    if code in CHANGED:
        return definitions_changed(words, whose=whose)
    return CopyFailed(
        "el servidor no pudo leer los datos",
        whose=whose,
        why=words,
        repair="revise el mensaje y el registro del servidor",
    )


@contextmanager
def options_in_memory(connection: Connection, *, database: bool = False) -> Iterator[tuple[str, list[int], list[str]]]:
    """Yield the option that names a client's option file, the files it inherits, and what must not be repeated.

    The file is in memory and holds the password; it is the only one that the client reads, whatever lies in
    ``/etc`` or in a home folder. The option must be the client's first.
    """
    password = connection.password()
    name = socket_of(connection.host)
    place = {"socket": name} if name else {"host": connection.host, "port": str(connection.port), "protocol": "tcp"}
    options = {**place, "user": connection.user, "password": password or ""}
    if database:
        options["database"] = connection.database
    lines = "".join(f"{key}={_option(value)}\n" for key, value in options.items())
    with memory_file(f"[client]\n{lines}".encode()) as stream:
        descriptor = stream.fileno()
        yield f"--defaults-file=/proc/self/fd/{descriptor}", [descriptor], [password] if password else []


def _option(value: str) -> str:
    """Quote a value of an option file, as the clients read it."""
    escaped = value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return '"' + escaped.replace('"', '\\"') + '"'


def _watch_the_line(session: Session) -> None:
    """Let the kernel notice within minutes that a silent server is gone."""
    line = getattr(session, "_sock", None)
    if isinstance(line, socket.socket) and line.family != socket.AF_UNIX:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in KEEPALIVES:
            line.setsockopt(socket.IPPROTO_TCP, option, value)
