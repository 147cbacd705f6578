"""Places that keep copies, behind one protocol.

A new kind of place is one module with a class that has the methods of
:class:`~copias.store.contract.Store`, and one line in ``_DRIVERS``.
"""

from __future__ import annotations

import typing as t

from copias.errors import BadConfiguration
from copias.store.contract import CheckedStore, PartFile, ResumableStore, Store, StoredFile, Upload, part_name
from copias.store.names import check_name, safe_part
from copias.store.read_back import compare_ranges, find_abandoned, read_back
from copias.store.sending import confirm_file, send_file
from copias.store.settings import StoreSettings
from copias.store.wrappers import LeastFree, Rehearsal, Retrying

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from copias.google.settings import GoogleSettings

__all__ = [
    "CheckedStore",
    "LeastFree",
    "PartFile",
    "Rehearsal",
    "ResumableStore",
    "Retrying",
    "Store",
    "StoreSettings",
    "StoredFile",
    "Upload",
    "check_name",
    "compare_ranges",
    "confirm_file",
    "find_abandoned",
    "open_store",
    "part_name",
    "read_back",
    "safe_part",
    "send_file",
]


def open_store(
    settings: StoreSettings, *, name: str, google: GoogleSettings | None = None, state: Path | None = None
) -> Store:
    """Return the store that the settings describe, with retries and the room it must leave.

    Nothing is asked of the place yet: the first call finds out whether it answers and is prepared.

    Args:
        settings: of the deployment.
        name: the logical name, the key in the deployment's ``stores``.
        google: of the deployment; only a shared drive needs it.
        state: folder of the deployment's state, for a shared drive's journal and for what waits to be sent to a NAS.

    Raises:
        BadConfiguration: what the kind needs is not there.
    """
    return LeastFree(_DRIVERS[settings.kind](name, settings, google, state), settings.least_free)


def _open_folder(name: str, settings: StoreSettings, _google: GoogleSettings | None, _state: Path | None) -> Store:
    from copias.store.folder import FolderStore

    return Retrying(FolderStore(name, settings.path))


def _open_sftp(name: str, settings: StoreSettings, _google: GoogleSettings | None, _state: Path | None) -> Store:
    from copias.store.sftp import SftpStore

    return Retrying(SftpStore(name, settings))


def _open_shared_drive(name: str, settings: StoreSettings, google: GoogleSettings | None, state: Path | None) -> Store:
    """Open a shared drive; Google's client has the retries in it, so there is no second layer of them."""
    from copias.store.shared_drive import SharedDriveStore

    if google is None or state is None:
        raise BadConfiguration(
            "una unidad compartida se abre con la clave de Google y la carpeta de estado del despliegue", whose=name
        )
    return SharedDriveStore(name, settings, google, journal=state / "stores" / name)


def _open_file_station(name: str, settings: StoreSettings, _google: GoogleSettings | None, state: Path | None) -> Store:
    """Open a NAS; what must wait for its size to be known waits beside the state, where dumps have room."""
    from copias.store.file_station import FileStationStore

    return Retrying(FileStationStore(name, settings, spool=state / "stores" / name if state else None))


_DRIVERS: Mapping[str, Callable[[str, StoreSettings, GoogleSettings | None, Path | None], Store]] = {
    "folder": _open_folder,
    "sftp": _open_sftp,
    "shared_drive": _open_shared_drive,
    "file_station": _open_file_station,
}
