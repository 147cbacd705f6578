"""Shared drives: which there are, what one may do in them, how they are made and closed."""

from __future__ import annotations

import base64
import hashlib
import typing as t

from copias_sandbox.core.errors import GoogleError, Json
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.drive.files import FileStore, is_drive, new_drive
from copias_sandbox.rooms.drive.listing import inner_mask, page_of
from copias_sandbox.rooms.drive.query import compile_query
from copias_sandbox.rooms.drive.rights import View, denied, drive_capabilities, is_administrator

REQUEST: t.Final = "drive_request"
"""Kind of the documents that say which drive a ``requestId`` made: the same request twice makes one drive."""
_RESTRICTIONS: t.Final = (
    "adminManagedRestrictions",
    "copyRequiresWriterPermission",
    "domainUsersOnly",
    "driveMembersOnly",
    "sharingFoldersRequiresOrganizerPermission",
)


def drive_id(seed: str) -> str:
    """Return a shared drive's id, of the form of Google's."""
    return "0A" + base64.urlsafe_b64encode(hashlib.sha256(seed.encode()).digest()).decode()[:14] + "Uk9PVA"


def list_drives(call: Call) -> Json:
    """Do ``drives.list``: those of which the account is a member; all of them for an administrator who says so."""
    view, every = View(call), is_administrator(call)
    if call.query.get("useDomainAdminAccess") and not every:
        raise GoogleError(403, "The requested domain administration access is not allowed.", reason="forbidden")
    query = compile_query(call.query.get("q", ""), me=view.email)
    found = [drive for drive in view.store.drives() if every or view.role(drive)]
    found = sorted((one for one in found if query.test(_subject(view, one))), key=lambda one: one["name"])
    page, more = page_of(call, found, default=10)
    mask = inner_mask(call.mask, "drives")
    return {"kind": "drive#driveList", "drives": [show_drive(view, one, full=mask is not None) for one in page], **more}


def _subject(view: View, drive: Json) -> Json:
    roles = [entry["role"] for entry in drive["permissions"]]
    counts = {"memberCount": len(roles), "organizerCount": roles.count("organizer")}
    return {**drive, **counts, "hidden": view.email in drive["_hidden_for"]}


def show_drive(view: View, drive: Json, *, full: bool) -> Json:
    """Return a shared drive: three fields unless others are asked for."""
    shown: Json = {"kind": "drive#drive", "id": drive["id"], "name": drive["name"]}
    if not full:
        return shown
    return {
        **shown,
        "createdTime": drive["createdTime"],
        "hidden": view.email in drive["_hidden_for"],
        "capabilities": drive_capabilities(view, drive),
        "restrictions": {name: bool(drive["_restrictions"].get(name)) for name in _RESTRICTIONS},
        "colorRgb": "#4285f4",
    }


def get_drive(call: Call) -> Json:
    """Do ``drives.get``."""
    view = View(call)
    return show_drive(view, _drive(call, view), full=bool(call.mask))


def create_drive(call: Call) -> Json:
    """Do ``drives.create``; who makes it manages it."""
    request, name = str(call.query.get("requestId", "")), str(call.body.get("name", "")).strip()
    if not name:
        raise GoogleError(400, "The name of a shared drive is required.", reason="required")
    if call.state.get(REQUEST, request):
        raise GoogleError(409, "A shared drive with the provided request ID already exists.", reason="duplicate")
    view, now = View(call), call.clock.now()
    drive = new_drive(drive_id(f"{view.email}/{request}/{now}"), name, member=view.email, now=now)
    call.state.put(REQUEST, request, {"drive": drive["id"]})
    view.store.put(drive, now)
    return show_drive(view, drive, full=bool(call.mask))


def update_drive(call: Call) -> Json:
    """Do ``drives.update``: the name and the restrictions."""
    view = View(call)
    drive = _drive(call, view)
    if not drive_capabilities(view, drive)["canRenameDrive"] and not is_administrator(call):
        raise denied()
    wanted = {name: bool(value) for name, value in call.body.get("restrictions", {}).items() if name in _RESTRICTIONS}
    changed = {**drive, "_restrictions": {**drive["_restrictions"], **wanted}}
    changed["name"] = str(call.body.get("name") or drive["name"])
    view.store.put(changed, call.clock.now())
    return show_drive(view, changed, full=bool(call.mask))


def delete_drive(call: Call) -> Json:
    """Do ``drives.delete``; it must be empty, trash too."""
    view = View(call)
    drive = _drive(call, view)
    if not drive_capabilities(view, drive)["canDeleteDrive"]:
        raise denied()
    if view.store.count(drive["id"]):
        raise GoogleError(403, "A shared drive with items cannot be deleted.", reason="cannotDeleteNonEmptyTeamDrive")
    view.store.remove(drive["id"], call.clock.now())
    return {}


def _drive(call: Call, view: View) -> Json:
    identifier = call.path["driveId"]
    drive = FileStore(call.state).find(identifier)
    if drive is None or not is_drive(drive) or (view.role(drive) is None and not is_administrator(call)):
        raise GoogleError(404, f"Shared drive not found: {identifier}", reason="notFound")
    return drive
