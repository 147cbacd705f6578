"""``changes.list``: what has become of files since a point in time, each file once, as it is now."""

from __future__ import annotations

import typing as t

from copias_sandbox.core.errors import GoogleError, Json, invalid
from copias_sandbox.core.fields import Mask
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.drive.drives import show_drive
from copias_sandbox.rooms.drive.files import is_drive, is_root, rfc3339
from copias_sandbox.rooms.drive.listing import inner_mask
from copias_sandbox.rooms.drive.resource import show_file
from copias_sandbox.rooms.drive.rights import View

_LATEST: t.Final = """
SELECT number, file, drive, time, viewers FROM drive_change AS one
WHERE number >= ? AND NOT EXISTS (
    SELECT 1 FROM drive_change AS other WHERE other.file = one.file AND other.number > one.number
) ORDER BY number
"""


def get_start_page_token(call: Call) -> Json:
    """Do ``changes.getStartPageToken``."""
    _check_drive(call, View(call))
    return {"kind": "drive#startPageToken", "startPageToken": str(_next(call))}


def list_changes(call: Call) -> Json:
    """Do ``changes.list``; a page goes on after the last change of the one before.

    Raises:
        GoogleError: 400, the token is none of ours; 404, there is no such shared drive.
    """
    view, token, size = View(call), str(call.query.get("pageToken", "")), call.query.get("pageSize", 100)
    drive = _check_drive(call, view)
    if not token.isdigit() or int(token) > _next(call) or "expired" in call.effects:
        raise invalid("Invalid Value")
    mask = inner_mask(call.mask, "changes")
    found: list[Json] = []
    for number, file, where, time, viewers in call.state.connection.execute(_LATEST, (int(token),)).fetchall():
        change = _change(call, view, (file, where, time, viewers.split()), mask, drive)
        if change is None:
            continue
        if len(found) == size:
            return {"kind": "drive#changeList", "nextPageToken": str(number), "changes": found}
        found.append(change)
    return {"kind": "drive#changeList", "newStartPageToken": str(_next(call)), "changes": found}


def _next(call: Call) -> int:
    """Return the number that the next change will have; deleting the log does not bring numbers back."""
    row = call.state.connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'drive_change'").fetchone()
    return int(row[0]) + 1 if row else 1


def _check_drive(call: Call, view: View) -> str:
    drive = str(call.query.get("driveId") or call.query.get("teamDriveId") or "")
    top = view.store.find(drive) if drive else None
    if drive and (top is None or not is_drive(top) or view.role(top) is None):
        raise GoogleError(404, f"Shared drive not found: {drive}", reason="notFound")
    return drive


def _change(
    call: Call, view: View, row: tuple[str, str, float, list[str]], mask: Mask | None, drive: str
) -> Json | None:
    """Return a change as the account sees it, or nothing: it is of another drive, or was never seen by it."""
    identifier, where, time, viewers = row
    every = call.query.get("includeItemsFromAllDrives") or call.query.get("includeTeamDriveItems")
    if (drive and where != drive) or (where and not every) or (where and call.query.get("restrictToMyDrive")):
        return None
    file = view.store.find(identifier)
    seen = file is not None and view.role(file) is not None
    if not seen and not view.names & set(viewers):
        return None
    if not seen and call.query.get("includeRemoved") is False:
        return None
    kind = "drive" if identifier == where else "file"
    shown: Json = {"kind": "drive#change", "type": kind, "changeType": kind, "time": rfc3339(time), "removed": not seen}
    shown["driveId" if kind == "drive" else "fileId"] = identifier
    if file is None or not seen:
        return shown
    if kind == "drive":
        return {**shown, "drive": show_drive(view, file, full=mask is not None)}
    if is_root(file):
        return None
    return {**shown, "file": show_file(call, view, file, inner_mask(mask, "file") if mask else None)}
