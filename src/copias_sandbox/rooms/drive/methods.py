"""Files, folders and their sharing: what a client of spreadsheets asks of Drive."""

from __future__ import annotations

import secrets
import typing as t

from copias_sandbox.core.errors import GoogleError, Json, invalid
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.drive.files import SPREADSHEET, FileStore, new_file, permission, rfc3339
from copias_sandbox.rooms.drive.query import compile_query
from copias_sandbox.rooms.sheets.documents import empty_workbook
from copias_sandbox.rooms.sheets.storage import WorkbookStore

FOLDER: t.Final = "application/vnd.google-apps.folder"
DEFAULT_FIELDS: t.Final = ("kind", "id", "name", "mimeType")
WRITERS: t.Final = frozenset({"owner", "organizer", "fileOrganizer", "writer"})
_CHANGEABLE: t.Final = frozenset({"name", "description", "trashed", "modifiedTime", "starred"})


def _shown(call: Call, file: Json) -> Json:
    """Return a file as the method gives it: four fields unless ``fields`` asks for others."""
    if not call.mask:
        return {name: file[name] for name in DEFAULT_FIELDS}
    me = call.principal.email
    owners = [{**owner, "me": owner["emailAddress"] == me} for owner in file["owners"]]
    return {
        **file,
        "owners": owners,
        "ownedByMe": any(owner["me"] for owner in owners),
        "shared": len(file["permissions"]) > 1,
        "webViewLink": f"https://docs.google.com/spreadsheets/d/{file['id']}/edit",
    }


def _file(call: Call, *, write: bool = False) -> Json:
    """Return the file of the path.

    Raises:
        GoogleError: 404 when who asks cannot see it, 403 when only reading is allowed.
    """
    identifier = call.path["fileId"]
    file = FileStore(call.state).find(identifier)
    role = FileStore.role(file, call.principal.email) if file else None
    if file is None or role is None:
        raise GoogleError(404, f"File not found: {identifier}.", reason="notFound")
    if write and role not in WRITERS:
        raise GoogleError(
            403, "The user does not have sufficient permissions for this file.", reason="insufficientFilePermissions"
        )
    return file


def list_files(call: Call) -> Json:
    """Do ``files.list``: what the account can see and the query selects, newest first, in pages."""
    test = compile_query(call.query.get("q", ""), me=call.principal.email)
    store = FileStore(call.state)
    found = [file for file in store.every() if FileStore.role(file, call.principal.email) and test(file)]
    found.sort(key=lambda file: (file["modifiedTime"], file["id"]), reverse=True)
    start, size = _page_start(call), call.query.get("pageSize", 100)
    answer: Json = {
        "kind": "drive#fileList",
        "incompleteSearch": False,
        "files": [_listed(call, file) for file in found[start : start + size]],
    }
    return {**answer, "nextPageToken": f"p{start + size}"} if start + size < len(found) else answer


def _listed(call: Call, file: Json) -> Json:
    wants_files = not call.mask or bool(call.mask.get("files")) or "*" in call.mask
    return _shown(call, file) if wants_files else {name: file[name] for name in DEFAULT_FIELDS}


def _page_start(call: Call) -> int:
    token = call.query.get("pageToken", "")
    if not token:
        return 0
    if token[:1] != "p" or not token[1:].isdigit():
        raise invalid("Invalid Value")
    return int(token[1:])


def get_file(call: Call) -> Json:
    """Do ``files.get``, of the metadata."""
    if call.query.get("alt") == "media":
        raise GoogleError(403, "Only files with binary content can be downloaded.", reason="fileNotDownloadable")
    return _shown(call, _file(call))


def create_file(call: Call) -> Json:
    """Do ``files.create`` without content: a folder or an empty spreadsheet."""
    body, mime_type = call.body, call.body.get("mimeType", "application/octet-stream")
    name, now = body.get("name", "Untitled"), call.clock.now()
    if mime_type == SPREADSHEET:
        workbook = empty_workbook(name)
        t.cast("WorkbookStore", call.services["workbooks"]).save(workbook)
        identifier = workbook.id
    elif mime_type == FOLDER:
        identifier = "1" + secrets.token_urlsafe(24)
    else:
        raise GoogleError(501, f"The sandbox does not make files of {mime_type} yet.", reason="notImplemented")
    file = new_file(identifier, name, owner=call.principal.email, now=now, mime_type=mime_type)
    FileStore(call.state).put({**file, "parents": body.get("parents", ["root"])})
    return _shown(call, file)


def update_file(call: Call) -> Json:
    """Do ``files.update`` of the metadata."""
    changes = {name: value for name, value in call.body.items() if name in _CHANGEABLE}
    file = {**_file(call, write=True), "modifiedTime": rfc3339(call.clock.now()), **changes}
    FileStore(call.state).put(file)
    return _shown(call, file)


def delete_file(call: Call) -> Json:
    """Do ``files.delete``, with a spreadsheet's content."""
    file = _file(call, write=True)
    FileStore(call.state).remove(file["id"])
    if file["mimeType"] == SPREADSHEET:
        t.cast("WorkbookStore", call.services["workbooks"]).remove(file["id"])
    return {}


def list_permissions(call: Call) -> Json:
    """Do ``permissions.list``."""
    permissions: list[Json] = _file(call)["permissions"]
    if not call.mask:
        permissions = [{name: one[name] for name in ("kind", "id", "type", "role")} for one in permissions]
    return {"kind": "drive#permissionList", "permissions": permissions}


def create_permission(call: Call) -> Json:
    """Do ``permissions.create`` for an account."""
    file, email = _file(call, write=True), call.body.get("emailAddress", "")
    if call.body.get("type") not in {"user", "group"} or "@" not in email:
        raise GoogleError(
            400, "The specified emailAddress is invalid or not applicable.", reason="invalidSharingRequest"
        )
    given = {**permission(email, call.body.get("role", "reader")), "type": call.body["type"]}
    others = [one for one in file["permissions"] if one["id"] != given["id"]]
    FileStore(call.state).put({**file, "permissions": [*others, given]})
    return given if call.mask else {name: given[name] for name in ("kind", "id", "type", "role")}


def delete_permission(call: Call) -> Json:
    """Do ``permissions.delete``."""
    file, gone = _file(call, write=True), call.path["permissionId"]
    kept = [one for one in file["permissions"] if one["id"] != gone]
    if len(kept) == len(file["permissions"]):
        raise GoogleError(404, f"Permission not found: {gone}.", reason="notFound")
    FileStore(call.state).put({**file, "permissions": kept})
    return {}


def about(call: Call) -> Json:
    """Do ``about.get``; ``fields`` must be given, as Google wants it."""
    if not call.mask:
        raise GoogleError(400, "The 'fields' parameter is required for this method.", reason="required")
    user = {"kind": "drive#user", "displayName": call.principal.email, "me": True}
    quota = {"limit": str(15 * 2**30), "usage": "0", "usageInDrive": "0", "usageInDriveTrash": "0"}
    return {
        "kind": "drive#about",
        "user": {**user, "emailAddress": call.principal.email},
        "storageQuota": quota,
        "exportFormats": {},
        "importFormats": {},
    }
