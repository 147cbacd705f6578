"""Loading a delivered dump into a server that lives only for that: what is in it is counted, and compared with nothing.

The dump is hostile until it is loaded, and afterwards too: whoever loads it may do nothing but fill one database.
"""

from __future__ import annotations

import functools
import re
import tempfile
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from copias.database.children import unprivileged_account
from copias.database.confinement import Allowance
from copias.database.contract import Connection, Contents, DumpRecord
from copias.database.postgresql.digest import method_for
from copias.database.postgresql.load_watch import Room
from copias.database.postgresql.sql_lines import PsqlCommand
from copias.database.postgresql.stranger import find_server_major, limit_time, load_stranger
from copias.database.postgresql.stranger_faults import NotLoadable
from copias.database.server import ServerFolder, require_room
from copias.database.verification import blame
from copias.errors import BackupError, BadInput, NotEqual, NotReady
from copias.provider.formats import HEAD
from copias.provider.load_limit import limit_growth, measure
from copias.provider.unfit import Unfit

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from copias.database.contract import Driver
    from copias.database.scratch_server import Scratch
    from copias.progress import Report
    from copias.provider.examining import Examined

GROWTH: t.Final = 12
"""How many times the dump's size a loaded database may take; a deflated archive holds up to that."""
LEAST_ROOM: t.Final = 2 << 30
LOG_ROOM: t.Final = 2
"""How many times a database's room the server's folder may take, its log and what it sorts included."""
SERVER_ROOM: t.Final = 1.3
"""How many times the dump's size the disk of a scratch server must have free, as the drivers ask."""
READ_SECONDS: t.Final = 12 * 3600
LARGEST_LISTING: t.Final = 256 << 20
"""Bytes of what pg_restore may say of an archive's objects."""
_TOLD: t.Final = 300
_NOT_ITS_FAULT: t.Final = re.compile(
    r"\bERROR (?:1044|1045|1115|1142|1227|1273|1286|1449)\b|[Dd]enied"
    r"|Unknown (?:collation|character set|storage engine)"
)
"""What MariaDB says where the account may not, or this server cannot."""


@dataclass(frozen=True)
class Loaded:
    """What came of a load.

    Args:
        text: what was done, or why it could not be; for people.
        server: version of the server that it was loaded into; empty when it was not.
        contents: what was in it then, ``None`` when it was not loaded.
        answers: what was asked of it while it ran.
    """

    text: str
    server: str = ""
    contents: Contents | None = None
    answers: t.Any = None


Ask: t.TypeAlias = "Callable[[Driver, Connection, DumpRecord], t.Any]"
"""Asked of the loaded database before its server ends."""
Loader: t.TypeAlias = "Callable[[Path, Examined, float, Report, Ask | None], Loaded]"


def can_load(examined: Examined) -> bool:
    """Tell whether there is a way to load such a dump here."""
    return examined.format.engine in LOADERS


def load_dump(dump: Path, examined: Examined, *, seconds: float, report: Report, ask: Ask | None = None) -> Loaded:
    """Load a dump, unpacked, and count what is in it.

    Args:
        dump: a file of ours.
        examined: what it is.
        seconds: that it may take.
        report: told of the progress, in bytes.
        ask: what else is asked of it.

    Raises:
        Unfit: the server refuses it, for a fault of its own.
        NotReady: this machine has no room for such a server now.
        StoreFull, CopyFailed: this machine, and not the dump, is the reason that it did not load.
    """
    loader = LOADERS.get(examined.format.engine)
    if loader is None:
        return Loaded(f"No se cargó: aquí no se puede cargar un {examined.format.words}.")
    # Too little room is no property of the dump: it must not lower what the copy's proof says.
    require_room(Path(tempfile.gettempdir()), int(examined.bytes * SERVER_ROOM))
    try:
        return loader(dump, examined, seconds, report, ask)
    except PsqlCommand as error:
        if error.command.strip("'") in {"\\\\connect", "\\\\c"}:
            return Loaded("No se cargó: el volcado pasa de una base de datos a otra (\\connect).")
        raise Unfit(f"contiene la orden {error.command}, que ningún volcado lleva") from error
    except Unfit:
        raise
    except (NotEqual, BadInput) as error:
        blamed = blame(error) if isinstance(error, NotEqual) else error
        if blamed is not error:  # a server that was killed, or a full disk: the delivery has no fault
            raise blamed from error
        why = re.sub(r"'[^']*'|\"[^\"]*\"", "«…»", error.why)[:_TOLD]  # what it quotes may be somebody's data
        if _NOT_ITS_FAULT.search(error.why):
            return Loaded(f"No se cargó: el servidor de prueba no admite algo que el volcado usa ({why}).")
        raise Unfit(f"no se pudo cargar en un servidor de prueba: {why}") from error
    except NotReady as error:
        return Loaded(f"No se cargó: {_say(error)}.")


def _load_postgresql(dump: Path, examined: Examined, seconds: float, report: Report, ask: Ask | None) -> Loaded:
    from copias.database.postgresql import PostgreSQL

    plain = examined.format.name == "pg_sql"
    needed = _major(examined.version) if plain else _read_archive_major(dump)
    major = find_server_major(needed)
    record = make_record(examined, engine="postgresql", major=major, method=method_for(major * 10000))
    driver = PostgreSQL(Connection("", 0, "entrega", ""), time_limit=seconds)
    room = Room(seconds, max(LEAST_ROOM, GROWTH * examined.bytes))
    with _limited(driver, record, LOG_ROOM * room.bytes) as scratch:
        restored = load_stranger(dump, scratch.connection, major, plain=plain, room=room, report=report)
        with limit_time(scratch.connection, seconds):
            contents = driver.digest(restored, record)
            answers = ask(driver, restored, record) if ask else None
        return _count(scratch.version, contents, answers)


def _load_with_driver(dump: Path, examined: Examined, seconds: float, report: Report, ask: Ask | None) -> Loaded:
    """Load with the engine's own driver, whose restore lets a dump do nothing but fill its database."""
    from copias.database import driver_for

    engine = examined.format.engine
    if _makes_databases(dump):
        return Loaded("No se cargó: el volcado crea sus propias bases de datos (mysqldump --databases).")
    known = _DRIVERS[engine]
    record = make_record(examined, engine=engine, major=known.find_major(dump, examined), method=known.method)
    driver = driver_for(engine, Connection("", 0, "entrega", ""), time_limit=seconds)
    with _limited(driver, record, max(LEAST_ROOM, GROWTH * examined.bytes)) as scratch:
        restored = driver.restore(dump, scratch, record, report=report)
        contents = driver.digest(restored, record)
        answers = ask(driver, restored, record) if ask else None
        return _count(scratch.version, contents, answers)


@contextmanager
def _limited(driver: Driver, record: DumpRecord, room: int) -> Iterator[Scratch]:
    """Yield a private server whose files take ``room`` bytes more at most; one that takes more is ended."""
    # A folder around the server's own, so that all that it writes can be measured.
    with (
        ServerFolder("entrega", account=unprivileged_account()) as place,
        driver.scratch(record, folder=place.path) as scratch,
        limit_growth(place.path, server=scratch.pid, most=measure(place.path) + room),
    ):
        yield scratch


def _makes_databases(dump: Path) -> bool:
    with dump.open("rb") as stream:
        return re.search(rb"^(?:CREATE DATABASE |USE `)", stream.read(HEAD), re.MULTILINE) is not None


def make_record(examined: Examined, *, engine: str, major: int, method: str) -> DumpRecord:
    """Return what stands for the record of a dump that somebody else made: nothing is known of its source."""
    now = datetime.now(UTC)
    encodings = {"postgresql": ("UTF8", "C.UTF-8", "C.UTF-8"), "mariadb": ("utf8mb4", "utf8mb4_general_ci", "=0")}
    encoding, collation, ctype = encodings.get(engine, ("UTF8", "", ""))
    return DumpRecord(
        method=method,
        tables=(),
        sequences={},
        schema={},
        schema_sha256="",
        engine=engine,
        version=examined.version,
        major=major,
        client_version="",
        database="entrega",
        encoding=encoding,
        collation=collation,
        ctype=ctype,
        bytes=examined.bytes,
        sha256=examined.sha256,
        source_bytes=examined.bytes,
        started=now,
        finished=now,
        extensions={},
        roles={},
    )


def _count(server: str, contents: Contents, answers: t.Any) -> Loaded:
    rows = sum(table.rows for table in contents.tables)
    if not contents.tables:
        raise Unfit("se cargó en un servidor de prueba y no tiene ninguna tabla")
    text = f"Se cargó en un servidor de prueba {server}: {len(contents.tables)} tablas, {rows} filas; sin los dueños y "
    return Loaded(f"{text}permisos, y sin comparar con el origen.", server, contents, answers)


def _read_archive_major(dump: Path) -> int:
    """Return the newest version that had a hand in an archive: its server's, or its pg_dump's.

    Raises:
        Unfit: it is damaged; pg_restore reads all of it to tell.
    """
    from copias.database.children import ToolInterrupted, child_environment, run_tool
    from copias.database.postgresql.tools import installed
    from copias.errors import CopyFailed

    tools = max((one for one in installed() if one.has("pg_restore")), key=lambda one: one.major, default=None)
    if tools is None:
        raise NotLoadable("no está pg_restore", repair="instale el paquete postgresql-client")
    read = functools.partial(
        run_tool,
        whose="la entrega",
        what="leer el volcado",
        environment=child_environment(**tools.environment),
        confinement=tools.confine(
            "pg_restore", reads=(dump,), allowance=Allowance(READ_SECONDS, largest_file=LARGEST_LISTING)
        ),
    )
    try:
        listing = read([tools["pg_restore"], "--list", str(dump)])
        read([tools["pg_restore"], "--file=/dev/null", str(dump)], seconds=READ_SECONDS)
    except ToolInterrupted:
        raise
    except CopyFailed as error:
        if "unsupported version" in error.why:
            raise NotLoadable("lo hizo una versión de PostgreSQL más nueva que las de aquí") from error
        raise Unfit("está cortado o dañado: pg_restore no lo puede leer entero") from error
    found = re.findall(rb"^;\s+Dumped (?:from database|by pg_dump) version: (\d+)", listing, re.MULTILINE)
    return max(map(int, found), default=0)


def _major(version: str) -> int:
    found = re.match(r"\d+", version)
    return int(found[0]) if found else 0


def _mariadb_series(_: Path, examined: Examined) -> int:
    """Return ``10.11.6`` as 1011, as the MariaDB driver counts."""
    found = re.match(r"(\d+)\.(\d+)", examined.version)
    return int(found[1]) * 100 + int(found[2]) if found else 0


def _firebird_major(dump: Path, _: Examined) -> int:
    """Return the oldest version that takes a backup of gbak's format, which is all that it says."""
    with dump.open("rb") as stream:
        written = stream.read(4)[3]
    return max(3, written - 7)  # 10 is Firebird 3's, and it takes older ones too


def _say(error: BackupError) -> str:
    return error.what + (f" ({error.why})" if error.why else "")


@dataclass(frozen=True)
class _Engine:
    """How a dump of an engine is loaded by its driver."""

    find_major: Callable[[Path, Examined], int]
    method: str


_DRIVERS: t.Final[Mapping[str, _Engine]] = {
    "mariadb": _Engine(_mariadb_series, "mariadb-md5-xor-sum"),
    "firebird": _Engine(_firebird_major, "firebird-message-blake2b"),
}
LOADERS: t.Final[Mapping[str, Loader]] = {
    "postgresql": _load_postgresql,
    **dict.fromkeys(_DRIVERS, _load_with_driver),
}
"""By engine of the recognised format."""
