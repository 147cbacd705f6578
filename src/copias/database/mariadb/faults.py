"""What the end of a program of the engine means, where its words say more than that it ended."""

from __future__ import annotations

import re
import typing as t

from copias.database.settling import definitions_changed
from copias.errors import CopyFailed, NotReady

if t.TYPE_CHECKING:
    from copias.database.producer import ProgramFailed
    from copias.errors import BackupError, NotEqual

_CHANGED: t.Final = re.compile(r"\((?:1412|1146|1305|1360)\)|\bError:? (?:1412|1146)\b")
"""What it says of a table or routine that is not what it was."""
_BROKEN_VIEW: t.Final = "(1356)"
"""What it says of a view that cannot be read, which it does not pass over."""
_ELSEWHERE: t.Final = re.compile(
    r"\b(?:ANY|SELECT|SHOW VIEW|REFERENCES) command denied to user \S+ for table `((?:[^`]|``)+)`\."
    r"|\bexecute command denied to user \S+ for routine '([^'.]+)\."
    r"|\bTable '([^'.]+)\.[^']+' doesn't exist"
)
"""What the client says of a definition that reads in another database."""
_OF_THE_SERVER: t.Final = frozenset({"mysql", "sys", "information_schema", "performance_schema"})


def explain_dump(error: ProgramFailed) -> BackupError | None:
    """Return the error that says what to do; nothing where the words are all that is known."""
    if _CHANGED.search(error.words):
        return definitions_changed(error.words, whose=error.whose)
    if _BROKEN_VIEW in error.words:
        return CopyFailed(
            "una vista no se puede leer, y el programa de volcado no pasa de ella; la copia se descartó",
            whose=error.whose,
            why=error.words,
            repair="pida a quien administra la base que la corrija o la borre (DROP VIEW): usa algo que ya no existe, o"
            " algo que no se le permite a quien la hizo; después repita el caso",
        )
    return None


def explain_restore(error: NotEqual, database: str) -> NotReady | None:
    """Return why a dump of ``database`` cannot be proved on a server that has nothing else; else nothing.

    The dump is as good as it was: where the other database is, it restores.
    """
    found = _ELSEWHERE.search(error.why)
    other = next((name for name in found.groups() if name), "") if found else ""
    if not other or other in {database, *_OF_THE_SERVER}:
        return None
    return NotReady(
        "la base usa otra base de datos, que el servidor de prueba no tiene",
        whose=error.whose,
        why=f"usa algo de {other!a}",  # a name that somebody else's dump may have made up
        repair=f"pida a quien administra la base que quite de {database} la vista, la función o la relación que usa"
        f" «{other}», o que traiga a {database} lo que usa de ella; sin eso la copia no se puede probar",
    )
