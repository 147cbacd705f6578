"""Making, changing, copying and deleting files."""

from __future__ import annotations

import base64
import copy
import hashlib
import typing as t
from datetime import UTC, datetime

from copias_sandbox.core.contents import Contents, read_all, size_of
from copias_sandbox.core.errors import GoogleError, Json
from copias_sandbox.core.room import Call, Media
from copias_sandbox.rooms.drive.exports import IMPORTS
from copias_sandbox.rooms.drive.files import FOLDER, NATIVE, SHORTCUT, SPREADSHEET, in_shared_drive, new_file, rfc3339
from copias_sandbox.rooms.drive.limits import check_bytes, check_room, count_bytes
from copias_sandbox.rooms.drive.methods import GENERATED, new_id
from copias_sandbox.rooms.drive.moving import moved
from copias_sandbox.rooms.drive.removing import set_trashed
from copias_sandbox.rooms.drive.resource import show_file
from copias_sandbox.rooms.drive.rights import View, find_file, find_parent
from copias_sandbox.rooms.sheets.documents import empty_workbook
from copias_sandbox.rooms.sheets.storage import WorkbookStore

BYTES: t.Final = "application/octet-stream"
_PLAIN: t.Final = ("name", "description", "folderColorRgb", "copyRequiresWriterPermission", "originalFilename")
_RENEWING: t.Final = frozenset({"name", "description", "mimeType", "properties", "appProperties"})
"""What makes a file newer; to star it, to move it or to throw it away does not."""


def check_create(call: Call) -> None:
    """Check what can be checked before the content of a new file is here.

    Raises:
        GoogleError: as :func:`create_file`.
    """
    check_room(call, _parent(call, View(call)))
    _identifier(call)
    check_bytes(call, 0)


def check_update(call: Call) -> None:
    """Check what can be checked before the new content of a file is here.

    Raises:
        GoogleError: as :func:`update_file`.
    """
    find_file(call, View(call), call.path["fileId"], "canEdit")


def create_file(call: Call) -> Json:
    """Do ``files.create``: with content, or without: a folder, a shortcut, an empty document.

    Raises:
        GoogleError: 404 or 403, the folder is not there or not to be written to; 403, it does not fit; 409, the id is
            taken.
    """
    view, body, now = View(call), call.body, call.clock.now()
    parent = _parent(call, view)
    check_room(call, parent)
    kind = body.get("mimeType") or (call.media.content_type if call.media else BYTES)
    identifier = _identifier(call) or _own_identifier(call, kind)
    name = str(body.get("name") or "Untitled")
    file = {**new_file(identifier, name, owner=view.email, now=now, mime_type=kind), "parents": [parent["id"]]}
    if "driveId" in parent:
        file = in_shared_drive(file, parent["driveId"])
    file |= _metadata(call, {}) | _times(body, ("createdTime", "modifiedTime"))
    if kind == SHORTCUT:
        file["shortcutDetails"] = _target(call, view)
    elif not kind.startswith(NATIVE):
        file |= with_content(call, file, call.media or Media(kind, b""))
    elif call.media is not None:
        file["_text"] = _imported(kind, call.media)
    view.store.put(file, now)
    call.state.put(GENERATED, identifier, {"used": True})
    return _shown(call, identifier)


def update_file(call: Call) -> Json:
    """Do ``files.update``: metadata, content, place, trash.

    Raises:
        GoogleError: 404 or 403.
    """
    view, body, now = View(call), call.body, call.clock.now()
    moves = bool(call.query.get("addParents") or call.query.get("removeParents"))
    only_state = not call.media and not moves and body.keys() <= {"trashed", "starred"}
    file = find_file(call, view, call.path["fileId"], *(() if only_state else ("canEdit",)))
    changed = {**file, **_metadata(call, file), "_modified_by": view.email}
    if body.keys() & _RENEWING or call.media:
        changed["modifiedTime"] = rfc3339(now)
    changed |= _times(body, ("modifiedTime",))
    if call.media is not None:
        changed |= with_content(call, changed, call.media)
    if moves:
        changed = moved(call, view, changed)
    if "trashed" in body:
        changed = set_trashed(call, view, changed, trashed=bool(body["trashed"]))
    if "starred" in body:
        others = set(file.get("_starred", ())) - {view.email}
        changed["_starred"] = sorted(others | ({view.email} if body["starred"] else set()))
    view.store.put(changed, now)
    if changed["mimeType"] == SPREADSHEET and "name" in body:
        _rename_workbook(call, file["id"], changed["name"])
    return _shown(call, file["id"])


def copy_file(call: Call) -> Json:
    """Do ``files.copy``.

    Raises:
        GoogleError: 403, it is a folder, or it does not fit.
    """
    view, now = View(call), call.clock.now()
    file = find_file(call, view, call.path["fileId"])
    if not view.capabilities(file).get("canCopy"):
        raise GoogleError(403, "This file cannot be copied by the user.", reason="cannotCopyFile")
    wanted = call.body.get("parents") or (file["parents"] if view.sees_parent(file) else ["root"])
    parent = find_parent(call, view, wanted[0])
    check_room(call, parent)
    check_bytes(call, int(file.get("size", 0)))
    identifier = _identifier(call) or new_id()
    if file["mimeType"] == SPREADSHEET:
        identifier = _copy_workbook(call, file["id"])
    made = {
        **new_file(identifier, f"Copy of {file['name']}", owner=view.email, now=now, mime_type=file["mimeType"]),
        "parents": [parent["id"]],
    }
    kept = {name: value for name, value in file.items() if name not in {*made, "version", "driveId", "_starred"}}
    made = kept | made | _metadata(call, file) | _times(call.body, ("modifiedTime",))
    if "driveId" in parent:
        made = in_shared_drive(made, parent["driveId"])
    count_bytes(call, int(file.get("size", 0)))
    view.store.put(made, now)
    return _shown(call, identifier)


def with_content(call: Call, file: Json, media: Media) -> Json:
    """Keep a file's content and return what the file knows of it.

    Raises:
        GoogleError: 403, it does not fit.
    """
    size = size_of(media.content)
    check_bytes(call, size)
    count_bytes(call, size)
    kept = Contents(call.state).keep(media.content)
    seed = f"{file['id']}/{kept.sha256}/{call.clock.now()}".encode()
    revision = "0B" + base64.urlsafe_b64encode(hashlib.sha256(seed).digest()).decode()[:42]
    facts = {"size": str(size), "md5Checksum": kept.md5}
    entry = {"id": revision, "mimeType": file["mimeType"], "modifiedTime": file["modifiedTime"], **facts}
    return {
        **facts,
        "sha1Checksum": kept.sha1,
        "sha256Checksum": kept.sha256,
        "headRevisionId": revision,
        "originalFilename": file.get("originalFilename", file["name"]),
        "_revisions": [*file.get("_revisions", ()), {**entry, "_sha256": kept.sha256, "_by": call.principal.email}],
    }


def _parent(call: Call, view: View) -> Json:
    parents = call.body.get("parents") or ["root"]
    if len(parents) > 1:
        raise GoogleError(403, "A file cannot have more than one parent.", reason="cannotAddParent")
    return find_parent(call, view, str(parents[0]))


def _identifier(call: Call) -> str:
    """Return the id that the client brings, or nothing.

    Raises:
        GoogleError: 409, it is taken, and stays so when its file is deleted; 400, it never was given to anybody.
    """
    wanted = str(call.body.get("id") or "")
    given = call.state.get(GENERATED, wanted)
    if wanted and given is None:
        raise GoogleError(400, "The provided file ID is not usable.", reason="invalid")
    if given and given["used"]:
        raise GoogleError(409, "A file already exists with the provided ID.", reason="fileIdInUse")
    return wanted


def _own_identifier(call: Call, kind: str) -> str:
    """Return an id of ours; that of a spreadsheet comes with its content."""
    if kind != SPREADSHEET:
        return new_id()
    workbook = empty_workbook(str(call.body.get("name") or "Untitled"))
    _workbooks(call).save(workbook)
    return workbook.id


def _workbooks(call: Call) -> WorkbookStore:
    return t.cast("WorkbookStore", call.services["workbooks"])


def _copy_workbook(call: Call, identifier: str) -> str:
    made = copy.deepcopy(_workbooks(call).load(identifier))
    made.id = empty_workbook("").id
    for sheet in made.sheets:
        sheet.grid.moved_from = 0  # all rows are to be written
    _workbooks(call).save(made)
    return made.id


def _rename_workbook(call: Call, identifier: str, name: str) -> None:
    workbook = _workbooks(call).load(identifier)
    workbook.title = name
    _workbooks(call).save(workbook)


def _metadata(call: Call, file: Json) -> Json:
    """Return the changes of a body; a property that is set to null goes away."""
    body = call.body
    changes = {name: body[name] for name in _PLAIN if body.get(name) is not None}
    if body.get("mimeType") and not str(body["mimeType"]).startswith(NATIVE):
        changes["mimeType"] = body["mimeType"]
    for name in ("properties", "appProperties"):
        if name in body:
            merged = {**file.get(name, {}), **(body[name] or {})}
            changes[name] = {key: str(value) for key, value in merged.items() if value is not None}
    return changes


def _times(body: Json, names: tuple[str, ...]) -> Json:
    times = {}
    for name in names:
        if body.get(name):
            try:
                moment = datetime.fromisoformat(str(body[name]))
            except ValueError:
                raise GoogleError(400, f"Invalid value for {name}: {body[name]}", reason="invalid") from None
            times[name] = rfc3339((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    return times


def _target(call: Call, view: View) -> Json:
    target = find_file(call, view, str(call.body.get("shortcutDetails", {}).get("targetId", "")))
    if target["mimeType"] == SHORTCUT:
        raise GoogleError(403, "A shortcut cannot point to another shortcut.", reason="shortcutTargetInvalid")
    return {"targetId": target["id"], "targetMimeType": target["mimeType"]}


def _imported(kind: str, media: Media) -> list[str]:
    if kind == FOLDER or kind not in IMPORTS.get(media.content_type.partition(";")[0], []):
        raise GoogleError(400, "The requested conversion is not supported.", reason="badRequest")
    return read_all(media.content).decode("utf-8", "replace").splitlines()


def _shown(call: Call, identifier: str) -> Json:
    view = View(call)  # as it is now: a file that was moved has other rights
    file = view.store.find(identifier)
    return show_file(call, view, t.cast("Json", file), call.mask or None)
