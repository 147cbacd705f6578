"""Sorting rows as Sheets does: numbers, then texts, then booleans; empty cells always last."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from copias_sandbox.rooms.sheets.a1 import Box
from copias_sandbox.rooms.sheets.cells import Cell, Formatted, Formula
from copias_sandbox.rooms.sheets.grid import Grid, Row


@dataclass(frozen=True)
class SortKey:
    """A column, counted from 0, and the direction."""

    column: int
    descending: bool = False


def sort_rows(grid: Grid, box: Box, keys: Sequence[SortKey]) -> None:
    """Sort the rows of a closed box; only the cells inside it move, developer metadata does not (assumed).

    Google does not document whether metadata follows a sort; staying is the case that a client must survive.
    """
    bottom, right = min(box.bottom or 0, len(grid.rows)), box.right or 0
    parts = [_padded(grid.row(row)[box.left : right], right - box.left) for row in range(box.top, bottom)]
    for key in reversed(keys):
        column = key.column - box.left
        filled = [part for part in parts if part[column] is not None]
        empty = [part for part in parts if part[column] is None]
        filled.sort(key=lambda part, place=column: _order(part[place]), reverse=key.descending)  # type: ignore[misc] # a default binds the loop's column
        parts = filled + empty
    for row, part in enumerate(parts, start=box.top):
        for column, cell in enumerate(part, start=box.left):
            if grid.get(row, column) != cell:
                grid.put(row, column, cell)


def _padded(cells: Row, width: int) -> Row:
    return [*cells, *[None] * (width - len(cells))]


def _order(cell: Cell) -> tuple[int, float, str]:
    if isinstance(cell, bool):
        return 2, float(cell), ""
    if isinstance(cell, int | float):
        return 0, float(cell), ""
    if isinstance(cell, Formatted):
        return 0, cell.number, ""
    text = cell.shown if isinstance(cell, Formula) else str(cell)
    return 1, 0.0, unicodedata.normalize("NFKD", text).casefold()
