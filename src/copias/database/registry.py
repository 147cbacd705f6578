"""Which engines there are: one line each."""

from __future__ import annotations

import typing as t

from copias.errors import BadConfiguration

if t.TYPE_CHECKING:
    from copias.database.contract import Connection, Driver


def _postgresql(connection: Connection, time_limit: float) -> Driver:
    from copias.database.postgresql import PostgreSQL

    return PostgreSQL(connection, time_limit=time_limit)


def _mariadb(connection: Connection, time_limit: float) -> Driver:
    from copias.database.mariadb import MariaDB

    return MariaDB(connection, time_limit=time_limit)


def _mysql(connection: Connection, time_limit: float) -> Driver:
    from copias.database.mariadb import MariaDB

    return MariaDB(connection, time_limit=time_limit, engine="mysql")


def _firebird(connection: Connection, time_limit: float) -> Driver:
    from copias.database.firebird import Firebird

    return Firebird(connection, time_limit=time_limit)


ENGINES: dict[str, t.Callable[[Connection, float], Driver]] = {
    "postgresql": _postgresql,
    "mariadb": _mariadb,
    "mysql": _mysql,
    "firebird": _firebird,
}

PORTS = {"postgresql": 5432, "mariadb": 3306, "mysql": 3306, "firebird": 3050}
"""Where each engine listens when nobody says otherwise."""


def driver_for(engine: str, connection: Connection, *, time_limit: float = 48 * 3600) -> Driver:
    """Return the driver of an engine; ``time_limit`` is in seconds, for a whole dump or restore.

    Raises:
        BadConfiguration: no such engine; the message lists those there are.
    """
    if engine not in ENGINES:
        raise BadConfiguration(
            f"el motor «{engine}» no se conoce",
            whose=str(connection),
            why=f"los motores son: {', '.join(sorted(ENGINES))}",
            repair="corrija el motor en el inventario; para otro motor use la entrega del proveedor",
        )
    return ENGINES[engine](connection, time_limit)
