"""``values.append``: find the table, then overwrite what lies below it, or insert rows."""

from __future__ import annotations

from copias_sandbox.core.errors import Json
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.sheets.a1 import Box, format_a1
from copias_sandbox.rooms.sheets.access import open_to_write, saved
from copias_sandbox.rooms.sheets.table import find_table
from copias_sandbox.rooms.sheets.values import Block, Rendering, Writing, block_of, input_option, write
from copias_sandbox.rooms.sheets.workbook import COLUMNS, ROWS, Sheet, Workbook


def append(call: Call) -> Json:
    """Do ``spreadsheets.values.append``."""
    workbook = open_to_write(call)
    sheet, box = workbook.find(call.path["range"])
    table = find_table(sheet.grid, sheet.clamp(box))
    block = block_of(call.body)
    place = _place(sheet.clamp(box), table, block)
    if call.query.get("insertDataOption") == "INSERT_ROWS" and block:
        workbook.insert(sheet, ROWS, at=place.top, count=len(block))
    _make_room(workbook, sheet, place)
    how = Rendering.of(call.query, prefix="response") if call.query.get("includeValuesInResponse") else None
    updates = write(workbook, Writing(sheet, place, block, input_option(call.query)), answer=how)
    saved(call, workbook)
    answer: Json = {"spreadsheetId": workbook.id, "updates": updates}
    return {**answer, "tableRange": format_a1(sheet.title, table)} if table else answer


def _place(box: Box, table: Box | None, block: Block) -> Box:
    top, left = (table.bottom or 0, table.left) if table else (box.top, box.left)
    width = max((len(line) for line in block), default=1)
    return Box(top, left, top + max(len(block), 1), left + max(width, 1))


def _make_room(workbook: Workbook, sheet: Sheet, place: Box) -> None:
    """Widen the sheet: "adding data to the end of the sheet will still insert new rows or columns"."""
    rows = (place.bottom or 0) - sheet.grid.row_count
    columns = (place.right or 0) - sheet.grid.column_count
    if rows > 0:
        workbook.insert(sheet, ROWS, at=sheet.grid.row_count, count=rows)
    if columns > 0:
        workbook.insert(sheet, COLUMNS, at=sheet.grid.column_count, count=columns)
