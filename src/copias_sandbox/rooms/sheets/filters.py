"""Data filters: the ranges and the developer metadata that one selects."""

from __future__ import annotations

from copias_sandbox.core.errors import Json, invalid
from copias_sandbox.rooms.sheets.a1 import Box
from copias_sandbox.rooms.sheets.workbook import COLUMNS, ROWS, Metadata, Sheet, Workbook


def selected(workbook: Workbook, data_filter: Json) -> list[tuple[Sheet, Box]]:
    """Return the ranges that a ``DataFilter`` selects; spreadsheet-wide metadata selects every sheet."""
    if "a1Range" in data_filter:
        return [workbook.find(data_filter["a1Range"])]
    if "gridRange" in data_filter:
        return [workbook.box_of(data_filter["gridRange"])]
    if "developerMetadataLookup" in data_filter:
        found = lookup(workbook, data_filter["developerMetadataLookup"])
        return [place for entry in found for place in _places(workbook, entry)]
    raise invalid("Must specify at least one filter in a DataFilter.")


def selected_metadata(workbook: Workbook, data_filter: Json) -> list[Metadata]:
    """Return the metadata that a ``DataFilter`` selects: by its lookup, or lying within its range."""
    if "developerMetadataLookup" in data_filter:
        return lookup(workbook, data_filter["developerMetadataLookup"])
    boxes = selected(workbook, data_filter)
    return [entry for entry in workbook.metadata if any(_within(entry, sheet, box) for sheet, box in boxes)]


def lookup(workbook: Workbook, wanted: Json) -> list[Metadata]:
    """Return the metadata that has all that a ``DeveloperMetadataLookup`` names, by id.

    Raises:
        GoogleError: a strategy without a location.
    """
    if "locationMatchingStrategy" in wanted and "metadataLocation" not in wanted:
        raise invalid("If locationMatchingStrategy is specified, metadataLocation must also be specified.")
    found = [entry for entry in workbook.metadata if _fits(entry, wanted)]
    return sorted(found, key=lambda entry: entry.id)


def _fits(entry: Metadata, wanted: Json) -> bool:
    same = (
        ("metadataId", entry.id),
        ("metadataKey", entry.key),
        ("metadataValue", entry.value),
        ("visibility", entry.visibility),
        ("locationType", entry.location_type),
    )
    if any(name in wanted and wanted[name] != value for name, value in same):
        return False
    location = wanted.get("metadataLocation")
    if location is None:
        return True
    if wanted.get("locationMatchingStrategy") == "EXACT_LOCATION":
        return location_of(location) == (entry.sheet, entry.dimension, entry.index)
    return _intersects(entry, location_of(location))


def location_of(location: Json) -> tuple[int | None, str | None, int | None]:
    """Read a ``DeveloperMetadataLocation`` as sheet, dimension and index.

    Raises:
        GoogleError: a range of more or less than one row or column.
    """
    span = location.get("dimensionRange")
    if span is not None:
        start, end = span.get("startIndex", 0), span.get("endIndex")
        if start < 0 or end != start + 1 or span.get("dimension") not in {ROWS, COLUMNS}:
            raise invalid("The dimensionRange of developer metadata must be exactly one row or column.")
        return span.get("sheetId", 0), span["dimension"], start
    if "sheetId" in location:
        return location["sheetId"], None, None
    return None, None, None


def _intersects(entry: Metadata, place: tuple[int | None, str | None, int | None]) -> bool:
    sheet, dimension, index = place
    if sheet is None or entry.sheet is None:
        return sheet is entry.sheet
    if sheet != entry.sheet:
        return False
    # A row meets every column of its sheet, but no other row.
    return dimension != entry.dimension or index == entry.index or None in (dimension, entry.dimension)


def _places(workbook: Workbook, entry: Metadata) -> list[tuple[Sheet, Box]]:
    if entry.sheet is None:
        return [(sheet, Box()) for sheet in workbook.sheets]
    sheet = workbook.sheet(entry.sheet)
    if entry.index is None:
        return [(sheet, Box())]
    if entry.dimension == ROWS:
        return [(sheet, Box(entry.index, 0, entry.index + 1, None))]
    return [(sheet, Box(0, entry.index, None, entry.index + 1))]


def _within(entry: Metadata, sheet: Sheet, box: Box) -> bool:
    if entry.sheet != sheet.id or entry.index is None:
        return False
    start, end = (box.top, box.bottom) if entry.dimension == ROWS else (box.left, box.right)
    return start <= entry.index < (end if end is not None else entry.index + 1)
