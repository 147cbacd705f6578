"""A1 notation: titles that may hold anything, and columns by letters."""

from __future__ import annotations

import re
import typing as t

_ADDRESS = re.compile(r"([A-Z]{1,3})([0-9]{1,8})(?::([A-Z]{1,3})([0-9]{1,8}))?", re.ASCII)


def tab_range(title: str, cells: str = "") -> str:
    """Return the range of a tab, or of cells in it; the title is quoted, so ``A1`` can be one."""
    quoted = "'" + title.replace("'", "''") + "'"
    return f"{quoted}!{cells}" if cells else quoted


def column_letters(index: int) -> str:
    """Return the letters of a column counted from 0: ``A``, …, ``Z``, ``AA``."""
    letters = ""
    count = index + 1
    while count:
        count, rest = divmod(count - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """Return a column counted from 0."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


class Place(t.NamedTuple):
    """Where a range begins: row counted from 1, column from 0."""

    row: int
    column: int


def first_cell(given: str) -> Place:
    """Return where a range that the API returned begins.

    Raises:
        ValueError: it is no range of cells.
    """
    found = _ADDRESS.fullmatch(given.rpartition("!")[2])
    if not found:
        raise ValueError(f"{given!r} is no range of cells")
    return Place(int(found[2]), column_index(found[1]))
