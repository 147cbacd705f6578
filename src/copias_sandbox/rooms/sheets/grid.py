"""The cells of one sheet, in memory, and which rows of it changed."""

from __future__ import annotations

import typing as t
from collections.abc import Sequence
from dataclasses import dataclass, field

from copias_sandbox.core.errors import invalid
from copias_sandbox.rooms.sheets.cells import Cell

Row: t.TypeAlias = list[Cell]

MOST_CELLS: t.Final = 10_000_000
MOST_CHARACTERS: t.Final = 50_000


@dataclass
class Grid:
    """Rows of cells; rows and cells at the end may be absent, which is the same as empty.

    ``changed`` are rows to be saved again; from ``moved_from`` on all of them are.
    """

    row_count: int = 1000
    column_count: int = 26
    rows: list[Row] = field(default_factory=list)
    changed: set[int] = field(default_factory=set)
    moved_from: int | None = None

    def get(self, row: int, column: int) -> Cell:
        """Return one cell."""
        if row < len(self.rows) and column < len(self.rows[row]):
            return self.rows[row][column]
        return None

    def row(self, index: int) -> Row:
        """Return a row as far as it is kept; not to be changed by the caller."""
        return self.rows[index] if index < len(self.rows) else []

    def put(self, row: int, column: int, cell: Cell) -> None:
        """Set one cell.

        Raises:
            GoogleError: a text too long for a cell.
        """
        if isinstance(cell, str) and len(cell) > MOST_CHARACTERS:
            raise invalid(
                f"Your input contains more than the maximum of {MOST_CHARACTERS} characters in a single cell."
            )
        if cell == "":
            cell = None
        while len(self.rows) <= row:
            self.rows.append([])
        cells = self.rows[row]
        if column >= len(cells):
            if cell is None:
                return
            cells.extend([None] * (column + 1 - len(cells)))
        cells[column] = cell
        self.changed.add(row)

    def insert_rows(self, at: int, count: int) -> None:
        """Insert empty rows before row ``at``."""
        self._check_size(self.row_count + count, self.column_count)
        if at < len(self.rows):
            self.rows[at:at] = [[] for _ in range(count)]
            self._moved(at)
        self.row_count += count

    def delete_rows(self, start: int, end: int) -> None:
        """Delete rows ``start`` to ``end``, exclusive."""
        if start < len(self.rows):
            del self.rows[start:end]
            self._moved(start)
        self.row_count -= end - start

    def insert_columns(self, at: int, count: int) -> None:
        """Insert empty columns before column ``at``."""
        self._check_size(self.row_count, self.column_count + count)
        for cells in self.rows:
            if at < len(cells):
                cells[at:at] = [None] * count
        self.column_count += count
        self._moved(0)

    def delete_columns(self, start: int, end: int) -> None:
        """Delete columns ``start`` to ``end``, exclusive."""
        for cells in self.rows:
            del cells[start:end]
        self.column_count -= end - start
        self._moved(0)

    def replace_rows(self, at: int, rows: Sequence[Row]) -> None:
        """Put whole rows in the place of others; what seeding and sorting use."""
        while len(self.rows) < at:
            self.rows.append([])
        self.rows[at : at + len(rows)] = [list(cells) for cells in rows]
        self.row_count = max(self.row_count, len(self.rows))
        self.column_count = max(self.column_count, max((len(cells) for cells in rows), default=0))
        self._moved(at)

    def _moved(self, start: int) -> None:
        self.moved_from = start if self.moved_from is None else min(start, self.moved_from)

    def _check_size(self, rows: int, columns: int) -> None:
        if rows * columns > MOST_CELLS:
            raise invalid(
                f"This action would increase the number of cells in the workbook above the limit of {MOST_CELLS} cells."
            )
