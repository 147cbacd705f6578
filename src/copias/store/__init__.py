"""Places that keep copies, behind one protocol.

A new kind of place is one module with a class that has the methods of
:class:`~copias.store.contract.Store`, and one line in ``_DRIVERS``.
"""

from __future__ import annotations

import typing as t

from copias.store.contract import PartFile, Store, StoredFile, Upload, part_name
from copias.store.names import check_name, safe_part
from copias.store.read_back import find_abandoned, read_back
from copias.store.settings import StoreSettings
from copias.store.wrappers import LeastFree, Rehearsal, Retrying

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "LeastFree",
    "PartFile",
    "Rehearsal",
    "Retrying",
    "Store",
    "StoreSettings",
    "StoredFile",
    "Upload",
    "check_name",
    "find_abandoned",
    "open_store",
    "part_name",
    "read_back",
    "safe_part",
]


def open_store(settings: StoreSettings, *, name: str) -> Store:
    """Return the store that the settings describe, with retries and the room it must leave.

    Nothing is asked of the place yet: the first call finds out whether it answers and is prepared.

    Args:
        settings: of the deployment.
        name: the logical name, the key in the deployment's ``stores``.
    """
    return LeastFree(Retrying(_DRIVERS[settings.kind](name, settings)), settings.least_free)


def _open_folder(name: str, settings: StoreSettings) -> Store:
    from copias.store.folder import FolderStore

    return FolderStore(name, settings.path)


def _open_sftp(name: str, settings: StoreSettings) -> Store:
    from copias.store.sftp import SftpStore

    return SftpStore(name, settings)


_DRIVERS: Mapping[str, Callable[[str, StoreSettings], Store]] = {"folder": _open_folder, "sftp": _open_sftp}
