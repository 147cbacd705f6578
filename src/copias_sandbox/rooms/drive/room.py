"""The Drive room: which handler does which method."""

from __future__ import annotations

from copias_sandbox.core.room import Room
from copias_sandbox.rooms.drive import methods

DRIVE = Room(
    document="drive.v3",
    prefix="/drive/v3/",
    hosts=frozenset({"www.googleapis.com", "drive.googleapis.com"}),
    legacy=True,
    handlers={
        "drive.about.get": methods.about,
        "drive.files.create": methods.create_file,
        "drive.files.delete": methods.delete_file,
        "drive.files.get": methods.get_file,
        "drive.files.list": methods.list_files,
        "drive.files.update": methods.update_file,
        "drive.permissions.create": methods.create_permission,
        "drive.permissions.delete": methods.delete_permission,
        "drive.permissions.list": methods.list_permissions,
    },
)
