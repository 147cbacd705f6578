"""Who may open a spreadsheet: its sharing, which is Drive's."""

from __future__ import annotations

import typing as t

from copias_sandbox.core.errors import forbidden, not_found
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.drive.files import FileStore
from copias_sandbox.rooms.sheets.storage import WorkbookStore
from copias_sandbox.rooms.sheets.workbook import Workbook

WRITERS: t.Final = frozenset({"owner", "organizer", "fileOrganizer", "writer"})


def store_of(call: Call) -> WorkbookStore:
    """Return the room's workbooks."""
    return t.cast("WorkbookStore", call.services["workbooks"])


def open_to_read(call: Call) -> Workbook:
    """Return the spreadsheet of the path.

    Raises:
        GoogleError: 404 when there is none, 403 when it is not shared with who asks.
    """
    return _open(call, write=False)


def open_to_write(call: Call) -> Workbook:
    """Return the spreadsheet of the path, for somebody who may change it.

    Raises:
        GoogleError: as :func:`open_to_read`, and 403 for a mere reader.
    """
    return _open(call, write=True)


def _open(call: Call, *, write: bool) -> Workbook:
    identifier = call.path["spreadsheetId"]
    file = FileStore(call.state).find(identifier)
    if file is None or file.get("trashed"):
        raise not_found()
    role = FileStore(call.state).role(file, call.principal.email)
    if role is None or (write and role not in WRITERS):
        raise forbidden()
    return store_of(call).load(identifier)


def saved(call: Call, workbook: Workbook) -> None:
    """Write a changed spreadsheet, and when it was changed."""
    store_of(call).save(workbook)
    FileStore(call.state).touch(workbook.id, call.clock.now())
