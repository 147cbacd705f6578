"""Revisions: what the content of a file was, each with its own bytes."""

from __future__ import annotations

import typing as t

from copias_sandbox.core.downloads import Download
from copias_sandbox.core.errors import GoogleError, Json
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.drive.listing import inner_mask, page_of
from copias_sandbox.rooms.drive.methods import download
from copias_sandbox.rooms.drive.resource import user_of
from copias_sandbox.rooms.drive.rights import View, find_file

_DEFAULT: t.Final = ("id", "mimeType", "modifiedTime")


def list_revisions(call: Call) -> Json:
    """Do ``revisions.list``, oldest first."""
    page, more = page_of(call, list(_file(call).get("_revisions", ())), default=200)
    full = inner_mask(call.mask, "revisions") is not None
    return {"kind": "drive#revisionList", "revisions": [_shown(call, one, full=full) for one in page], **more}


def get_revision(call: Call) -> Json | Download:
    """Do ``revisions.get``: the metadata, or the content with ``alt=media``."""
    file, wanted = _file(call), call.path["revisionId"]
    for one in file.get("_revisions", ()):
        if wanted in {one["id"], "head"} and (wanted != "head" or one["id"] == file["headRevisionId"]):
            if call.query.get("alt") == "media":
                return download(call, View(call), {**file, "sha256Checksum": one["_sha256"]})
            return _shown(call, one, full=bool(call.mask))
    raise GoogleError(404, f"Revision not found: {wanted}.", reason="notFound")


def _file(call: Call) -> Json:
    call.query["supportsAllDrives"] = True  # these methods have no such parameter, and need none
    return find_file(call, View(call), call.path["fileId"], "canReadRevisions")


def _shown(call: Call, revision: Json, *, full: bool) -> Json:
    shown: Json = {"kind": "drive#revision", **{name: revision[name] for name in _DEFAULT}}
    if not full:
        return shown
    shown |= {name: value for name, value in revision.items() if not name.startswith("_")}
    return {**shown, "keepForever": False, "published": False, "lastModifyingUser": user_of(call, revision["_by"])}
