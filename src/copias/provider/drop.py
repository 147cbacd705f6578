"""The folder of a case in the place that its provider writes to; it is only read."""

from __future__ import annotations

import typing as t

from copias.delivery.place import ServerFolder, SharedDriveFolder
from copias.store.settings import StoreSettings

if t.TYPE_CHECKING:
    from copias.config import Deployment
    from copias.delivery.place import DeliveryPlace
    from copias.provider.drop_settings import DropSettings


def open_drop(deployment: Deployment, drop: DropSettings, number: str) -> DeliveryPlace:
    """Return where the delivery of a case is looked for; nothing is read yet."""
    if drop.kind == "folder":
        return ServerFolder(drop.path, number)
    if drop.kind == "shared_drive":
        return SharedDriveFolder(deployment.google, drop.drive, store="entregas", folder=drop.folder, case=number)
    from copias.delivery.sftp_folder import SftpFolder

    settings = StoreSettings(
        kind="sftp",
        path=drop.path,
        host=drop.host,
        port=drop.port,
        user=drop.user,
        identity_file=drop.identity_file,
        known_hosts=drop.known_hosts,
        time_limit=drop.time_limit,
    )
    return SftpFolder(settings, name="entregas de los proveedores", case=number)
