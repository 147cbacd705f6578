"""Tell which users a server has, as SQL without passwords: they are not in any dump."""

from __future__ import annotations

import typing as t
from contextlib import suppress

from copias.errors import BackupError

if t.TYPE_CHECKING:
    from copias.database.firebird.session import Moment

UNTOLD = "Los nombres de los usuarios del servidor: el usuario no los puede leer todos."
_HEAD = (
    "-- Los usuarios no van en el respaldo de Firebird, ni sus contraseñas. Escriba una nueva para cada uno.\n"
    "-- Los roles y los permisos sí van en el respaldo.\n"
)


def read_users(moment: Moment) -> tuple[bytes, tuple[str, ...]]:
    """Return the users as SQL comments to be completed; where they cannot be read, the words that say so."""
    found: list[str] = []
    with suppress(BackupError):  # only an administrator of the server sees more than himself
        found = [str(name) for (name,) in moment.ask("SELECT SEC$USER_NAME FROM SEC$USERS ORDER BY 1")]
    quoted = [name.replace('"', '""') for name in found if name != "SYSDBA" and "\n" not in name]
    lines = "".join(f"-- CREATE USER \"{name}\" PASSWORD '…';\n" for name in quoted)
    missing = () if "SYSDBA" in found else (UNTOLD,)
    return (_HEAD + lines).encode("utf-8", "replace"), missing


def read_roles(moment: Moment) -> dict[str, bool]:
    """Return the database's roles; none is more than its grants."""
    asked = "SELECT RDB$ROLE_NAME FROM RDB$ROLES WHERE COALESCE(RDB$SYSTEM_FLAG, 0) = 0"
    return {str(name): False for (name,) in moment.ask(asked)}
