"""The Sheets room: which handler does which method."""

from __future__ import annotations

from copias_sandbox.core.room import Room
from copias_sandbox.rooms.sheets import append, batch, documents, metadata_methods, resource, value_methods
from copias_sandbox.rooms.sheets.storage import WorkbookStore

SHEETS = Room(
    document="sheets.v4",
    prefix="/v4/spreadsheets",
    hosts=frozenset({"sheets.googleapis.com"}),
    services=lambda state: {"workbooks": WorkbookStore(state)},
    reads=frozenset(
        {
            "sheets.spreadsheets.getByDataFilter",
            "sheets.spreadsheets.developerMetadata.search",
            "sheets.spreadsheets.values.batchGetByDataFilter",
        }
    ),
    handlers={
        "sheets.spreadsheets.batchUpdate": batch.batch_update,
        "sheets.spreadsheets.create": documents.create,
        "sheets.spreadsheets.developerMetadata.get": metadata_methods.get,
        "sheets.spreadsheets.developerMetadata.search": metadata_methods.search,
        "sheets.spreadsheets.get": resource.get,
        "sheets.spreadsheets.getByDataFilter": resource.get_by_data_filter,
        "sheets.spreadsheets.values.append": append.append,
        "sheets.spreadsheets.values.batchClear": value_methods.batch_clear,
        "sheets.spreadsheets.values.batchClearByDataFilter": value_methods.batch_clear_by_data_filter,
        "sheets.spreadsheets.values.batchGet": value_methods.batch_get,
        "sheets.spreadsheets.values.batchGetByDataFilter": value_methods.batch_get_by_data_filter,
        "sheets.spreadsheets.values.batchUpdate": value_methods.batch_update,
        "sheets.spreadsheets.values.batchUpdateByDataFilter": value_methods.batch_update_by_data_filter,
        "sheets.spreadsheets.values.clear": value_methods.clear_one,
        "sheets.spreadsheets.values.get": value_methods.get,
        "sheets.spreadsheets.values.update": value_methods.update,
    },
)
