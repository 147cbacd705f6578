"""What is to be restored, from which copy, to where; checked, and nothing is changed nor connected to."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, replace
from pathlib import Path

from copias.database import Connection, RestoresElsewhere
from copias.errors import BadInput, NotReady
from copias.files import check_folder
from copias.people import Role
from copias.sinfa.restore_leave import require_leave
from copias.sinfa.sources import SinfaCopy, find_sinfa_copy, open_driver

if t.TYPE_CHECKING:
    from copias.office import Office
    from copias.sinfa.settings import DatabaseSettings

NAME: t.Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
"""Of a new database: no engine changes it, and no shell or SQL reads more into it."""
ENDINGS: t.Final = {"postgresql": "dump", "mariadb": "sql", "mysql": "sql", "firebird": "fbk"}
_OWN: t.Final = frozenset({"postgres", "template0", "template1", "mysql", "sys", "information_schema"})


@dataclass(frozen=True)
class RestorePlan:
    """What would be restored.

    Args:
        office: of this installation.
        copy: which.
        motive: why, in the words of who asks.
        case: whose authorisation counts; empty for the standing one.
        file: that would be written; ``None`` for a database.
        name: of the new database, as it was asked for; empty for a file.
        server: where, and the new database's name; ``None`` for a file.
        begun: a run of its case may have ended it and died: what is there already counts, if it is equal.
    """

    office: Office
    copy: SinfaCopy
    motive: str
    case: str = ""
    file: Path | None = None
    server: Connection | None = None
    name: str = ""
    begun: bool = False

    @property
    def settings(self) -> DatabaseSettings:
        """Return those of the database that was copied."""
        return self.office.deployment.database(self.copy.database)

    @property
    def way(self) -> t.Literal["file", "database"]:
        """Return what comes of it."""
        return "file" if self.server is None else "database"

    @property
    def to(self) -> str:
        """Return what is asked for again to have the same: a folder, or a name."""
        if self.file:
            return f"{self.file.parent}/"
        return self.name

    @property
    def target(self) -> str:
        """Return where it comes to lie, for people."""
        return str(self.server or self.file)

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        copy = self.copy
        facts = {"copy": copy.copy_id, "database": copy.database, "made_at": copy.finished_at.isoformat()}
        return {**facts, "way": self.way, "to": self.target, "motive": self.motive, "case": self.case}


def plan_restore(office: Office, copy_id: str, *, to: str, motive: str, case: str = "") -> RestorePlan:
    """Check what an administrator asks for; nothing is changed nor connected to.

    Args:
        office: of this installation.
        copy_id: of a case or of a night.
        to: a folder when it has a ``/``, else the name of a new database on the configured server.
        motive: why.
        case: of recovery, whose authorisation counts; without one, the database's standing one.

    Raises:
        NotAllowed: who asks is no administrator.
        NotReady: nobody authorised it, or there is no server for it.
        BadInput: there is no such copy, or ``to`` is no place for it.
    """
    office.actor.require(Role.ADMINISTRATOR, "restaurar bases de datos")
    if not motive.strip():
        raise BadInput("falta decir para qué se restaura", whose=ascii(copy_id[:80]), repair="escríbalo con --motive")
    return choose_place(office, copy_id, to=to, motive=motive.strip(), case=case)


def choose_place(
    office: Office, copy_id: str, *, to: str, motive: str, case: str = "", begun: bool = False
) -> RestorePlan:
    """Check what an administrator asked for, now or in the case's own ledger; see :func:`plan_restore`.

    Args:
        office: of this installation.
        copy_id: of a case or of a night.
        to: as it was asked for.
        motive: why.
        case: of recovery; empty for the standing authorisation.
        begun: a run of the case may have ended it: a file that is there already is compared, not refused.
    """
    copy = find_sinfa_copy(office, copy_id)
    settings = office.deployment.database(copy.database)
    require_leave(office, copy, settings, case)
    plan = RestorePlan(office, copy, motive, case, begun=begun)
    if "/" in to:
        return replace(plan, file=_choose_file(office, copy, settings, Path(to), begun=begun))
    return replace(plan, server=_choose_server(office, copy, settings, to), name=to)


def _choose_file(office: Office, copy: SinfaCopy, settings: DatabaseSettings, folder: Path, *, begun: bool) -> Path:
    checked = check_folder(folder, state=office.deployment.state)
    file = checked / f"{copy.copy_id}.{ENDINGS.get(settings.engine, 'dump')}"
    ours = begun and file.is_file() and copy.is_known(office)  # and then it is compared
    if file.is_symlink() or (file.exists() and not ours):
        raise BadInput("ya existe un archivo con ese nombre", whose=str(file), repair="dé otra carpeta con --to")
    return file


def _choose_server(office: Office, copy: SinfaCopy, settings: DatabaseSettings, name: str) -> Connection:
    live = {one.database.lower() for one in office.deployment.databases.values()} | _OWN
    if not NAME.fullmatch(name) or name in live:
        why = "es el de una base de datos que se usa" if name in live else "letras minúsculas, números y _, hasta 63"
        repair = "dé el nombre de una base de datos nueva, o una carpeta: --to ./carpeta"
        raise BadInput("la copia no se puede restaurar con ese nombre", whose=ascii(name[:80]), why=why, repair=repair)
    by_file = "saque el volcado a una carpeta: --to ./carpeta"
    if settings.restore is None:
        raise NotReady(
            "no hay un servidor donde restaurar esta base de datos",
            whose=copy.database,
            repair=f"escriba restore (host, user, password_file) de esa base en copias.yml, o {by_file}",
        )
    if not isinstance(open_driver(settings), RestoresElsewhere):
        raise NotReady(
            f"en un servidor {settings.engine} este programa no crea bases de datos",
            whose=copy.database,
            repair=by_file,
        )
    return settings.restore.connection(settings.engine, name)
