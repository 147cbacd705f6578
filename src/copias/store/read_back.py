"""Reading what a store keeps, to know that it is what was sent."""

from __future__ import annotations

import hashlib
import typing as t
from datetime import datetime, timedelta

from copias.errors import Altered
from copias.progress import Report, ignore

if t.TYPE_CHECKING:
    from collections.abc import Collection

    from copias.store.contract import PartFile, Store

_BLOCK = 1 << 20


def read_back(store: Store, name: str, *, expected_bytes: int, expected_sha256: str, report: Report = ignore) -> None:
    """Read a file or part whole, from the medium where that can be done, and compare.

    Args:
        store: where it lies.
        name: which; a part by :func:`~copias.store.contract.part_name`.
        expected_bytes: what was sent.
        expected_sha256: of what was sent, hexadecimal.
        report: told the bytes read.

    Raises:
        Altered: it is missing, shorter, longer or different; both hashes are named.
    """
    digest, size = hashlib.sha256(), 0
    with store.open(name, uncached=True) as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            size += len(block)
            report(len(block))
    found = digest.hexdigest()
    if (size, found) != (expected_bytes, expected_sha256):
        raise Altered(
            "lo guardado no es lo que se envió",
            whose=f"{store.name}: {name}",
            why=f"se esperaban {expected_bytes} bytes con SHA-256 {expected_sha256}, hay {size} con {found}",
            repair="no use ese archivo; revise el disco del destino y repita la copia",
        )


def find_abandoned(
    store: Store, *, now: datetime, age: timedelta, in_use: Collection[str] = ()
) -> tuple[PartFile, ...]:
    """Return the parts that no run will finish.

    Age alone does not tell: a copy can take two days, and the store's clock may be wrong. So the
    names that living runs own are passed, and a part from the future is left alone.

    Args:
        store: where to look.
        now: aware time.
        age: how long a part must not have changed.
        in_use: names, without ``.part``, that living runs are writing.
    """
    return tuple(part for part in store.list_parts() if part.name not in in_use and now - part.modified >= age)
