"""Requests of ``spreadsheets.batchUpdate`` about developer metadata."""

from __future__ import annotations

from copias_sandbox.core.errors import Json, invalid
from copias_sandbox.rooms.sheets.batch_sheets import wanted
from copias_sandbox.rooms.sheets.filters import location_of, selected_metadata
from copias_sandbox.rooms.sheets.resource import metadata_resource
from copias_sandbox.rooms.sheets.workbook import ROWS, Metadata, Workbook


def create(workbook: Workbook, request: Json) -> Json:
    """Do ``createDeveloperMetadata``."""
    given = request.get("developerMetadata", {})
    if not given.get("metadataKey"):
        raise invalid("Developer metadata must have a key specified.")
    if given.get("visibility") not in {"DOCUMENT", "PROJECT"}:
        raise invalid("Developer metadata must have a visibility specified.")
    if "location" not in given:
        raise invalid("Developer metadata must have a location specified.")
    identifier = given.get("metadataId") or workbook.next_metadata_id()
    if any(entry.id == identifier for entry in workbook.metadata):
        raise invalid(f"Developer metadata with id {identifier} already exists.")
    place = _existing_place(workbook, given["location"])
    entry = Metadata(identifier, given["metadataKey"], given.get("metadataValue"), given["visibility"], *place)
    workbook.metadata.append(entry)
    return {"createDeveloperMetadata": {"developerMetadata": metadata_resource(entry)}}


def _existing_place(workbook: Workbook, location: Json) -> tuple[int | None, str | None, int | None]:
    sheet, dimension, index = location_of(location)
    if sheet is not None:
        grid = workbook.sheet(sheet).grid
        size = grid.row_count if dimension == ROWS else grid.column_count
        if index is not None and index >= size:
            raise invalid(f"The location of developer metadata is beyond the end of the sheet: {index}")
    return sheet, dimension, index


def _selected(workbook: Workbook, filters: list[Json]) -> list[Metadata]:
    found = {entry.id: entry for one in filters for entry in selected_metadata(workbook, one)}
    return [found[key] for key in sorted(found)]


def delete(workbook: Workbook, request: Json) -> Json:
    """Do ``deleteDeveloperMetadata``."""
    gone = _selected(workbook, [request.get("dataFilter", {})])
    workbook.metadata = [entry for entry in workbook.metadata if entry not in gone]
    deleted = [metadata_resource(entry) for entry in gone]
    return {"deleteDeveloperMetadata": {"deletedDeveloperMetadata": deleted}}


def update(workbook: Workbook, request: Json) -> Json:
    """Do ``updateDeveloperMetadata``."""
    mask, given = wanted(request), request.get("developerMetadata", {})
    changed = _selected(workbook, request.get("dataFilters", []))
    for entry in changed:
        for name, attribute in (("metadataKey", "key"), ("metadataValue", "value"), ("visibility", "visibility")):
            if (name in mask or "*" in mask) and name in given:
                setattr(entry, attribute, given[name])
        if ("location" in mask or "*" in mask) and "location" in given:
            entry.sheet, entry.dimension, entry.index = _existing_place(workbook, given["location"])
    return {"updateDeveloperMetadata": {"developerMetadata": [metadata_resource(entry) for entry in changed]}}
