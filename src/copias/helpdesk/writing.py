"""Appending rows, each once in effect: appended as people's forms do, read back, and found again by its key.

A read-back that does not find the row as written has one of four causes, and each is told apart: somebody inserted a
column in that moment (our cells are put under their headers), rows moved (the row is found by its key), somebody
edited it (reported, never overwritten), or it is not there (:class:`WriteUncertain`: look again later).
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from copias.errors import BadInput, BadSheet
from copias.helpdesk.a1 import column_letters, first_cell
from copias.helpdesk.cells import add_key, is_key, split_key, text_of
from copias.helpdesk.columns import NoMemory, columns_of, require_columns
from copias.helpdesk.gateway import WriteUncertain, perhaps_written
from copias.helpdesk.outgoing import Delivered
from copias.helpdesk.reading import number_in
from copias.helpdesk.responses import key_in

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from copias.helpdesk.columns import ColumnMemory
    from copias.helpdesk.gateway import Gateway
    from copias.helpdesk.headers import Header
    from copias.helpdesk.tabs import Rows, Tab

Cells: t.TypeAlias = "Sequence[t.Any]"


@dataclass(frozen=True)
class NewRow:
    """A row to be appended.

    Args:
        tab: where.
        key: its event key.
        number: its case; ``None`` in a tab that is of no cases.
        values: field → text or number, as they are to read afterwards; the key is put in by :meth:`placed`.
        key_field: where the key goes when the tab has no column for it.
    """

    tab: Tab
    key: str
    number: str | None
    values: Mapping[str, str | int]
    key_field: t.Literal["evidence", "notes"]

    def placed(self, header: Header) -> dict[int, str | int]:
        """Return column → value under a header.

        Raises:
            BadSheet: the tab has no place for the key.
        """
        values = dict(self.values)
        if "event_key" in header.columns:
            values["event_key"] = self.key
        elif self.key_field in header.columns:
            values[self.key_field] = add_key(str(values.get(self.key_field, "")), self.key)
        else:
            raise BadSheet(
                "no hay dónde anotar la clave del evento",
                whose=f"pestaña «{self.tab.title}»",
                repair="agregue una columna «Clave de evento» a la pestaña",
            )
        return {header.columns[field]: value for field, value in values.items() if field in header.columns}

    def is_at(self, header: Header, cells: Cells) -> bool:
        """Tell whether a row is this one: key and case, so that a copied key is not enough."""
        return row_key(header, cells, self.key_field) == self.key and number_in(header, cells) == self.number


def row_key(header: Header, cells: Cells, key_field: str) -> str | None:
    """Return a row's event key, from its own column or the end of ``key_field``."""
    return key_in(header, cells) or split_key(text_of(header.get(cells, key_field)))[1]


def check_key(key: str) -> str:
    """Return an event key that can be written and found again.

    Raises:
        BadInput: it has other characters than letters, digits and ``. _ : / -``, or more than 100.
    """
    if not is_key(key):
        raise BadInput(
            "la clave del evento no sirve", whose=repr(key[:120]), why="letras, dígitos y . _ : / -; hasta 100"
        )
    return key


class Appender:
    """Appends rows to tabs and reads them back."""

    def __init__(self, gateway: Gateway, columns: ColumnMemory | None = None) -> None:
        self._gateway = gateway
        self._columns = columns or NoMemory()

    def append(self, row: NewRow) -> tuple[Delivered, Header]:
        """Append a row, whether it is there already or not.

        Raises:
            WriteUncertain: no answer came, or the row was not found afterwards.
            HelpDeskUnavailable, BadSheet: nothing was written.
        """
        header = self.header(row.tab)
        placed = row.placed(header)
        # Before the row is: a column that goes in that very moment is missed by the next write.
        self._columns.remember(row.tab, columns_of(header))
        # An empty text leaves the cell alone; a zero is written.
        cells = [None if (value := placed.get(at)) == "" else value for at in range(header.first, header.last + 1)]
        anchor = f"{column_letters(header.first)}{header.row}:{column_letters(header.last)}{header.row}"
        written = self._gateway.append(row.tab, anchor, cells)
        with perhaps_written():
            return self._read_back(row, header, written)

    def find(self, row: NewRow) -> Delivered | None:
        """Look for a row by its key in the whole tab."""
        rows = self._gateway.read(row.tab.spreadsheet, [(row.tab, "")])[0]
        return self._find_in(row, rows)

    def header(self, tab: Tab) -> Header:
        """Read the header of a tab that is written to.

        Raises:
            BadSheet: it is not as configured, or a column that was written to is gone.
        """
        header = self._read_header(tab)
        require_columns(tab, header, self._columns.known(tab))
        return header

    def _read_header(self, tab: Tab) -> Header:
        """Read a tab's header, of its first row when that is one."""
        first = self._gateway.read(tab.spreadsheet, [(tab, "1:1")])[0]
        try:
            return tab.header(first)
        except BadSheet:
            return tab.header(self._gateway.read(tab.spreadsheet, [(tab, "")])[0])

    def _find_in(self, row: NewRow, rows: Rows) -> Delivered | None:
        header = row.tab.header(rows)
        for index, cells in enumerate(rows[header.row :], start=header.row + 1):
            if row.is_at(header, cells):
                placed = row.placed(header)
                return Delivered(_range(header, index), row.key, differs=_differences(header, cells, placed))
        return None

    def _read_back(self, row: NewRow, planned: Header, written: str) -> tuple[Delivered, Header]:
        """Compare the row that the answer names with what was meant."""
        try:
            index = first_cell(written).row
            head, found = self._read_row(row.tab, planned.row, index)
            header = row.tab.header([*[[]] * (planned.row - 1), head])
        except (ValueError, BadSheet):
            return self._search(row, planned), planned
        placed = row.placed(header)
        if row.is_at(header, found) and not _differences(header, found, placed):
            return Delivered(_range(header, index), row.key), header
        shift = _shift(row.placed(planned), found)
        if shift is None:
            return self._search(row, header), header
        misplaced = {column + shift: value for column, value in row.placed(planned).items()}
        return self._put_right(row, header, index, misplaced=misplaced), header

    def _read_row(self, tab: Tab, head: int, index: int) -> tuple[Cells, Cells]:
        header, found = self._gateway.read(tab.spreadsheet, [(tab, f"{head}:{head}"), (tab, f"{index}:{index}")])
        return (header[0] if header else []), (found[0] if found else [])

    def _search(self, row: NewRow, header: Header) -> Delivered:
        """Find the row wherever it is now.

        Raises:
            WriteUncertain: it is not there.
        """
        found = self.find(row)
        if found is None:
            raise WriteUncertain(
                "la fila se agregó, pero no se encontró al leerla de vuelta",
                whose=f"{f'caso {row.number}' if row.number else row.key}, pestaña «{header.tab}»",
                repair="se buscará su clave y, si no está, se agregará otra vez",
            )
        return found

    def _put_right(self, row: NewRow, header: Header, index: int, *, misplaced: Mapping[int, str | int]) -> Delivered:
        """Move cells that a column inserted in that moment left under the wrong headers."""
        placed = row.placed(header)
        cells: dict[str, t.Any] = {f"{column_letters(column)}{index}": "" for column in misplaced}
        cells |= {f"{column_letters(column)}{index}": value for column, value in placed.items()}
        self._gateway.write_cells(row.tab, cells)
        return replace(self._search(row, header), moved=True)


def _range(header: Header, index: int) -> str:
    return f"{header.tab}!{column_letters(header.first)}{index}:{column_letters(header.last)}{index}"


def same_cell(written: str | int, read: t.Any) -> bool:
    """Tell whether a cell reads as it was written; a number may come back as its text."""
    return str(written) == str("" if read is None else read) or str(written) == text_of(read)


def _differences(header: Header, cells: Cells, placed: Mapping[int, str | int]) -> tuple[str, ...]:
    """Return the headers under which a row does not read as written."""
    return tuple(
        header.texts[column]
        for column, value in placed.items()
        if not same_cell(value, cells[column] if column < len(cells) else None)
    )


def _shift(planned: Mapping[int, str | int], cells: Cells) -> int | None:
    """Return by how many columns everything written lies beside where it was meant, ``None`` when it does not.

    0 is an answer too: the cells lie where they were meant, and the header has moved.
    """
    filled = {column: value for column, value in planned.items() if value != ""}
    for shift in sorted(range(-min(filled), len(cells) - max(filled)), key=abs):
        if all(same_cell(value, cells[column + shift]) for column, value in filled.items()):
            return shift
    return None
