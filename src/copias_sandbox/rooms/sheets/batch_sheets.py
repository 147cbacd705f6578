"""Requests of ``spreadsheets.batchUpdate`` about sheets and their size."""

from __future__ import annotations

import typing as t

from copias_sandbox.core.errors import Json, invalid
from copias_sandbox.core.fields import Mask, parse_fields
from copias_sandbox.rooms.sheets.grid import Grid
from copias_sandbox.rooms.sheets.resource import sheet_properties
from copias_sandbox.rooms.sheets.workbook import COLUMNS, ROWS, Sheet, Workbook


def add_sheet(workbook: Workbook, request: Json) -> Json:
    """Do ``addSheet``."""
    properties = request.get("properties", {})
    identifier = properties.get("sheetId", workbook.next_sheet_id())
    if any(sheet.id == identifier for sheet in workbook.sheets):
        raise invalid(f"A sheet with the ID '{identifier}' already exists. Please use another ID.")
    title = properties.get("title", f"Hoja {len(workbook.sheets) + 1}")
    _check_title(workbook, title)
    size = properties.get("gridProperties", {})
    grid = Grid(_positive(size, "rowCount", 1000), _positive(size, "columnCount", 26))
    sheet = Sheet(identifier, title, grid, size.get("frozenRowCount", 0), properties.get("hidden", False))
    workbook.sheets.insert(_place(workbook, properties.get("index", len(workbook.sheets))), sheet)
    return {"addSheet": {"properties": sheet_properties(workbook, sheet)}}


def _positive(size: Json, name: str, default: int) -> int:
    number = int(size.get(name, default))
    if number < 1:
        raise invalid(f"gridProperties.{name} must be greater than zero.")
    return number


def _place(workbook: Workbook, index: int) -> int:
    if not 0 <= index <= len(workbook.sheets):
        raise invalid(f"Sheet index {index} is out of bounds.")
    return index


def _check_title(workbook: Workbook, title: str) -> None:
    if not title:
        raise invalid("Sheet names cannot be empty.")
    if title in workbook.titles():
        raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')


def delete_sheet(workbook: Workbook, request: Json) -> Json:
    """Do ``deleteSheet``."""
    sheet = workbook.sheet(request.get("sheetId", 0))
    if len(workbook.sheets) == 1:
        raise invalid("You can't remove all the sheets in a document.")
    workbook.sheets.remove(sheet)
    workbook.removed_sheets.append(sheet.id)
    workbook.metadata = [entry for entry in workbook.metadata if entry.sheet != sheet.id]
    return {}


def _span(workbook: Workbook, span: Json) -> tuple[Sheet, str, int, int]:
    """Read a ``DimensionRange``, open ends closed."""
    sheet = workbook.sheet(span.get("sheetId", 0))
    dimension = span.get("dimension")
    if dimension not in {ROWS, COLUMNS}:
        raise invalid("dimension must be ROWS or COLUMNS.")
    size = _size(sheet, dimension)
    start, end = span.get("startIndex", 0), span.get("endIndex", size)
    if start < 0 or start >= end:
        raise invalid(f"startIndex[{start}] must be less than endIndex[{end}].")
    return sheet, dimension, start, end


def _size(sheet: Sheet, dimension: str) -> int:
    return sheet.grid.row_count if dimension == ROWS else sheet.grid.column_count


def insert_dimension(workbook: Workbook, request: Json) -> Json:
    """Do ``insertDimension``."""
    sheet, dimension, start, end = _span(workbook, request.get("range", {}))
    if start > _size(sheet, dimension):
        raise invalid(f"range.startIndex[{start}] is beyond the end of the sheet.")
    workbook.insert(sheet, dimension, at=start, count=end - start)
    return {}


def append_dimension(workbook: Workbook, request: Json) -> Json:
    """Do ``appendDimension``."""
    sheet = workbook.sheet(request.get("sheetId", 0))
    dimension, count = str(request.get("dimension")), int(request.get("length", 0))
    if dimension not in {ROWS, COLUMNS} or count < 1:
        raise invalid("dimension and a length above 0 must be given.")
    workbook.insert(sheet, dimension, at=_size(sheet, dimension), count=count)
    return {}


def delete_dimension(workbook: Workbook, request: Json) -> Json:
    """Do ``deleteDimension``."""
    sheet, dimension, start, end = _span(workbook, request.get("range", {}))
    size = _size(sheet, dimension)
    if start >= size:
        raise invalid(f"range.startIndex[{start}] is beyond the end of the sheet.")
    if end - start >= size:
        raise invalid(f"You can't delete all the {dimension.lower()} on the sheet.")
    workbook.delete(sheet, dimension, start=start, end=min(end, size))
    return {}


def wanted(request: Json) -> Mask:
    """Return the mask of an update request.

    Raises:
        GoogleError: there is none; an update without a mask changes nothing, so Google refuses it.
    """
    if not request.get("fields"):
        raise invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    return parse_fields(request["fields"])


def update_sheet_properties(workbook: Workbook, request: Json) -> Json:
    """Do ``updateSheetProperties``: title, place, hidden, frozen rows, size."""
    mask, properties = wanted(request), request.get("properties", {})
    sheet = workbook.sheet(properties.get("sheetId", 0))
    every = "*" in mask
    if ("title" in mask or every) and properties.get("title") != sheet.title:
        _check_title(workbook, properties.get("title", ""))
        sheet.title = properties["title"]
    if "hidden" in mask or every:
        sheet.hidden = properties.get("hidden", False)
    if "index" in mask and "index" in properties:
        workbook.sheets.remove(sheet)
        workbook.sheets.insert(_place(workbook, properties["index"]), sheet)
    if "gridProperties" in mask or every:
        _update_grid(workbook, sheet, properties.get("gridProperties", {}), mask.get("gridProperties", {}))
    return {}


def _update_grid(workbook: Workbook, sheet: Sheet, properties: Json, mask: Mask) -> None:
    if (not mask or "frozenRowCount" in mask) and "frozenRowCount" in properties:
        sheet.frozen_rows = properties["frozenRowCount"]
    for name, dimension in (("rowCount", ROWS), ("columnCount", COLUMNS)):
        if name not in properties or (mask and name not in mask):
            continue
        size, target = _size(sheet, dimension), _positive(properties, name, 1)
        if target > size:
            workbook.insert(sheet, dimension, at=size, count=target - size)
        elif target < size:
            workbook.delete(sheet, dimension, start=target, end=size)


def update_spreadsheet_properties(workbook: Workbook, request: Json) -> Json:
    """Do ``updateSpreadsheetProperties``: title, locale, time zone."""
    mask, properties = wanted(request), request.get("properties", {})
    names: t.Final = {"title": "title", "locale": "locale", "timeZone": "time_zone"}
    for name, attribute in names.items():
        if (name in mask or "*" in mask) and name in properties:
            setattr(workbook, attribute, properties[name])
    return {}
