"""What is left to do for people when a copy was restored: the switch is theirs, who know when nobody works."""

from __future__ import annotations

import shlex
import typing as t
from pathlib import Path, PurePosixPath, PureWindowsPath

if t.TYPE_CHECKING:
    from collections.abc import Mapping

_BEFORE: t.Final = "1. Cierre SINFA y haga otra copia de lo que hay: copias nightly --only {database} --force"
_AFTER: t.Final = (
    "4. Abra SINFA, revise saldos y último asiento, y deles clave a los usuarios que la perdieron.",
    "5. No borre {old} hasta que Hacienda lo diga por escrito.",
)


def advise(planned: Mapping[str, t.Any]) -> tuple[str, ...]:
    """Return what is left to do after the recovery that a case planned; see :mod:`copias.sinfa.recovery`."""
    if planned["way"] == "file":
        return advise_file(planned["engine"], Path(planned["place"]))
    return advise_switch(planned["engine"], planned["database"], planned["live"], planned["new"])


def advise_switch(engine: str, database: str, live: str, new: str) -> tuple[str, ...]:
    """Return how the programs of the entity come to use a restored database.

    Args:
        engine: of both.
        database: the name that the deployment gives it.
        live: the database that is used now, by name or path.
        new: the restored one.
    """
    begun = f"La base {live} sigue como estaba. Para que SINFA use la restaurada:"
    old, steps = _STEPS.get(engine, _renamed)(live, new)
    return (begun, _BEFORE.format(database=database), *steps, *(line.format(old=old) for line in _AFTER))


def advise_file(engine: str, file: Path) -> tuple[str, ...]:
    """Return how a dump becomes a database with the engine's own programs."""
    place = shlex.quote(str(file))
    by_client = f"mariadb-admin create nueva && mariadb nueva < {place}"
    command = {
        "mariadb": by_client,
        "mysql": by_client,
        "firebird": f"gbak -create {place} nueva.fdb",
    }.get(engine, f"createdb -T template0 nueva && pg_restore --exit-on-error --dbname=nueva {place}")
    return ("Este programa no tocó ninguna base de datos. Para restaurarlo en una nueva:", command)


def _renamed(live: str, new: str) -> tuple[str, tuple[str, ...]]:
    return f"{live}_anterior", (
        f'2. En el servidor: ALTER DATABASE "{live}" RENAME TO "{live}_anterior";',
        f'3. ALTER DATABASE "{new}" RENAME TO "{live}";  (o cambie en SINFA el nombre de la base y el servidor)',
    )


def _granted(live: str, new: str) -> tuple[str, tuple[str, ...]]:
    return live, (
        f"2. En el servidor, dele al usuario de SINFA los permisos que tiene sobre {live}: GRANT … ON `{new}`.* TO …",
        f"3. Cambie en SINFA el nombre de la base por {new}: MariaDB no renombra bases de datos.",
    )


def _moved(live: str, new: str) -> tuple[str, tuple[str, ...]]:
    name = (PureWindowsPath if "\\" in live else PurePosixPath)(live).name
    return live, (
        f"2. Si SINFA entra por un alias, cámbielo en databases.conf para que sea {new}; el archivo {name} no se toca.",
        f"3. Si entra por la ruta, cambie en SINFA {live} por {new}.",
    )


_STEPS: t.Final = {"mariadb": _granted, "mysql": _granted, "firebird": _moved}
