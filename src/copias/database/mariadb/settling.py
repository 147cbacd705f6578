"""Say what is proved of the tables that no snapshot holds still, and of definitions that anybody may change."""

from __future__ import annotations

import dataclasses
import typing as t

from copias.errors import CopyFailed

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from copias.database.contract import TableDigest


def settle(before: Mapping[str, TableDigest], after: Mapping[str, TableDigest]) -> tuple[TableDigest, ...]:
    """Return the digests by name of table; one that changed between two looks is not known.

    ``after`` holds the tables that were looked at twice.
    """
    settled = []
    for name, digest in sorted(before.items()):
        again = after.get(name, digest)
        settled.append(digest if again == digest else dataclasses.replace(digest, xor="", total=""))
    return tuple(settled)


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


def require_same_schema(before: Mapping[str, str], after: Mapping[str, str], *, whose: str) -> None:
    """Raise when somebody changed a definition while the dump was made: nobody can say which one it holds.

    Raises:
        CopyFailed: naming the objects.
    """
    odd = sorted(name for name in before.keys() | after if before.get(name) != after.get(name))
    if odd:
        raise definitions_changed(", ".join(odd[:5]), whose=whose)


def definitions_changed(why: str, *, whose: str) -> CopyFailed:
    """Return the error for a database whose structure did not stand still."""
    return CopyFailed(
        "alguien cambió la estructura de la base de datos durante la copia; la copia se descartó",
        whose=whose,
        why=why,
        repair="repita el caso cuando termine la actualización o la carga que está en curso",
    )


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(f"«{name}»" for name in names[:10])
    more = f" y {len(names) - 10} tablas más" if len(names) > 10 else ""
    return f"{'la tabla' if len(names) == 1 else 'las tablas'} {shown}{more}"
