"""Say what Firebird's errors mean: it gives numbers, and so does not depend on the server's language."""

from __future__ import annotations

import typing as t

from copias.errors import BackupError, BadConfiguration, CopyFailed, NotReady, SourceUnavailable

if t.TYPE_CHECKING:
    from firebird.driver import DatabaseError

    from copias.database.contract import Connection

LOGIN = {335544472, 335545106, 335545107}
"""The name or the password, in the three ways that a server says it."""
DENIED = {335544352, 335544551}
LOST = {335544721, 335544726, 335544727, 335544741, 335544856, 335544878, 335544421, 335544375, 335544364}
"""The last one, a request out of step, is what the client says when the line broke between two rows."""
CLOSED = {335544528, 335544744, 335544745}
"""The database is shut down, or the server takes no more connections."""
IN_OUT = 335544344
NO_ACCESS = 335544831
"""The server's configuration does not allow databases at that place."""
NO_POWER = 335544788
"""Only whoever administers the database may do that, such as come in without its triggers."""
GUIDE = "entre como SYSDBA, como dueño de la base, o con un usuario que tenga el rol RDB$ADMIN en ella"


class NoPower(NotReady):
    """The user may come in, and is not one who may back the database up."""

    def __init__(self, why: str, whose: str) -> None:
        super().__init__(
            "el usuario no tiene permiso para copiar toda la base de datos", whose=whose, why=why, repair=GUIDE
        )


class Closed(SourceUnavailable):
    """The database is there, and shut to this user."""


def words_of(error: BaseException, password: str | None = None) -> str:
    """Return what the server said, on one line, without the password."""
    text = " ".join(str(error).split())
    return text.replace(password, "***") if password else text


def refusal(error: DatabaseError, connection: Connection, password: str | None) -> BackupError:
    """Return what a failed connection means."""
    codes, words, whose = set(error.gds_codes), words_of(error, password), str(connection)
    if codes & LOGIN:
        return NotReady(
            f"el servidor no acepta al usuario «{connection.user}»",
            whose=whose,
            why=words,
            repair="revise el archivo de la contraseña y el usuario",
        )
    if codes & CLOSED:
        return Closed(
            "la base de datos está cerrada por su administrador", whose=whose, why=words, repair="intente más tarde"
        )
    if codes & {IN_OUT, NO_ACCESS} and not codes & LOST:
        return BadConfiguration(
            "la base de datos no existe en ese servidor",
            whose=whose,
            why=words,
            repair="corrija en el inventario la ruta o el alias de la base, tal como los ve el servidor",
        )
    if codes & DENIED:
        return NoPower(words, whose)
    if NO_POWER in codes:
        return NoPower(words, whose)
    return SourceUnavailable(
        "no se pudo conectar al servidor",
        whose=whose,
        why=words,
        repair="revise que el servidor esté encendido, la red y el puerto, e intente más tarde",
    )


def explain(error: DatabaseError, whose: str) -> BackupError:
    """Return what an error of a session means."""
    codes, words = set(error.gds_codes), words_of(error)
    if codes & DENIED:
        return NoPower(words, whose)
    if codes & (LOST | CLOSED):
        return SourceUnavailable(
            "se perdió la conexión con el servidor", whose=whose, why=words, repair="intente más tarde"
        )
    return CopyFailed(
        "el servidor no pudo leer los datos",
        whose=whose,
        why=words,
        repair="revise el mensaje y el archivo firebird.log del servidor",
    )
