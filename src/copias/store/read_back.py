"""Reading what a store keeps, to know that it is what was sent."""

from __future__ import annotations

import hashlib
import os
import random
import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta

from copias.errors import Altered
from copias.progress import Report, ignore

if t.TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from copias.store.contract import PartFile, Store

_BLOCK = 1 << 20
_RANGE = 256 << 10


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
        why = f"se esperaban {expected_bytes} bytes con SHA-256 {expected_sha256}, hay {size} con {found}"
        raise altered(store, name, why)


@dataclass(frozen=True)
class RangesReport:
    """How much was read back and compared with the local file: ranges, and bytes in all of them."""

    ranges: int
    bytes: int


def compare_ranges(
    store: Store,
    name: str,
    local: Path,
    *,
    ranges: int = 16,
    seed: int | str = 0,
    length: int = _RANGE,
    report: Report = ignore,
) -> RangesReport:
    """Read the first, the last and some random ranges of a stored file, and compare them with the local one.

    Together with the hash that the place computed (:func:`copias.store.sending.confirm_file`) this shows that it gives
    back what it says it has, for little traffic. The same seed reads the same ranges.

    Args:
        store: where it lies.
        name: which; a part by :func:`~copias.store.contract.part_name`.
        local: the file that was sent.
        ranges: how many, the first and the last included.
        seed: of the choice.
        length: bytes of each; fewer when the file is shorter.
        report: told the bytes read.

    Raises:
        Altered: it is missing, of another size, or differs; the range is named.
    """
    with local.open("rb") as ours, store.open(name, uncached=True) as theirs:
        size, found = ours.seek(0, os.SEEK_END), theirs.seek(0, os.SEEK_END)
        if size != found:
            raise altered(store, name, f"se esperaban {size} bytes y hay {found}")
        starts = _choose_starts(size, ranges=ranges, seed=seed, length=length)
        for start in starts:
            compared = min(length, size - start)
            if _read_at(ours, start, compared) != _read_at(theirs, start, compared):
                raise altered(store, name, f"difieren los {compared} bytes desde el {start}")
            report(compared)
    return RangesReport(len(starts), sum(min(length, size - start) for start in starts))


def _read_at(stream: t.BinaryIO, start: int, length: int) -> bytes:
    stream.seek(start)
    return stream.read(length)


def _choose_starts(size: int, *, ranges: int, seed: int | str, length: int) -> tuple[int, ...]:
    last = max(0, size - length)
    chosen = random.Random(seed)  # noqa: S311 - a sample, not a secret
    return tuple(sorted({0, last, *(chosen.randint(0, last) for _ in range(ranges - 2))}))


def altered(store: Store, name: str, why: str) -> Altered:
    """Return the error of a file that is not what was sent."""
    return Altered(
        "lo guardado no es lo que se envió",
        whose=f"{store.name}: {name}",
        why=why,
        repair="no use ese archivo; revise el destino y repita la copia",
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
