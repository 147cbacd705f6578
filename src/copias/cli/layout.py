"""How rows fit a terminal: as a table whose words stay whole, or else each row as a few lines that name each value."""

from __future__ import annotations

import textwrap
import typing as t

from rich.cells import cell_len

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FRAME: t.Final = 3
"""Cells of a table's frame that each column takes; one more closes it."""
_APART: t.Final = " · "


def fit_columns(rows: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """Return the width of each column, in terminal cells, so that the table is no wider than ``room``.

    The widths are those of the contents where they fit; else the widest columns wrap, between words.

    Args:
        rows: the headings and then the rows, all of one length.
        room: cells of the terminal.

    Returns:
        ``None`` if some word would have to be broken: a table is then no help.
    """
    columns = list(zip(*rows, strict=True))
    left = room - _FRAME * len(columns) - 1
    wanted = [max(map(cell_len, cells)) for cells in columns]
    if sum(wanted) <= left:
        return wanted
    widths = [max(cell_len(word) for cell in cells for word in cell.split() or [""]) for cells in columns]
    spare = left - sum(widths)
    if spare < 0:
        return None
    for _ in range(spare):
        most_wrapped = max(range(len(widths)), key=lambda n: wanted[n] / max(widths[n], 1))
        widths[most_wrapped] += 1
    return widths


def tell_rows(columns: Sequence[str], rows: Sequence[Sequence[str]], room: int) -> Iterator[str]:
    """Yield lines that tell each row: its first value, and under it the others with the name of their column."""
    for row in rows:
        yield f"{columns[0]}: {row[0] or chr(8212)}"
        told = [f"{name}: {value}" for name, value in zip(columns[1:], row[1:], strict=True) if value.strip()]
        yield from _flow(told, room)


def _flow(told: Sequence[str], room: int) -> Iterator[str]:
    """Yield lines of pieces, each whole where it fits."""
    line = ""
    for piece in told:
        joined = f"{line}{_APART}{piece}" if line else f"  {piece}"
        if line and cell_len(joined) > room:
            yield from _wrap(line, room)
            joined = f"  {piece}"
        line = joined
    if line:
        yield from _wrap(line, room)


def _wrap(line: str, room: int) -> list[str]:
    # Names of copies and sums are copied from the screen: they stay in one piece, on a line that is too long.
    return textwrap.wrap(line, room, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
