"""Reading: a file's metadata, its content, ids for files to come, and what Drive is to an account."""

from __future__ import annotations

import secrets
import typing as t

from copias_sandbox.core.contents import Contents
from copias_sandbox.core.downloads import Download
from copias_sandbox.core.errors import GoogleError, Json
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.drive.exports import FORMATS, IMPORTS
from copias_sandbox.rooms.drive.files import NATIVE, FileStore
from copias_sandbox.rooms.drive.limits import limits_of, used_bytes
from copias_sandbox.rooms.drive.resource import show_file, user_of
from copias_sandbox.rooms.drive.rights import View, find_file

GENERATED: t.Final = "drive_id"
"""Kind of the documents that say which ids were given to clients, and which of them are taken."""
LARGEST: t.Final = 5 * 2**40
ROOM: t.Final = 5 * 2**40
"""Bytes that an account has when no limit is set."""


def get_file(call: Call) -> Json | Download:
    """Do ``files.get``: the metadata, or the content with ``alt=media``."""
    view = View(call)
    file = find_file(call, view, call.path["fileId"])
    if call.query.get("alt") == "media":
        return download(call, view, file)
    return show_file(call, view, file, call.mask or None)


def download(call: Call, view: View, file: Json) -> Download:
    """Return a file's bytes.

    Raises:
        GoogleError: 403, it has none, or who asks may not have them.
    """
    if file["mimeType"].startswith(NATIVE):
        text = "Only files with binary content can be downloaded. Use Export with Docs Editors files."
        raise GoogleError(403, text, reason="fileNotDownloadable")
    if not view.capabilities(file)["canDownload"]:
        raise GoogleError(403, "This file cannot be downloaded by the user.", reason="cannotDownloadFile")
    if file.get("_abusive") and not call.query.get("acknowledgeAbuse"):
        text = "This file has been identified as malware or spam and cannot be downloaded."
        raise GoogleError(403, text, reason="cannotDownloadAbusiveFile")
    return Download(file["mimeType"], Contents(call.state).path(file["sha256Checksum"]))


def generate_ids(call: Call) -> Json:
    """Do ``files.generateIds``."""
    ids = [new_id() for _ in range(call.query.get("count", 10))]
    for identifier in ids:
        call.state.put(GENERATED, identifier, {"used": False})
    return {"kind": "drive#generatedIds", "space": call.query.get("space", "drive"), "ids": ids}


def new_id() -> str:
    """Return an id of the form and length of Google's."""
    return "1" + secrets.token_urlsafe(24)


def about(call: Call) -> Json:
    """Do ``about.get``; ``fields`` must be given, as Google wants it."""
    if not call.mask:
        raise GoogleError(400, "The 'fields' parameter is required for this method.", reason="required")
    email, limit = call.principal.email, limits_of(call.state).storage
    used = str(used_bytes(call.state, email))
    trash = sum(int(file.get("size", 0)) for file in _trashed(call, email))
    room = {"limit": str(ROOM if limit < 0 else limit), "usage": used, "usageInDrive": used}
    return {
        "kind": "drive#about",
        "user": user_of(call, email),
        "storageQuota": {**room, "usageInDriveTrash": str(trash)},
        "exportFormats": {kind: list(formats) for kind, formats in FORMATS.items()},
        "importFormats": IMPORTS,
        "maxUploadSize": str(LARGEST),
        "canCreateDrives": True,
    }


def _trashed(call: Call, email: str) -> t.Iterator[Json]:
    view = View(call)
    for file in FileStore(call.state).every():
        if file.get("_owner") == email and view.trashed(file):
            yield file
