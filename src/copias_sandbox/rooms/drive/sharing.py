"""Permissions: of a file or a folder, and the members of a shared drive, which are the sharing of its top."""

from __future__ import annotations

import typing as t

from copias_sandbox.core.errors import GoogleError, Json
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.drive.files import RANK, is_drive, is_root, permission, rfc3339
from copias_sandbox.rooms.drive.listing import inner_mask, page_of
from copias_sandbox.rooms.drive.resource import permissions_of, show_permission
from copias_sandbox.rooms.drive.rights import View, denied, find_file, is_administrator

_DEFAULT: t.Final = ("kind", "id", "type", "role")
_KINDS: t.Final = frozenset({"user", "group", "domain", "anyone"})
_OF_DRIVES: t.Final = frozenset({"fileOrganizer", "organizer"})
_CHANGEABLE: t.Final = ("role", "expirationTime", "view")


def list_permissions(call: Call) -> Json:
    """Do ``permissions.list``."""
    view = View(call)
    file = find_file(call, view, call.path["fileId"])
    if not _manages(call, view, file) and "driveId" not in file:
        raise denied()
    page, more = page_of(call, permissions_of(view, file), default=100)
    every = inner_mask(call.mask, "permissions")
    shown = [_shown(call, file, entry, full=every is not None) for entry in page]
    return {"kind": "drive#permissionList", "permissions": shown, **more}


def get_permission(call: Call) -> Json:
    """Do ``permissions.get``."""
    view = View(call)
    file = find_file(call, view, call.path["fileId"])
    return _shown(call, file, _find(permissions_of(view, file), call.path["permissionId"]), full=bool(call.mask))


def create_permission(call: Call) -> Json:
    """Do ``permissions.create``: for an account, a group, a domain or whoever has the link."""
    view = View(call)
    file = find_file(call, view, call.path["fileId"])
    _check_manages(call, view, file)
    given = _given(call, file)
    if call.body.get("role") == "owner":
        return _new_owner(call, view, file, given)
    others = [one for one in file["permissions"] if one["id"] != given["id"]]
    _put(call, view, {**file, "permissions": [*others, given]})
    return _shown(call, file, given, full=bool(call.mask))


def update_permission(call: Call) -> Json:
    """Do ``permissions.update``."""
    view = View(call)
    file = find_file(call, view, call.path["fileId"])
    _check_manages(call, view, file)
    found = _find(file["permissions"], call.path["permissionId"])
    _check_role(file, str(call.body.get("role", found["role"])))
    changed: Json = {**found, **{name: call.body[name] for name in _CHANGEABLE if name in call.body}}
    if changed["role"] == "owner" and found["role"] != "owner":
        return _new_owner(call, view, file, changed)
    entries = [changed if one["id"] == found["id"] else one for one in file["permissions"]]
    _put(call, view, {**file, "permissions": entries})
    return _shown(call, file, changed, full=bool(call.mask))


def delete_permission(call: Call) -> Json:
    """Do ``permissions.delete``; anybody may take himself out."""
    view, gone = View(call), call.path["permissionId"]
    file = find_file(call, view, call.path["fileId"])
    found = _find(file["permissions"], gone)
    if str(found.get("emailAddress", "")).lower() != view.email:
        _check_manages(call, view, file)
    if found["role"] == "owner" or (is_root(file) and not is_drive(file)):
        raise denied()
    _put(call, view, {**file, "permissions": [one for one in file["permissions"] if one["id"] != gone]})
    return {}


def _manages(call: Call, view: View, file: Json) -> bool:
    if is_drive(file):
        return view.role(file) == "organizer" or is_administrator(call)
    return bool(view.capabilities(file)["canShare"])


def _check_manages(call: Call, view: View, file: Json) -> None:
    if not _manages(call, view, file):
        raise denied()


def _given(call: Call, file: Json) -> Json:
    kind, role = call.body.get("type"), str(call.body.get("role", ""))
    _check_role(file, role)
    if kind not in _KINDS:
        raise GoogleError(400, "The permission type field is required.", reason="required")
    if kind == "anyone":
        return {"kind": "drive#permission", "id": "anyoneWithLink", "type": kind, "role": role}
    if kind == "domain":
        domain = str(call.body.get("domain", ""))
        return _for_domain(domain, role) if domain else _invalid()
    email = str(call.body.get("emailAddress", ""))
    return permission(email, role, kind=str(kind)) if "@" in email else _invalid()


def _for_domain(domain: str, role: str) -> Json:
    entry = permission(domain, role, kind="domain")
    return {**{name: value for name, value in entry.items() if name != "emailAddress"}, "domain": domain}


def _invalid() -> t.NoReturn:
    text = "The specified emailAddress is invalid or not applicable for the given permission type."
    raise GoogleError(400, text, reason="invalidSharingRequest")


def _check_role(file: Json, role: str) -> None:
    if role not in RANK or (role in _OF_DRIVES and "driveId" not in file) or (role == "owner" and "driveId" in file):
        raise GoogleError(400, f"The specified role is invalid: {role}", reason="invalid")


def _new_owner(call: Call, view: View, file: Json, given: Json) -> Json:
    """Give a file to somebody else; who had it may still write."""
    if file["_owner"] != view.email:
        raise denied()
    if not call.query.get("transferOwnership"):
        text = "The transferOwnership parameter must be enabled when the permission role is 'owner'."
        raise GoogleError(403, text, reason="forbidden")
    others = [one for one in file["permissions"] if one["id"] != given["id"] and one["role"] != "owner"]
    entries = [*others, permission(view.email, "writer"), given]
    _put(call, view, {**file, "_owner": given["emailAddress"].lower(), "permissions": entries})
    return _shown(call, file, given, full=bool(call.mask))


def _put(call: Call, view: View, file: Json) -> None:
    if "sharedWithMeTime" not in file and "driveId" not in file:
        file = {**file, "sharedWithMeTime": rfc3339(call.clock.now())}
    view.store.put(file, call.clock.now())


def _find(entries: list[Json], identifier: str) -> Json:
    for entry in entries:
        if entry["id"] == identifier:
            return entry
    raise GoogleError(404, f"Permission not found: {identifier}.", reason="notFound")


def _shown(call: Call, file: Json, entry: Json, *, full: bool) -> Json:
    return show_permission(call, file, entry) if full else {name: entry[name] for name in _DEFAULT}
