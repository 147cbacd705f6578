"""``spreadsheets.developerMetadata``: get and search."""

from __future__ import annotations

from copias_sandbox.core.errors import Json, invalid, not_found
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.sheets.access import open_to_read
from copias_sandbox.rooms.sheets.filters import selected_metadata
from copias_sandbox.rooms.sheets.resource import metadata_resource


def get(call: Call) -> Json:
    """Do ``developerMetadata.get``."""
    wanted = call.path["metadataId"]
    for entry in open_to_read(call).metadata:
        if str(entry.id) == wanted:
            return metadata_resource(entry)
    raise not_found()


def search(call: Call) -> Json:
    """Do ``developerMetadata.search``: each metadata once, with the filters that select it."""
    workbook = open_to_read(call)
    filters: list[Json] = call.body.get("dataFilters", [])
    if not filters:
        raise invalid("Must specify at least one data filter.")
    found: dict[int, Json] = {}
    for data_filter in filters:
        for entry in selected_metadata(workbook, data_filter):
            match = found.setdefault(entry.id, {"developerMetadata": metadata_resource(entry), "dataFilters": []})
            match["dataFilters"].append(data_filter)
    return {"matchedDeveloperMetadata": [found[key] for key in sorted(found)]} if found else {}
