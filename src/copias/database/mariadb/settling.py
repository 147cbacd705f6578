"""Say what is proved of the tables that no snapshot holds still."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from copias.database.contract import TableDigest


def say_unsettled(tables: Sequence[TableDigest], moving: Sequence[str], *, shared: bool) -> tuple[str, ...]:
    """Say in Spanish what the proof does not cover; ``moving`` are the tables that are not transactional."""
    said = []
    changed = [digest.table for digest in tables if not digest.known]
    if changed:
        said.append(f"La prueba del contenido de {_names(changed)}: cambió mientras se copiaba.")
    if moving:
        said.append(
            f"La certeza de que {_names(moving)} sea del mismo momento que las demás: su motor no es transaccional."
        )
    if not shared:
        said.append(
            "La certeza de que las huellas sean del mismo instante que el volcado: el usuario no tiene RELOAD ni"
            " LOCK TABLES, y solo se prueba lo que no cambió al empezar."
        )
    return tuple(said)


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(f"«{name}»" for name in names[:10])
    more = f" y {len(names) - 10} tablas más" if len(names) > 10 else ""
    return f"{'la tabla' if len(names) == 1 else 'las tablas'} {shown}{more}"
