"""What a place can do, found by doing it: a small file is written, read back, renamed and removed."""

from __future__ import annotations

import hashlib
import secrets
import typing as t
from dataclasses import dataclass

from copias.errors import NotReady
from copias.store.contract import part_name, recycled_bytes, stored_checksum
from copias.store.read_back import read_back

if t.TYPE_CHECKING:
    from copias.store.contract import Store

SIZE = 256 << 10
"""Bytes of the file that is tried with."""


@dataclass(frozen=True)
class Trial:
    """What was found. That a file could be written, read back and renamed is why there is a trial at all.

    ``removes`` is whether the account may remove; ``left`` is the file that stayed because it may not, else empty.
    ``tells_hash`` is whether the place computes SHA-256 itself, and ``free`` the bytes it says that it has.
    ``recycles`` is whether what is removed goes to a recycle bin, where it takes room and can be read; ``None`` when
    that cannot be seen.
    """

    removes: bool
    left: str
    tells_hash: bool
    free: int | None
    recycles: bool | None = False


def try_out(store: Store) -> Trial:
    """Write a file of random bytes, read it back, publish, rename and remove it.

    Nothing that is there is touched: the names are new ones.

    Raises:
        BackupError: of the step that the place does not do; what was written before it may be left.
    """
    first, second = (f"prueba-{secrets.token_hex(8)}.bin" for _ in range(2))
    content = secrets.token_bytes(SIZE)
    expected = hashlib.sha256(content).hexdigest()
    with store.create(first, expected_bytes=SIZE) as upload:
        upload.write(content)
        upload.finish()
    read_back(store, part_name(first), expected_bytes=SIZE, expected_sha256=expected)
    store.publish(first)
    store.rename(first, second)
    read_back(store, second, expected_bytes=SIZE, expected_sha256=expected)
    told = stored_checksum(store, second)
    free = store.free_space()
    removes = _remove(store, second)
    held = recycled_bytes(store, second) if removes else 0
    return Trial(
        removes=removes,
        left="" if removes else second,
        tells_hash=told is not None,
        free=free,
        recycles=None if held is None else held > 0,
    )


def _remove(store: Store, name: str) -> bool:
    try:
        store.remove(name)
    except NotReady:
        return False
    return store.stat(name) is None
