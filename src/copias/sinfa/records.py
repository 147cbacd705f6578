"""The records of dumps that are kept here: what proves a restore, and what the next dump is measured by."""

from __future__ import annotations

import typing as t
from itertools import chain

import orjson

from copias.database import DumpRecord

if t.TYPE_CHECKING:
    from copias.case.copy_folder import CopyFolder
    from copias.config import Deployment

NAME: t.Final = "dump.json"


def read_dump(folder: CopyFolder) -> DumpRecord:
    """Return the record of a copy's dump."""
    return DumpRecord.from_dict(folder.read(NAME))


def last_record(deployment: Deployment, database: str) -> DumpRecord | None:
    """Return the newest record of a database's dumps, of a case or a night: what the next one is measured by."""
    every = (deployment.copies.glob(f"{kind}-{database}-*/{NAME}") for kind in ("sinfa", "noche"))
    found = sorted(chain.from_iterable(every), key=lambda path: path.stat().st_mtime)
    if not found:
        return None
    return DumpRecord.from_dict(orjson.loads(found[-1].read_bytes()))
