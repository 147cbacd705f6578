"""What is known of a database that may have changed while it was dumped: what is the same in two looks."""

from __future__ import annotations

import dataclasses
import typing as t

from copias.errors import CopyFailed

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from copias.database.contract import TableDigest


def settle(before: Mapping[str, TableDigest], after: Mapping[str, TableDigest]) -> tuple[TableDigest, ...]:
    """Return the digests by name of table; one that is not the same in both looks is not known."""
    return tuple(
        digest if after.get(name) == digest else dataclasses.replace(digest, xor="", total="")
        for name, digest in sorted(before.items())
    )


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
