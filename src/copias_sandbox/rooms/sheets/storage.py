"""Spreadsheets in the state file; each is read once and kept in memory until something is undone."""

from __future__ import annotations

import typing as t
from dataclasses import asdict

import orjson

from copias_sandbox.core.errors import Json, not_found
from copias_sandbox.rooms.sheets.cells import decode, encode
from copias_sandbox.rooms.sheets.grid import Grid
from copias_sandbox.rooms.sheets.workbook import Metadata, Sheet, Workbook
from copias_sandbox.state import State

KIND: t.Final = "spreadsheet"


class WorkbookStore:
    """Loads and saves workbooks."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._loaded: dict[str, Workbook] = {}
        state.on_forget(self._loaded.clear)

    def load(self, identifier: str) -> Workbook:
        """Return a workbook.

        Raises:
            GoogleError: there is none of that id.
        """
        if identifier not in self._loaded:
            document = self._state.get(KIND, identifier)
            if document is None:
                raise not_found()
            self._loaded[identifier] = self._read(identifier, document)
        return self._loaded[identifier]

    def save(self, workbook: Workbook) -> None:
        """Write what changed since it was loaded."""
        self._loaded[workbook.id] = workbook
        self._state.put(KIND, workbook.id, _document(workbook))
        for sheet in workbook.sheets:
            self._save_rows(workbook.id, sheet)
        for gone in workbook.removed_sheets:
            self._state.connection.execute(
                "DELETE FROM sheet_row WHERE spreadsheet = ? AND sheet = ?", (workbook.id, gone)
            )
        workbook.removed_sheets.clear()

    def remove(self, identifier: str) -> None:
        """Delete a workbook."""
        self._loaded.pop(identifier, None)
        self._state.remove(KIND, identifier)
        self._state.connection.execute("DELETE FROM sheet_row WHERE spreadsheet = ?", (identifier,))

    def identifiers(self) -> list[str]:
        """Return the ids of all workbooks."""
        return [key for key, _ in self._state.every(KIND)]

    def _read(self, identifier: str, document: Json) -> Workbook:
        sheets = [self._read_sheet(identifier, raw) for raw in document["sheets"]]
        metadata = [Metadata(**raw) for raw in document["metadata"]]
        return Workbook(identifier, document["title"], document["locale"], document["time_zone"], sheets, metadata)

    def _read_sheet(self, identifier: str, raw: Json) -> Sheet:
        grid = Grid(raw["row_count"], raw["column_count"])
        query = "SELECT position, cells FROM sheet_row WHERE spreadsheet = ? AND sheet = ? ORDER BY position"
        for position, cells in self._state.connection.execute(query, (identifier, raw["id"])):
            while len(grid.rows) < position:
                grid.rows.append([])
            grid.rows.append([decode(cell) for cell in orjson.loads(cells)])
        return Sheet(raw["id"], raw["title"], grid, raw["frozen_rows"], raw["hidden"])

    def _save_rows(self, identifier: str, sheet: Sheet) -> None:
        grid = sheet.grid
        positions = {row for row in grid.changed if row < len(grid.rows)}
        if grid.moved_from is not None:
            self._state.connection.execute(
                "DELETE FROM sheet_row WHERE spreadsheet = ? AND sheet = ? AND position >= ?",
                (identifier, sheet.id, grid.moved_from),
            )
            positions |= set(range(grid.moved_from, len(grid.rows)))
        self._state.connection.executemany(
            "INSERT OR REPLACE INTO sheet_row VALUES (?, ?, ?, ?)",
            (
                (identifier, sheet.id, row, orjson.dumps([encode(cell) for cell in grid.rows[row]]))
                for row in sorted(positions)
            ),
        )
        grid.changed.clear()
        grid.moved_from = None


def _document(workbook: Workbook) -> Json:
    return {
        "title": workbook.title,
        "locale": workbook.locale,
        "time_zone": workbook.time_zone,
        "sheets": [
            {
                "id": sheet.id,
                "title": sheet.title,
                "row_count": sheet.grid.row_count,
                "column_count": sheet.grid.column_count,
                "frozen_rows": sheet.frozen_rows,
                "hidden": sheet.hidden,
            }
            for sheet in workbook.sheets
        ],
        "metadata": [asdict(entry) for entry in workbook.metadata],
    }
