"""A1 notation: ``'Hoja 1'!A1:B2``, ``A:C``, ``3:5``, ``A5:B``, or a sheet's title alone."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from copias_sandbox.core.errors import invalid

_CORNER = r"(?P<{0}_column>[A-Za-z]{{1,3}})?(?P<{0}_row>[1-9][0-9]{{0,7}})?"
_RANGE = re.compile(_CORNER.format("first") + "(?P<colon>:" + _CORNER.format("last") + ")?")
_QUOTED = re.compile(r"'((?:[^']|'')*)'(?:!(.*))?", re.DOTALL)
_PLAIN_TITLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOOKS_LIKE_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+|[Rr][0-9]*[Cc][0-9]*|[A-Za-z]{1,3}")


@dataclass(frozen=True)
class Box:
    """A rectangle of cells, counted from 0, ends exclusive; ``None`` is an open end."""

    top: int = 0
    left: int = 0
    bottom: int | None = None
    right: int | None = None

    @property
    def is_cell(self) -> bool:
        """Tell whether it is exactly one cell."""
        return self.bottom == self.top + 1 and self.right == self.left + 1


@dataclass(frozen=True)
class Reference:
    """What a text in A1 notation says: a sheet's title, or none, and a box of it."""

    title: str | None
    box: Box


def column_letters(index: int) -> str:
    """Return the letters of a column counted from 0: 0 is ``A``, 26 is ``AA``."""
    letters = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """Return the column counted from 0 that ``letters`` name."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def quote_title(title: str) -> str:
    """Return a sheet's title as it stands before ``!``, quoted where it must be."""
    if _PLAIN_TITLE.fullmatch(title) and not _LOOKS_LIKE_CELL.fullmatch(title):
        return title
    return "'" + title.replace("'", "''") + "'"


def parse_a1(text: str, titles: t.Collection[str]) -> Reference:
    """Read a range; ``titles`` are those of the spreadsheet's sheets.

    Raises:
        GoogleError: "Unable to parse range", as Google says it, also of a title that does not exist.
    """
    title, cells = _split(text)
    if title is not None and title not in titles:
        raise _unparsable(text)
    if cells is None:
        return Reference(title, Box())
    box = _parse_cells(cells)
    if box is None:
        raise _unparsable(text)
    return Reference(title, box)


def _unparsable(text: str) -> Exception:
    return invalid(f"Unable to parse range: {text}")


def _split(text: str) -> tuple[str | None, str | None]:
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        return quoted[1].replace("''", "'"), quoted[2]
    before, mark, after = text.rpartition("!")
    if mark:
        return before, after
    # A bare word that reads as cells is cells, even when a sheet has that title: it needs quotes.
    return (None, text) if _parse_cells(text) is not None else (text, None)


def _parse_cells(text: str) -> Box | None:
    found = _RANGE.fullmatch(text)
    if not found or not text:
        return None
    first = _corner(found, "first")
    if not found["colon"]:
        # `A` and `5` alone are not ranges.
        return None if None in first else Box(first[0] or 0, first[1] or 0, (first[0] or 0) + 1, (first[1] or 0) + 1)
    last = _corner(found, "last")
    if first == (None, None) or last == (None, None):
        return None
    return _box(first, last)


def _corner(found: re.Match[str], name: str) -> tuple[int | None, int | None]:
    row, column = found[f"{name}_row"], found[f"{name}_column"]
    return (int(row) - 1 if row else None), (column_index(column) if column else None)


def _box(first: tuple[int | None, int | None], last: tuple[int | None, int | None]) -> Box:
    """Join two corners; ``A5:B`` is open below, ``B2:A1`` is turned round."""
    top, bottom = _span(first[0], last[0])
    left, right = _span(first[1], last[1])
    return Box(top, left, bottom, right)


def _span(first: int | None, last: int | None) -> tuple[int, int | None]:
    if first is None or last is None:
        return (first if first is not None else last) or 0, None
    return min(first, last), max(first, last) + 1


def format_a1(title: str, box: Box) -> str:
    """Write a closed box as ``Hoja!A1:B2``, one cell as ``Hoja!A1``.

    Contract: ``bottom`` and ``right`` are given.
    """
    first = f"{column_letters(box.left)}{box.top + 1}"
    if box.is_cell:
        return f"{quote_title(title)}!{first}"
    return f"{quote_title(title)}!{first}:{column_letters((box.right or 1) - 1)}{box.bottom}"
