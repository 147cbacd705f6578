"""Reading and writing blocks of cells, the same for every method that does either."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias_sandbox.core.errors import Json, invalid
from copias_sandbox.rooms.sheets.a1 import Box, column_letters, format_a1
from copias_sandbox.rooms.sheets.entered import accept
from copias_sandbox.rooms.sheets.render import render
from copias_sandbox.rooms.sheets.workbook import COLUMNS, ROWS, Sheet, Workbook

Block: t.TypeAlias = list[list[t.Any]]
"""Rows of JSON scalars; a null leaves its cell alone."""


@dataclass(frozen=True)
class Rendering:
    """How values are given: the API's three options."""

    value: str = "FORMATTED_VALUE"
    moment: str = "SERIAL_NUMBER"
    major: str = ROWS

    @classmethod
    def of(cls, options: Json, *, prefix: str = "") -> Rendering:
        """Read the options of a query or a body; ``prefix`` is ``response`` for those of a write's answer."""
        value = options.get(_name(prefix, "valueRenderOption")) or cls.value
        moment = options.get(_name(prefix, "dateTimeRenderOption")) or cls.moment
        major = options.get("majorDimension") or ROWS
        return cls(value, moment, COLUMNS if major == COLUMNS else ROWS)


def _name(prefix: str, name: str) -> str:
    return prefix + name[0].upper() + name[1:] if prefix else name


def read(workbook: Workbook, sheet: Sheet, box: Box, how: Rendering) -> Json:
    """Return a ``ValueRange``: the whole range asked for, its values without empty ends.

    Raises:
        GoogleError: the range begins beyond the sheet's edge.
    """
    closed = sheet.clamp(box)
    block = [
        [render(cell, value=how.value, moment=how.moment, locale=workbook.locale) for cell in cells]
        for cells in (sheet.grid.row(row)[closed.left : closed.right] for row in range(closed.top, closed.bottom or 0))
    ]
    values = _trimmed(_transposed(block) if how.major == COLUMNS else block)
    answer: Json = {"range": format_a1(sheet.title, closed), "majorDimension": how.major}
    return {**answer, "values": values} if values else answer


def _transposed(block: Block) -> Block:
    width = max((len(line) for line in block), default=0)
    return [[line[column] if column < len(line) else "" for line in block] for column in range(width)]


def _trimmed(block: Block) -> Block:
    """Cut empty cells off each line's end, and empty lines off the block's."""
    for line in block:
        while line and line[-1] == "":
            line.pop()
    while block and not block[-1]:
        block.pop()
    return block


def block_of(value_range: Json) -> Block:
    """Return the values of an input ``ValueRange`` as rows."""
    values: Block = value_range.get("values") or []
    return _with_nulls(values) if value_range.get("majorDimension") == COLUMNS else values


def _with_nulls(columns: Block) -> Block:
    height = max((len(line) for line in columns), default=0)
    return [[line[row] if row < len(line) else None for line in columns] for row in range(height)]


@dataclass(frozen=True)
class Writing:
    """A block to write, where, and how its texts are understood."""

    sheet: Sheet
    box: Box
    block: Block
    option: str


def write(workbook: Workbook, writing: Writing, *, answer: Rendering | None = None) -> Json:
    """Write a block and return an ``UpdateValuesResponse``; ``answer`` adds the values as they are then.

    Raises:
        GoogleError: the block does not fit into the range or the sheet.
    """
    _check_fits(writing)
    sheet, box, block = writing.sheet, writing.box, writing.block
    rows, columns, count = set(), set(), 0
    for row, line in enumerate(block):
        for column, value in enumerate(line):
            if value is None:
                continue
            where = f"values[{row}][{column}]"
            cell = accept(value, option=writing.option, locale=workbook.locale, where=where)
            sheet.grid.put(box.top + row, box.left + column, cell)
            rows.add(row)
            columns.add(column)
            count += 1
    height, width = max(len(block), 1), max((len(line) for line in block), default=1) or 1
    written = Box(box.top, box.left, box.top + height, box.left + width)
    updated: Json = {"spreadsheetId": workbook.id, "updatedRange": format_a1(sheet.title, written)}
    if count:
        updated |= {"updatedRows": len(rows), "updatedColumns": len(columns), "updatedCells": count}
    if answer is not None:
        updated["updatedData"] = read(workbook, sheet, written, answer)
    return updated


def _check_fits(writing: Writing) -> None:
    sheet, box = writing.sheet, writing.box
    height, width = len(writing.block), max((len(line) for line in writing.block), default=0)
    # One cell is an anchor; a wider range is a limit.
    bottom = None if box.is_cell else box.bottom
    right = None if box.is_cell else box.right
    shown = format_a1(
        sheet.title, Box(box.top, box.left, bottom or sheet.grid.row_count, right or sheet.grid.column_count)
    )
    if bottom is not None and box.top + height > bottom:
        raise invalid(f"Requested writing within range [{shown}], but tried writing to row [{bottom + 1}]")
    if right is not None and box.left + width > right:
        raise invalid(
            f"Requested writing within range [{shown}], but tried writing to column [{column_letters(right)}]"
        )
    if box.top + height > sheet.grid.row_count or box.left + width > sheet.grid.column_count:
        raise sheet.beyond_edge(Box(box.top, box.left, box.top + max(height, 1), box.left + max(width, 1)))


def input_option(options: Json) -> str:
    """Return the ``valueInputOption``.

    Raises:
        GoogleError: it is not given.
    """
    option = options.get("valueInputOption")
    if option not in {"RAW", "USER_ENTERED"}:
        raise invalid("'valueInputOption' is required but not specified")
    return t.cast("str", option)


def clear(sheet: Sheet, box: Box) -> str:
    """Empty a range; return it in A1 notation."""
    closed = sheet.clamp(box)
    for row in range(closed.top, min(closed.bottom or 0, len(sheet.grid.rows))):
        for column in range(closed.left, min(closed.right or 0, len(sheet.grid.row(row)))):
            sheet.grid.put(row, column, None)
    return format_a1(sheet.title, closed)
