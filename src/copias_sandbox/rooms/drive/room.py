"""The Drive room: which handler does which method."""

from __future__ import annotations

import typing as t

from copias_sandbox.core.discovery import page_method
from copias_sandbox.core.room import Handler, Room
from copias_sandbox.rooms.drive import (
    changes,
    drives,
    exports,
    listing,
    methods,
    removing,
    revisions,
    sharing,
    writing,
)
from copias_sandbox.rooms.drive.files import SCHEMA, TABLES
from copias_sandbox.state import State

_READING: t.Final = tuple(
    f"https://www.googleapis.com/auth/{name}"
    for name in ("drive", "drive.readonly", "drive.file", "documents", "spreadsheets", "presentations")
)
HANDLERS: t.Final[dict[str, Handler]] = {
    "drive.about.get": methods.about,
    "drive.changes.getStartPageToken": changes.get_start_page_token,
    "drive.changes.list": changes.list_changes,
    "drive.drives.create": drives.create_drive,
    "drive.drives.delete": drives.delete_drive,
    "drive.drives.get": drives.get_drive,
    "drive.drives.list": drives.list_drives,
    "drive.drives.update": drives.update_drive,
    "drive.exportLink": exports.follow_link,
    "drive.files.copy": writing.copy_file,
    "drive.files.create": writing.create_file,
    "drive.files.delete": removing.delete_file,
    "drive.files.emptyTrash": removing.empty_trash,
    "drive.files.export": exports.export_file,
    "drive.files.generateIds": methods.generate_ids,
    "drive.files.get": methods.get_file,
    "drive.files.list": listing.list_files,
    "drive.files.update": writing.update_file,
    "drive.permissions.create": sharing.create_permission,
    "drive.permissions.delete": sharing.delete_permission,
    "drive.permissions.get": sharing.get_permission,
    "drive.permissions.list": sharing.list_permissions,
    "drive.permissions.update": sharing.update_permission,
    "drive.revisions.get": revisions.get_revision,
    "drive.revisions.list": revisions.list_revisions,
}


def _services(state: State) -> dict[str, t.Any]:
    state.add_tables(SCHEMA, TABLES)
    return {}


DRIVE = Room(
    document="drive.v3",
    prefix="/drive/v3/",
    hosts=frozenset({"www.googleapis.com", "drive.googleapis.com"}),
    legacy=True,
    handlers=HANDLERS,
    services=_services,
    pages=tuple(
        page_method("drive.exportLink", path, parameters=("id", "exportFormat"), scopes=_READING)
        for path in exports.LINKS.values()
    ),
    page_hosts=frozenset({"docs.google.com"}),
    effects={"deleted": removing.delete_before},
    before_upload={"drive.files.create": writing.check_create, "drive.files.update": writing.check_update},
)
