"""``spreadsheets.batchUpdate``: all requests of one call, or none of them."""

from __future__ import annotations

import typing as t
from collections.abc import Callable

from copias_sandbox.core.errors import GoogleError, Json, invalid
from copias_sandbox.core.room import Call
from copias_sandbox.rooms.sheets import batch_cells, batch_metadata, batch_sheets
from copias_sandbox.rooms.sheets.access import open_to_write, saved
from copias_sandbox.rooms.sheets.resource import describe
from copias_sandbox.rooms.sheets.workbook import Workbook

Work: t.TypeAlias = Callable[[Workbook, Json], Json]

REQUESTS: t.Final[dict[str, Work]] = {
    "addSheet": batch_sheets.add_sheet,
    "appendCells": batch_cells.append_cells,
    "appendDimension": batch_sheets.append_dimension,
    "createDeveloperMetadata": batch_metadata.create,
    "deleteDeveloperMetadata": batch_metadata.delete,
    "deleteDimension": batch_sheets.delete_dimension,
    "deleteSheet": batch_sheets.delete_sheet,
    "insertDimension": batch_sheets.insert_dimension,
    "repeatCell": batch_cells.repeat_cell,
    "sortRange": batch_cells.sort_range,
    "updateCells": batch_cells.update_cells,
    "updateDeveloperMetadata": batch_metadata.update,
    "updateSheetProperties": batch_sheets.update_sheet_properties,
    "updateSpreadsheetProperties": batch_sheets.update_spreadsheet_properties,
}
"""What is done by each kind of request."""


def batch_update(call: Call) -> Json:
    """Do ``spreadsheets.batchUpdate``."""
    workbook = open_to_write(call)
    requests: list[Json] = call.body.get("requests", [])
    if not requests:
        raise invalid("Must specify at least one request.")
    replies = [_one(workbook, request, index) for index, request in enumerate(requests)]
    saved(call, workbook)
    answer: Json = {"spreadsheetId": workbook.id, "replies": replies}
    if call.body.get("includeSpreadsheetInResponse"):
        cells = bool(call.body.get("responseIncludeGridData"))
        answer["updatedSpreadsheet"] = describe(workbook, [], cells=cells)
    return answer


def _one(workbook: Workbook, request: Json, index: int) -> Json:
    if len(request) != 1:
        raise invalid(f"Invalid requests[{index}]: exactly one kind of request must be set.")
    name, body = next(iter(request.items()))
    if name not in REQUESTS:
        raise GoogleError(501, f"The sandbox does not do the request {name} yet.", reason="notImplemented")
    try:
        return REQUESTS[name](workbook, body)
    except GoogleError as error:
        error.message = f"Invalid requests[{index}].{name}: {error.message}"
        raise
