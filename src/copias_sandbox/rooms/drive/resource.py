"""Files as the methods show them: four fields unless ``fields`` asks for others."""

from __future__ import annotations

import typing as t
from collections.abc import Callable
from pathlib import PurePosixPath

from copias_sandbox.core.errors import Json
from copias_sandbox.core.fields import Mask, mentions
from copias_sandbox.core.room import Call
from copias_sandbox.oauth.accounts import Accounts
from copias_sandbox.rooms.drive.exports import export_links
from copias_sandbox.rooms.drive.files import FOLDER, NATIVE, RANK, SPREADSHEET, inherited, permission, shared_with
from copias_sandbox.rooms.drive.rights import View

DEFAULT_FIELDS: t.Final = ("id", "name", "mimeType")
_AS_KEPT: t.Final = (
    "id",
    "name",
    "mimeType",
    "createdTime",
    "modifiedTime",
    "description",
    "properties",
    "appProperties",
    "folderColorRgb",
    "shortcutDetails",
    "driveId",
    "originalFilename",
    "size",
    "md5Checksum",
    "sha1Checksum",
    "sha256Checksum",
    "headRevisionId",
    "trashedTime",
    "sharedWithMeTime",
    "copyRequiresWriterPermission",
)
_PLACES: t.Final = {
    SPREADSHEET: "spreadsheets",
    f"{NATIVE}document": "document",
    f"{NATIVE}presentation": "presentation",
}


def show_file(call: Call, view: View, file: Json, mask: Mask | None) -> Json:
    """Return a file as a method shows it.

    Args:
        call: for whom.
        view: what that account sees.
        file: as it is kept.
        mask: what is asked for of it; empty for everything, ``None`` when the client asks for nothing in particular.
    """
    shown: Json = {"kind": "drive#file", **{name: file[name] for name in DEFAULT_FIELDS}}
    if mask is None:
        return shown
    shown |= {name: file[name] for name in _AS_KEPT if name in file}
    shown |= _state(view, file) | _place(view, file) | _names(file) | _size(file)
    for name, make in _DEAR.items():
        value = make(call, view, file) if mentions(mask, name) else None
        if value is not None:
            shown[name] = value
    return shown


def user_of(call: Call, email: str) -> Json:
    """Return a person as files show them."""
    user = Accounts(call.state).user(email) or {}
    name = user.get("name", {}).get("fullName", email.partition("@")[0])
    return {
        "kind": "drive#user",
        "displayName": name,
        "me": email.lower() == call.principal.email.lower(),
        "permissionId": permission(email, "")["id"],
        "emailAddress": email,
    }


def _state(view: View, file: Json) -> Json:
    return {
        "starred": view.email in file.get("_starred", ()),
        "trashed": view.trashed(file),
        "explicitlyTrashed": bool(file["trashed"]),
        "version": str(file["version"]),
        "spaces": ["drive"],
        "viewedByMe": False,
        "modifiedByMe": file.get("_modified_by") == view.email,
        "copyRequiresWriterPermission": bool(file.get("copyRequiresWriterPermission", False)),
        "hasThumbnail": False,
        "isAppAuthorized": True,
    }


def _place(view: View, file: Json) -> Json:
    place: Json = {"parents": file["parents"]} if view.sees_parent(file) else {}
    if "driveId" in file:
        return {**place, "teamDriveId": file["driveId"], "hasAugmentedPermissions": bool(file["permissions"])}
    return {**place, "ownedByMe": file["_owner"] == view.email, "writersCanShare": True}


def _names(file: Json) -> Json:
    """Return addresses and what only a file with bytes has."""
    where, identifier = _PLACES.get(file["mimeType"]), file["id"]
    if file["mimeType"] == FOLDER:
        return {"webViewLink": f"https://drive.google.com/drive/folders/{identifier}"}
    if where:
        return {"webViewLink": f"https://docs.google.com/{where}/d/{identifier}/edit"}
    shown: Json = {"webViewLink": f"https://drive.google.com/file/d/{identifier}/view"}
    if not file["mimeType"].startswith(NATIVE):
        suffixes = [suffix.removeprefix(".") for suffix in PurePosixPath(file["name"]).suffixes]
        shown["webContentLink"] = f"https://drive.google.com/uc?id={identifier}&export=download"
        shown |= {"fileExtension": suffixes[-1] if suffixes else "", "fullFileExtension": ".".join(suffixes[-2:])}
    return shown


def _size(file: Json) -> Json:
    return {"quotaBytesUsed": file.get("size", "0")}


def _owners(call: Call, _: View, file: Json) -> list[Json] | None:
    return [user_of(call, file["_owner"])] if "_owner" in file else None


def _modifier(call: Call, _: View, file: Json) -> Json | None:
    return user_of(call, file["_modified_by"]) if file.get("_modified_by") else None


def _trasher(call: Call, _: View, file: Json) -> Json | None:
    return user_of(call, file["_trashed_by"]) if file["trashed"] and "driveId" in file else None


def permissions_of(view: View, file: Json) -> list[Json]:
    """Return the sharing of a file with what comes from folders and the shared drive, each account's strongest."""
    found: dict[str, Json] = {}
    for number, folder in enumerate(view.store.above(file)):
        for entry in folder["permissions"]:
            role = str(inherited(entry["role"]) if number else entry["role"])
            known = found.get(entry["id"])
            if known is None or RANK.index(role) > RANK.index(known["role"]):
                found[entry["id"]] = {**entry, "role": role, "_from": folder["id"]}
    return list(found.values())


def _permissions(call: Call, view: View, file: Json) -> list[Json] | None:
    """Return the sharing; Google does not fill it in for shared drives, nor for those who may not share."""
    if "driveId" in file or not view.capabilities(file)["canShare"]:
        return None
    return [show_permission(call, file, entry) for entry in permissions_of(view, file)]


def show_permission(call: Call, file: Json, entry: Json) -> Json:
    """Return all fields of a permission of a file."""
    shown = {name: value for name, value in entry.items() if not name.startswith("_")}
    if "emailAddress" in entry:
        shown["displayName"] = user_of(call, entry["emailAddress"])["displayName"]
        shown["deleted"] = False
    shown["pendingOwner"] = False
    if "driveId" in file:
        source = entry.get("_from", file["id"])
        member = source == file["driveId"]
        detail = {"permissionType": "member" if member else "file", "role": entry["role"]}
        details = {**detail, "inherited": source != file["id"]}
        shown["permissionDetails"] = [details | ({"inheritedFrom": source} if details["inherited"] else {})]
    return shown


_DEAR: t.Final[dict[str, Callable[[Call, View, Json], t.Any]]] = {
    "owners": _owners,
    "lastModifyingUser": _modifier,
    "trashingUser": _trasher,
    "capabilities": lambda _, view, file: view.capabilities(file),
    "permissions": _permissions,
    "permissionIds": lambda _, view, file: [entry["id"] for entry in permissions_of(view, file)],
    "shared": lambda _, view, file: _is_shared(view, file),
    "exportLinks": lambda _, __, file: export_links(file) or None,
}


def _is_shared(view: View, file: Json) -> bool:
    return "driveId" in file or len({shared_with(entry) for entry in permissions_of(view, file)}) > 1
