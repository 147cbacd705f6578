"""``spreadsheets.create``, and what Drive does with a spreadsheet's content."""

from __future__ import annotations

import secrets

from copias_sandbox.core.errors import Json
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.drive.files import FileStore, new_file
from copias_sandbox.rooms.sheets.access import store_of
from copias_sandbox.rooms.sheets.batch_sheets import add_sheet
from copias_sandbox.rooms.sheets.resource import describe
from copias_sandbox.rooms.sheets.workbook import Workbook


def new_identifier() -> str:
    """Return an id of the form and length of Google's."""
    return "1" + secrets.token_urlsafe(32)


def empty_workbook(title: str) -> Workbook:
    """Return a new spreadsheet with one empty sheet, as Drive makes it."""
    workbook = Workbook(new_identifier(), title)
    add_sheet(workbook, {"properties": {"sheetId": 0, "title": "Hoja 1"}})
    return workbook


def create(call: Call) -> Json:
    """Do ``spreadsheets.create``: one empty sheet, or those of the request."""
    properties = call.body.get("properties", {})
    workbook = Workbook(
        new_identifier(),
        properties.get("title", "Hoja de cálculo sin título"),
        properties.get("locale", "en_US"),
        properties.get("timeZone", "Etc/GMT"),
    )
    for sheet in call.body.get("sheets") or [{"properties": {"sheetId": 0, "title": "Hoja 1"}}]:
        add_sheet(workbook, sheet)
    store_of(call).save(workbook)
    owner = call.principal.email
    FileStore(call.state).put(new_file(workbook.id, workbook.title, owner=owner, now=call.clock.now()))
    return describe(workbook, [], cells=False)
