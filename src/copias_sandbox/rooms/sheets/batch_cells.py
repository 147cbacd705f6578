"""Requests of ``spreadsheets.batchUpdate`` about cells."""

from __future__ import annotations

from copias_sandbox.core.errors import Json, invalid
from copias_sandbox.rooms.sheets.a1 import Box
from copias_sandbox.rooms.sheets.batch_sheets import wanted
from copias_sandbox.rooms.sheets.cells import Cell, Formatted, Formula
from copias_sandbox.rooms.sheets.entered import typed
from copias_sandbox.rooms.sheets.sorting import SortKey, sort_rows
from copias_sandbox.rooms.sheets.workbook import ROWS, Sheet, Workbook


def cell_of(data: Json) -> Cell:
    """Read the value of a ``CellData``, as the API takes it: no guessing, a date only by its number format."""
    value = data.get("userEnteredValue", {})
    if "formulaValue" in value:
        formula = typed(value["formulaValue"], "en_US")
        return formula if isinstance(formula, Formula) else Formula(value["formulaValue"], "#ERROR!")
    for name in ("boolValue", "stringValue"):
        if name in value:
            return value[name] or (None if name == "stringValue" else False)
    number = value.get("numberValue")
    shape = data.get("userEnteredFormat", {}).get("numberFormat")
    if number is not None and shape and shape.get("type") not in {None, "NUMBER", "TEXT"}:
        return Formatted(number, shape["type"], shape.get("pattern") or "dd/MM/yyyy")
    return None if number is None else number


def _write_rows(sheet: Sheet, top: int, left: int, rows: list[Json]) -> None:
    for row, data in enumerate(rows, start=top):
        for column, cell in enumerate(data.get("values", []), start=left):
            if row >= sheet.grid.row_count or column >= sheet.grid.column_count:
                raise sheet.beyond_edge(Box(row, column))
            sheet.grid.put(row, column, cell_of(cell))


def _writes_values(request: Json) -> bool:
    """Tell whether the mask includes values; a mask of formats only changes nothing that the sandbox shows."""
    return any(name in wanted(request) for name in ("*", "userEnteredValue"))


def update_cells(workbook: Workbook, request: Json) -> Json:
    """Do ``updateCells``."""
    if "start" in request:
        start = request["start"]
        sheet = workbook.sheet(start.get("sheetId", 0))
        top, left = start.get("rowIndex", 0), start.get("columnIndex", 0)
        if min(top, left) < 0:
            raise invalid("start.rowIndex and start.columnIndex must be 0 or more.")
    else:
        sheet, box = workbook.box_of(request.get("range", {}))
        top, left = box.top, box.left
    if _writes_values(request):
        if "range" in request:
            _fill(sheet, sheet.clamp(workbook.box_of(request["range"])[1]), None)
        _write_rows(sheet, top, left, request.get("rows", []))
    return {}


def append_cells(workbook: Workbook, request: Json) -> Json:
    """Do ``appendCells``: below the last row with data, at the first column."""
    sheet = workbook.sheet(request.get("sheetId", 0))
    filled = [row for row, cells in enumerate(sheet.grid.rows) if any(cell is not None for cell in cells)]
    top = filled[-1] + 1 if filled else 0
    rows = request.get("rows", [])
    missing = top + len(rows) - sheet.grid.row_count
    if missing > 0:
        workbook.insert(sheet, ROWS, at=sheet.grid.row_count, count=missing)
    if _writes_values(request):
        _write_rows(sheet, top, 0, rows)
    return {}


def repeat_cell(workbook: Workbook, request: Json) -> Json:
    """Do ``repeatCell``."""
    sheet, box = workbook.box_of(request.get("range", {}))
    if _writes_values(request):
        _fill(sheet, sheet.clamp(box), cell_of(request.get("cell", {})))
    return {}


def _fill(sheet: Sheet, box: Box, cell: Cell) -> None:
    for row in range(box.top, box.bottom or 0):
        for column in range(box.left, box.right or 0):
            if cell is not None or sheet.grid.get(row, column) is not None:
                sheet.grid.put(row, column, cell)


def sort_range(workbook: Workbook, request: Json) -> Json:
    """Do ``sortRange``."""
    sheet, box = workbook.box_of(request.get("range", {}))
    closed = sheet.clamp(box)
    keys = [
        SortKey(key.get("dimensionIndex", 0), descending=key.get("sortOrder") == "DESCENDING")
        for key in request.get("sortSpecs", [])
    ]
    if not keys or not all(closed.left <= key.column < (closed.right or 0) for key in keys):
        raise invalid("sortSpecs must name columns of the range.")
    sort_rows(sheet.grid, closed, keys)
    return {}
