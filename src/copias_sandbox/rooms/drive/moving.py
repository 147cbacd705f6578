"""``addParents`` and ``removeParents``: a file lies in one folder, so they say from where to where it moves."""

from __future__ import annotations

from copias_sandbox.core.errors import GoogleError, Json
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.drive.files import FOLDER, in_shared_drive, is_root, permission, root_id
from copias_sandbox.rooms.drive.limits import check_room
from copias_sandbox.rooms.drive.rights import View, denied, find_parent


def moved(call: Call, view: View, file: Json) -> Json:
    """Return a file in its new place.

    Raises:
        GoogleError: 403, it may not go there, or would lie in two folders or in none; 404, there is no such folder.
    """
    added, removed = (_ids(call, name) for name in ("addParents", "removeParents"))
    if added == file["parents"] or (not added and file["parents"][0] not in removed):
        return file
    if not added:
        raise GoogleError(403, "The last parent of a file cannot be removed.", reason="cannotRemoveLastParent")
    owned = "driveId" not in file and file["_owner"] == view.email
    if len(added) > 1 or not (owned or file["parents"][0] in removed):
        raise GoogleError(403, "Increasing the number of parents is not allowed", reason="cannotAddParent")
    target = find_parent(call, view, added[0])
    if is_root(file) or any(folder["id"] == file["id"] for folder in view.store.above(target)):
        raise GoogleError(403, "A folder cannot be moved into itself.", reason="cyclicMembershipsNotAllowed")
    _check_right(view, file, target)
    if file.get("driveId") != target.get("driveId"):
        check_room(call, target)
        file = _in_other_drive(view, file, target)
    return {**file, "parents": [target["id"]]}


def _ids(call: Call, name: str) -> list[str]:
    found = [one for one in str(call.query.get(name, "")).split(",") if one]
    return [root_id(call.principal.email) if one == "root" else one for one in found]


def _check_right(view: View, file: Json, target: Json) -> None:
    same = file.get("driveId") == target.get("driveId")
    if not view.capabilities(file).get("canMoveItemWithinDrive" if same else "canMoveItemOutOfDrive"):
        raise denied()


def _in_other_drive(view: View, file: Json, target: Json) -> Json:
    if file["mimeType"] == FOLDER:
        text = "Moving folders between drives is not supported."
        raise GoogleError(403, text, reason="teamDrivesFolderMoveInNotSupported")
    if "driveId" in target:
        return in_shared_drive(file, target["driveId"])
    kept = {name: value for name, value in file.items() if name != "driveId"}
    return {**kept, "_owner": view.email, "permissions": [permission(view.email, "owner")]}
