"""A spreadsheet: sheets, and developer metadata that follows its row or column."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from copias_sandbox.core.errors import Json, invalid
from copias_sandbox.rooms.sheets.a1 import Box, Reference, format_a1, parse_a1
from copias_sandbox.rooms.sheets.grid import Grid

ROWS: t.Final = "ROWS"
COLUMNS: t.Final = "COLUMNS"


@dataclass
class Sheet:
    """One tab."""

    id: int
    title: str
    grid: Grid
    frozen_rows: int = 0
    hidden: bool = False

    def clamp(self, box: Box) -> Box:
        """Close the open ends of a box at the sheet's edge.

        Raises:
            GoogleError: the box begins beyond the edge.
        """
        if box.top >= self.grid.row_count or box.left >= self.grid.column_count:
            raise self.beyond_edge(box)
        bottom = min(box.bottom or self.grid.row_count, self.grid.row_count)
        right = min(box.right or self.grid.column_count, self.grid.column_count)
        return Box(box.top, box.left, bottom, right)

    def beyond_edge(self, box: Box) -> Exception:
        """Return the refusal of a box that the sheet does not hold."""
        shown = Box(box.top, box.left, box.bottom or box.top + 1, box.right or box.left + 1)
        limits = f"Max rows: {self.grid.row_count}, max columns: {self.grid.column_count}"
        return invalid(f"Range ({format_a1(self.title, shown)}) exceeds grid limits. {limits}")


@dataclass
class Metadata:
    """One developer metadata; ``sheet`` is ``None`` for the whole spreadsheet, ``index`` for a whole sheet."""

    id: int
    key: str
    value: str | None
    visibility: str
    sheet: int | None = None
    dimension: str | None = None
    index: int | None = None

    @property
    def location_type(self) -> str:
        """Return the API's word for where it is."""
        if self.sheet is None:
            return "SPREADSHEET"
        if self.dimension is None:
            return "SHEET"
        return "ROW" if self.dimension == ROWS else "COLUMN"


@dataclass
class Workbook:
    """One spreadsheet."""

    id: str
    title: str
    locale: str = "es_CO"
    time_zone: str = "America/Bogota"
    sheets: list[Sheet] = field(default_factory=list)
    metadata: list[Metadata] = field(default_factory=list)
    removed_sheets: list[int] = field(default_factory=list)

    def titles(self) -> frozenset[str]:
        """Return the titles of the sheets."""
        return frozenset(sheet.title for sheet in self.sheets)

    def sheet(self, identifier: int) -> Sheet:
        """Return the sheet of an id.

        Raises:
            GoogleError: there is none.
        """
        for sheet in self.sheets:
            if sheet.id == identifier:
                return sheet
        raise invalid(f"No grid with id: {identifier}")

    def find(self, text: str) -> tuple[Sheet, Box]:
        """Read a range in A1 notation; without a title it is on the first visible sheet.

        Raises:
            GoogleError: it cannot be parsed, or names a sheet that does not exist.
        """
        return self._locate(parse_a1(text, self.titles()))

    def _locate(self, reference: Reference) -> tuple[Sheet, Box]:
        for sheet in self.sheets:
            if sheet.title == reference.title or (reference.title is None and not sheet.hidden):
                return sheet, reference.box
        raise invalid("Unable to parse range")

    def box_of(self, grid_range: Json) -> tuple[Sheet, Box]:
        """Read a ``GridRange``."""
        sheet = self.sheet(grid_range.get("sheetId") or 0)
        top, bottom = _ends(grid_range, "Row")
        left, right = _ends(grid_range, "Column")
        return sheet, Box(top, left, bottom, right)

    def insert(self, sheet: Sheet, dimension: str, *, at: int, count: int) -> None:
        """Insert rows or columns before ``at``; metadata at or after it moves along."""
        if dimension == ROWS:
            sheet.grid.insert_rows(at, count)
        else:
            sheet.grid.insert_columns(at, count)
        for entry in self._along(sheet, dimension):
            if entry.index is not None and entry.index >= at:
                entry.index += count

    def delete(self, sheet: Sheet, dimension: str, *, start: int, end: int) -> None:
        """Delete rows or columns, and the metadata that lies on them."""
        if dimension == ROWS:
            sheet.grid.delete_rows(start, end)
        else:
            sheet.grid.delete_columns(start, end)
        gone = [entry for entry in self._along(sheet, dimension) if start <= (entry.index or 0) < end]
        self.metadata = [entry for entry in self.metadata if entry not in gone]
        for entry in self._along(sheet, dimension):
            if entry.index is not None and entry.index >= end:
                entry.index -= end - start

    def _along(self, sheet: Sheet, dimension: str) -> list[Metadata]:
        return [entry for entry in self.metadata if entry.sheet == sheet.id and entry.dimension == dimension]

    def next_metadata_id(self) -> int:
        """Return a metadata id not yet used (Google draws one at random; ours can be repeated)."""
        return max((entry.id for entry in self.metadata), default=1000) + 1

    def next_sheet_id(self) -> int:
        """Return a sheet id not yet used."""
        return max((sheet.id for sheet in self.sheets), default=0) + 1


def _ends(grid_range: Json, name: str) -> tuple[int, int | None]:
    start, end = grid_range.get(f"start{name}Index") or 0, grid_range.get(f"end{name}Index")
    if start < 0 or (end is not None and end <= start):
        raise invalid(f"start{name}Index[{start}] must be 0 or more and less than end{name}Index[{end}].")
    return start, end
