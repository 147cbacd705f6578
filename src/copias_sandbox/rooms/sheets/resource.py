"""``spreadsheets.get``: the spreadsheet as a resource, with or without its cells."""

from __future__ import annotations

from copias_sandbox.core.errors import Json
from copias_sandbox.core.fields import mentions
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.sheets.a1 import Box
from copias_sandbox.rooms.sheets.access import open_to_read
from copias_sandbox.rooms.sheets.cells import Cell, Formatted, Formula
from copias_sandbox.rooms.sheets.filters import selected
from copias_sandbox.rooms.sheets.render import shown
from copias_sandbox.rooms.sheets.workbook import COLUMNS, ROWS, Metadata, Sheet, Workbook

Places = dict[int, list[Box]]
"""The ranges asked for, by sheet id."""


def get(call: Call) -> Json:
    """Do ``spreadsheets.get``."""
    workbook = open_to_read(call)
    places = [workbook.find(text) for text in call.query.get("ranges", [])]
    # With a mask, `includeGridData` is ignored: the mask says whether cells are wanted.
    cells = mentions(call.mask, "sheets", "data") if call.mask else bool(call.query.get("includeGridData"))
    return describe(workbook, places, cells=cells)


def get_by_data_filter(call: Call) -> Json:
    """Do ``spreadsheets.getByDataFilter``."""
    workbook = open_to_read(call)
    places = [place for one in call.body.get("dataFilters", []) for place in selected(workbook, one)]
    cells = mentions(call.mask, "sheets", "data") if call.mask else bool(call.body.get("includeGridData"))
    return describe(workbook, places, cells=cells)


def describe(workbook: Workbook, places: list[tuple[Sheet, Box]], *, cells: bool) -> Json:
    """Return a ``Spreadsheet``; with ``places`` only the sheets and cells that they touch."""
    boxes: Places = {}
    for sheet, box in places:
        boxes.setdefault(sheet.id, []).append(box)
    wanted = [sheet for sheet in workbook.sheets if not places or sheet.id in boxes]
    answer: Json = {
        "spreadsheetId": workbook.id,
        "properties": {
            "title": workbook.title,
            "locale": workbook.locale,
            "autoRecalc": "ON_CHANGE",
            "timeZone": workbook.time_zone,
        },
        "sheets": [_sheet(workbook, sheet, boxes.get(sheet.id, [Box()]), cells=cells) for sheet in wanted],
        "spreadsheetUrl": f"https://docs.google.com/spreadsheets/d/{workbook.id}/edit",
    }
    metadata = [metadata_resource(entry) for entry in workbook.metadata if entry.sheet is None]
    return {**answer, "developerMetadata": metadata} if metadata else answer


def sheet_properties(workbook: Workbook, sheet: Sheet) -> Json:
    """Return a ``SheetProperties``."""
    grid: Json = {"rowCount": sheet.grid.row_count, "columnCount": sheet.grid.column_count}
    if sheet.frozen_rows:
        grid["frozenRowCount"] = sheet.frozen_rows
    properties: Json = {
        "sheetId": sheet.id,
        "title": sheet.title,
        "index": workbook.sheets.index(sheet),
        "sheetType": "GRID",
        "gridProperties": grid,
    }
    return {**properties, "hidden": True} if sheet.hidden else properties


def metadata_resource(entry: Metadata) -> Json:
    """Return a ``DeveloperMetadata``."""
    location: Json = {"locationType": entry.location_type}
    if entry.sheet is None:
        location["spreadsheet"] = True
    elif entry.index is None:
        location["sheetId"] = entry.sheet
    else:
        location["dimensionRange"] = {
            "sheetId": entry.sheet,
            "dimension": entry.dimension,
            "startIndex": entry.index,
            "endIndex": entry.index + 1,
        }
    resource: Json = {
        "metadataId": entry.id,
        "metadataKey": entry.key,
        "location": location,
        "visibility": entry.visibility,
    }
    return resource if entry.value is None else {**resource, "metadataValue": entry.value}


def _sheet(workbook: Workbook, sheet: Sheet, boxes: list[Box], *, cells: bool) -> Json:
    resource: Json = {"properties": sheet_properties(workbook, sheet)}
    if cells:
        resource["data"] = [_grid_data(workbook, sheet, sheet.clamp(box)) for box in boxes]
    metadata = [entry for entry in workbook.metadata if entry.sheet == sheet.id and entry.index is None]
    if metadata:
        resource["developerMetadata"] = [metadata_resource(entry) for entry in metadata]
    return resource


def _grid_data(workbook: Workbook, sheet: Sheet, box: Box) -> Json:
    rows = []
    for row in range(box.top, min(box.bottom or 0, len(sheet.grid.rows))):
        cells = sheet.grid.row(row)[box.left : box.right]
        rows.append({"values": [_cell_data(cell, workbook.locale) for cell in cells]} if cells else {})
    data: Json = {"rowData": rows}
    for name, start in (("startRow", box.top), ("startColumn", box.left)):
        if start:
            data[name] = start
    data["rowMetadata"] = _dimensions(workbook, sheet, ROWS, range(box.top, box.bottom or 0))
    data["columnMetadata"] = _dimensions(workbook, sheet, COLUMNS, range(box.left, box.right or 0))
    return data


def _dimensions(workbook: Workbook, sheet: Sheet, dimension: str, span: range) -> list[Json]:
    marks: dict[int, list[Json]] = {}
    for entry in workbook.metadata:
        if entry.sheet == sheet.id and entry.dimension == dimension and entry.index is not None:
            marks.setdefault(entry.index, []).append(metadata_resource(entry))
    pixels = 21 if dimension == ROWS else 100
    return [
        {"pixelSize": pixels, "developerMetadata": marks[index]} if index in marks else {"pixelSize": pixels}
        for index in span
    ]


def _cell_data(cell: Cell, locale: str) -> Json:
    if cell is None:
        return {}
    if isinstance(cell, Formula):
        return {
            "userEnteredValue": {"formulaValue": cell.formula},
            "effectiveValue": {"stringValue": cell.shown},
            "formattedValue": cell.shown,
        }
    value = extended_value(cell)
    data: Json = {"userEnteredValue": value, "effectiveValue": value, "formattedValue": shown(cell, locale)}
    if isinstance(cell, Formatted):
        data["userEnteredFormat"] = {"numberFormat": {"type": cell.kind, "pattern": cell.pattern}}
        data["effectiveFormat"] = data["userEnteredFormat"]
    return data


def extended_value(cell: Cell) -> Json:
    """Return an ``ExtendedValue`` of a filled cell."""
    if isinstance(cell, bool):
        return {"boolValue": cell}
    if isinstance(cell, Formatted):
        return {"numberValue": cell.number}
    return {"numberValue": cell} if isinstance(cell, int | float) else {"stringValue": str(cell)}
