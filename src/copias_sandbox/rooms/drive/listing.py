"""``files.list``: which files an account sees, which of them a query selects, in which order, in pages."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable, Iterator

from copias_sandbox.core.errors import GoogleError, Json, invalid
from copias_sandbox.core.fields import Mask
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.drive.files import is_drive, is_root, root_id, shared_with
from copias_sandbox.rooms.drive.query import Query, compile_query
from copias_sandbox.rooms.drive.resource import permissions_of, show_file
from copias_sandbox.rooms.drive.rights import View, is_administrator

OVERLAP: t.Final = 2
"""Items that come again on the next page when the fault ``repeated`` strikes."""
_ORDERS: t.Final[dict[str, Callable[[Json], t.Any]]] = {
    "folder": lambda file: not file["mimeType"].endswith(".folder"),
    "name": lambda file: file["name"].casefold(),
    "name_natural": lambda file: file["name"].casefold(),
    "createdTime": lambda file: file["createdTime"],
    "modifiedTime": lambda file: file["modifiedTime"],
    "modifiedByMeTime": lambda file: file["modifiedTime"],
    "recency": lambda file: file["modifiedTime"],
    "sharedWithMeTime": lambda file: file.get("sharedWithMeTime", ""),
    "viewedByMeTime": lambda file: file["modifiedTime"],
    "quotaBytesUsed": lambda file: int(file.get("size", 0)),
    "starred": lambda file: not file.get("_starred"),
}


def list_files(call: Call) -> Json:
    """Do ``files.list``: newest first unless ``orderBy`` asks for another order."""
    view, text = View(call), call.query.get("q", "")
    query = compile_query(text, me=view.email, root=root_id(view.email))
    with_roles = any(word in text for word in ("owners", "writers", "readers"))
    seen = (file for file in _candidates(call, view, query) if not is_root(file) and view.role(file))
    found = [file for file in seen if query.test(subject(view, file, with_roles=with_roles))]
    page, more = page_of(call, _ordered(found, call.query.get("orderBy", "")), default=100)
    mask = inner_mask(call.mask, "files")
    shown = [show_file(call, view, file, mask) for file in page]
    return {"kind": "drive#fileList", "incompleteSearch": False, "files": shown, **more}


def inner_mask(mask: Mask, name: str) -> Mask | None:
    """Return what a list's mask asks for of each item; ``None`` without a mask."""
    if not mask:
        return None
    return mask.get(name, mask.get("*", {}))


def page_of(call: Call, found: list[t.Any], *, default: int) -> tuple[list[t.Any], Json]:
    """Return the page that ``pageToken`` and ``pageSize`` ask for, and ``nextPageToken`` when there are more.

    Raises:
        GoogleError: 400, the token is none of ours.
    """
    token, size = call.query.get("pageToken", ""), call.query.get("pageSize", default)
    if token and (token[:1] != "p" or not token[1:].isdigit()):
        raise invalid("Invalid Value")
    start = int(token[1:] or 0)
    end = start + size
    if end >= len(found):
        return found[start:], {}
    again = OVERLAP if "repeated" in call.effects and size > OVERLAP else 0
    return found[start:end], {"nextPageToken": f"p{end - again}"}


def _candidates(call: Call, view: View, query: Query) -> Iterator[Json]:
    """Yield the files of the corpus that a query can select.

    Raises:
        GoogleError: 400, the parameters do not fit together; 404, there is no such shared drive.
    """
    query_of = call.query
    every = query_of.get("includeItemsFromAllDrives") or query_of.get("includeTeamDriveItems")
    corpora = query_of.get("corpora") or query_of.get("corpus") or ("drive" if query_of.get("driveId") else "user")
    drive = query_of.get("driveId") or query_of.get("teamDriveId") or ""
    if bool(drive) is not (corpora in {"drive", "teamDrive"}):
        raise invalid("The driveId parameter must be specified if and only if corpora is set to drive.")
    if drive and not every:
        raise invalid("The includeItemsFromAllDrives parameter must be set to true if driveId is specified.")
    if every and not (query_of.get("supportsAllDrives") or query_of.get("supportsTeamDrives")):
        raise invalid("The supportsAllDrives parameter must be set to true if includeItemsFromAllDrives is true.")
    if drive:
        top = view.store.find(drive)
        if top is None or not is_drive(top) or (view.role(top) is None and not is_administrator(call)):
            raise GoogleError(404, f"Shared drive not found: {drive}", reason="notFound")
    files: Iterable[Json]
    if query.within is not None:
        files = view.store.children(query.within)
    else:
        files = view.store.in_drive(drive) if drive else view.store.every()
    for file in files:
        if file.get("driveId") == drive if drive else (every or "driveId" not in file):
            yield file


def subject(view: View, file: Json, *, with_roles: bool) -> Json:
    """Return a file as a query sees it; ``roles`` by address only ``with_roles``."""
    shared = "driveId" not in file and file["_owner"] != view.email and _named(file, view)
    roles = {shared_with(entry): entry["role"] for entry in permissions_of(view, file)} if with_roles else {}
    return {
        **file,
        "trashed": view.trashed(file),
        "starred": view.email in file.get("_starred", ()),
        "sharedWithMe": shared,
        "roles": roles,
        "fullText": " ".join((file["name"], file.get("description", ""), *file.get("_text", ()))),
        "visibility": _visibility(file),
        "shortcutDetails.targetId": file.get("shortcutDetails", {}).get("targetId", ""),
    }


def _named(file: Json, view: View) -> bool:
    return any(shared_with(entry) in view.names - {"*"} for entry in file["permissions"])


def _visibility(file: Json) -> str:
    kinds = {entry["type"] for entry in file["permissions"]}
    if "anyone" in kinds:
        return "anyoneWithLink"
    return "domainWithLink" if "domain" in kinds else "limited"


def _ordered(found: list[Json], order: str) -> list[Json]:
    found.sort(key=lambda file: (file["modifiedTime"], file["id"]), reverse=True)
    for part in reversed([part.split() for part in order.split(",") if part.strip()]):
        if part[0] not in _ORDERS or part[1:] not in ([], ["desc"]):
            raise invalid(f"Invalid value for orderBy: {' '.join(part)}")
        found.sort(key=_ORDERS[part[0]], reverse=part[1:] == ["desc"])
    return found
