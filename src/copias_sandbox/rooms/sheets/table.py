"""Where ``values.append`` writes: after the last table that touches its range.

Google's guide describes it by example (tables ``A1:C2`` and ``B4:D6``): a range that touches a table stands for the
whole of it, of several the last one counts, and a range that touches none (``E4``, ``A4``) is itself the place.
"""

from __future__ import annotations

from copias_sandbox.rooms.sheets.a1 import Box
from copias_sandbox.rooms.sheets.grid import Grid


def find_table(grid: Grid, box: Box) -> Box | None:
    """Return the last table that touches ``box``, as a closed box."""
    touched = _last_filled(grid, box)
    return _grow(grid, *touched) if touched else None


def _last_filled(grid: Grid, box: Box) -> tuple[int, int] | None:
    bottom = min(len(grid.rows), box.bottom or len(grid.rows))
    for row in range(bottom - 1, box.top - 1, -1):
        cells = grid.rows[row]
        right = min(len(cells), box.right or len(cells))
        for column in range(right - 1, box.left - 1, -1):
            if cells[column] is not None:
                return row, column
    return None


def _grow(grid: Grid, row: int, column: int) -> Box:
    """Widen a box while a filled cell lies at its border: empty rows and columns end a table."""
    top, bottom, left, right = row, row + 1, column, column + 1
    while True:
        before = (top, bottom, left, right)
        while top > 0 and _row_filled(grid, top - 1, left - 1, right + 1):
            top -= 1
        while bottom < len(grid.rows) and _row_filled(grid, bottom, left - 1, right + 1):
            bottom += 1
        while left > 0 and _column_filled(grid, left - 1, top - 1, bottom + 1):
            left -= 1
        while _column_filled(grid, right, top - 1, bottom + 1):
            right += 1
        if before == (top, bottom, left, right):
            return Box(top, left, bottom, right)


def _row_filled(grid: Grid, row: int, left: int, right: int) -> bool:
    return any(cell is not None for cell in grid.row(row)[max(left, 0) : right])


def _column_filled(grid: Grid, column: int, top: int, bottom: int) -> bool:
    rows = grid.rows[max(top, 0) : bottom]
    return any(column < len(cells) and cells[column] is not None for cells in rows)
