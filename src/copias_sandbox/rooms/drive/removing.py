"""The trash, and deleting for good."""

from __future__ import annotations

import typing as t

from copias_sandbox.core.errors import GoogleError, Json
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.drive.files import SPREADSHEET, is_drive, is_root, rfc3339
from copias_sandbox.rooms.drive.rights import View, denied, find_file
from copias_sandbox.rooms.sheets.storage import WorkbookStore


def set_trashed(call: Call, view: View, file: Json, *, trashed: bool) -> Json:
    """Return a file in the trash or out of it.

    Raises:
        GoogleError: 403, who asks may not.
    """
    if is_root(file) or not view.capabilities(file)["canTrash" if trashed else "canUntrash"]:
        raise denied()
    kept = {name: value for name, value in file.items() if name not in {"trashedTime", "_trashed_by"}}
    if not trashed:
        return {**kept, "trashed": False}
    now = rfc3339(call.clock.now())
    return {**kept, "trashed": True, "trashedTime": now, "_trashed_by": view.email}


def delete_file(call: Call) -> Json:
    """Do ``files.delete``: at once, trash or not, with all that lies in a folder."""
    view = View(call)
    file = find_file(call, view, call.path["fileId"], "canDelete")
    if is_root(file):
        raise denied()
    delete(call, view, file)
    return {}


def empty_trash(call: Call) -> Json:
    """Do ``files.emptyTrash``, of the own drive or of a shared one.

    Raises:
        GoogleError: 404 or 403, it is not for who asks to do.
    """
    view, drive = View(call), call.query.get("driveId") or call.query.get("teamDriveId")
    if drive:
        top = view.store.find(str(drive))
        if top is None or not is_drive(top) or view.role(top) is None:
            raise GoogleError(404, f"Shared drive not found: {drive}", reason="notFound")
        if view.role(top) != "organizer":
            raise denied()
    files = view.store.in_drive(str(drive)) if drive else view.store.every()
    for file in files:
        if file["trashed"] and (drive or file.get("_owner") == view.email):
            delete(call, view, file)
    return {}


def delete_before(call: Call) -> None:
    """Play the fault ``deleted``: the file of the path is gone before it is asked for."""
    view = View(call)
    file = view.store.find(call.path.get("fileId", ""))
    if file is not None:
        delete(call, view, file)


def delete(call: Call, view: View, file: Json) -> None:
    """Delete a file, with what lies in it and with a spreadsheet's content."""
    for child in view.store.children((file["id"],)):
        delete(call, view, child)
    view.store.remove(file["id"], call.clock.now())
    if file["mimeType"] == SPREADSHEET:
        t.cast("WorkbookStore", call.services["workbooks"]).remove(file["id"])
