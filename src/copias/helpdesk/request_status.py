"""Changing the status cell of a request's own row, with care, because Sheets has no compare-and-set.

The row is marked once by developer metadata, which follows inserted and deleted rows but, as far as is documented,
no sort: so the marked row's case number is read just before each write, and a mark on another case's row is set anew.
The old text is read just before too; anything else than expected is a person's edit and stays. What was written is
read back; if rows or columns moved in the moment between, the cell that was hit instead is given back and the write
made again.
"""

from __future__ import annotations

import typing as t
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

from copias.errors import BadSheet, NotReady
from copias.helpdesk.a1 import Place, column_letters, first_cell
from copias.helpdesk.cells import line_of
from copias.helpdesk.gateway import WriteUncertain
from copias.helpdesk.outgoing import Change, StatusChange
from copias.helpdesk.reading import number_in
from copias.helpdesk.words import plain

if t.TYPE_CHECKING:
    from copias.helpdesk.gateway import Gateway, Json
    from copias.helpdesk.headers import Header
    from copias.helpdesk.reading import CaseReader
    from copias.helpdesk.tabs import Rows, Tab

METADATA_KEY: t.Final = "copias.caso"
_TRIES: t.Final = 4


@dataclass(frozen=True)
class _View:
    """The requests' tab at one moment."""

    header: Header
    rows: Rows

    def cell(self, row: int, column: int) -> t.Any:
        cells = self.rows[row - 1] if row <= len(self.rows) else []
        return cells[column] if column < len(cells) else None

    def column_of(self, title: str) -> int:
        """Return the only column with a header.

        Raises:
            LookupError: there is none, or several.
        """
        found = [column for column, text in enumerate(self.header.texts) if text == title]
        if len(found) != 1:
            raise LookupError(f"{len(found)} columns are called {title!r}")
        return found[0]

    @property
    def column(self) -> int:
        return self.header.columns["status"]

    def status(self, row: int) -> str:
        return line_of(self.cell(row, self.column))


@dataclass(frozen=True)
class _Wanted:
    """What is to be changed."""

    number: str
    expected: str
    text: str


class RequestStatus:
    """Writes the status cell of requests."""

    def __init__(self, gateway: Gateway, tab: Tab, reader: CaseReader) -> None:
        self._gateway = gateway
        self._tab = tab
        self._reader = reader

    def set(self, number: str, expected: str, *, text: str) -> StatusChange:
        """Change the cell from ``expected`` to ``text``; a cell that says anything else is left alone.

        Raises:
            NotReady: the case has no row, or several.
            BadSheet: there is no status column, or rows kept moving.
            HelpDeskUnavailable: Google does not answer; the next call finds out what was written.
        """
        wanted = _Wanted(number, expected, text)
        repaired: tuple[str, ...] = ()
        for _ in range(_TRIES):
            before, marked = self._look(number)
            row = self._row_of(before, number)
            settled = _settle(before, row, wanted)
            if settled is not None:
                return replace(settled, repaired=repaired)
            if marked != (row,):
                self._mark(row, number, anew=bool(marked))
                continue
            hit = self._write(before, wanted)
            after, _ = self._look(number)
            row = self._row_of(after, number)
            if after.status(row) == text:
                return StatusChange(Change.CHANGED, text, row, repaired)
            repaired += self._give_back(before, after, hit, text=text)
        raise BadSheet(
            "no se pudo cambiar el estado de la solicitud: las filas se movían en ese momento",
            whose=f"caso {number}",
            repair=f"ponga «{text}» en la fila del caso, o intente de nuevo",
        )

    def _look(self, number: str) -> tuple[_View, tuple[int, ...]]:
        """Read the tab, and in the same moment the rows that carry the case's mark."""
        marked, rows = self._gateway.read_marked(self._tab, self._marker(number))
        header = self._tab.header(rows)
        if "status" not in header.columns:
            raise BadSheet("la pestaña no tiene columna de estado", whose=f"pestaña «{self._tab.title}»")
        return _View(header, rows), tuple(first_cell(place).row for place in marked)

    def _row_of(self, view: _View, number: str) -> int:
        found = [
            index
            for index, cells in self._reader.request_rows(view.header, view.rows)
            if number_in(view.header, cells) == number
        ]
        if len(found) == 1:
            return found[0]
        why = f"está en las filas {', '.join(map(str, found))}" if found else "no está en la hoja"
        repair = "deje el caso en una sola fila de solicitud; vea `copias cases`"
        raise NotReady("no hay una fila de solicitud única", whose=f"caso {number}", why=why, repair=repair)

    def _mark(self, row: int, number: str, *, anew: bool) -> None:
        """Make the metadata mark this row; whether it does is seen at the next look."""
        place = {"sheetId": self._sheet_id, "dimension": "ROWS", "startIndex": row - 1, "endIndex": row}
        metadata = {
            "metadataKey": METADATA_KEY,
            "metadataValue": number,
            "visibility": "DOCUMENT",
            "location": {"dimensionRange": place},
        }
        requests: list[Json] = [{"deleteDeveloperMetadata": {"dataFilter": self._marker(number)}}] if anew else []
        requests.append({"createDeveloperMetadata": {"developerMetadata": metadata}})
        with suppress(WriteUncertain):
            self._gateway.change_structure(self._tab.spreadsheet, requests)

    def _marker(self, number: str) -> Json:
        """Return the filter of a case's mark, in this tab only: a copy of the tab has copies of the marks."""
        return {
            "developerMetadataLookup": {
                "metadataKey": METADATA_KEY,
                "metadataValue": number,
                "metadataLocation": {"sheetId": self._sheet_id},
                "locationMatchingStrategy": "INTERSECTING_LOCATION",
            }
        }

    @cached_property
    def _sheet_id(self) -> int:
        """Return the tab's id.

        Raises:
            BadSheet: there is no such tab.
        """
        return self._gateway.tab_id(self._tab)

    def _write(self, view: _View, wanted: _Wanted) -> Place | None:
        """Write, and return the cell that was hit; ``None`` when the answer was lost or nothing was marked."""
        cells = [None] * view.column + [wanted.text]
        with suppress(WriteUncertain):
            written = self._gateway.write_marked(self._tab.spreadsheet, self._marker(wanted.number), cells)
            for place in written:
                return Place(first_cell(place).row, view.column)
        return None

    def _give_back(self, before: _View, after: _View, hit: Place | None, *, text: str) -> tuple[str, ...]:
        """Put back what a misplaced write has covered; a cell that was not hit, or says more by now, stays.

        Raises:
            BadSheet: what was there before is not known.
        """
        if hit is None or line_of(after.cell(*hit)) != text:
            return ()
        address = f"{column_letters(hit.column)}{hit.row}"
        try:
            number, title = _identify(after, hit)
            old = before.cell(self._row_of(before, number), before.column_of(title))
        except (LookupError, NotReady) as error:
            raise BadSheet(
                f"«{text}» quedó escrito en otra celda, porque las filas se movían en ese momento",
                whose=f"pestaña «{self._tab.title}», celda {address}",
                repair="deshaga ese cambio (Archivo → Historial de versiones)",
            ) from error
        if line_of(old) == text:
            return ()
        self._gateway.write_cells(self._tab, {address: "" if old is None else old})
        return (f"«{title}» del caso {number}",)


def _identify(view: _View, place: Place) -> tuple[str, str]:
    """Return case number and header of a cell, which stay when it moves.

    Raises:
        LookupError: it has none.
    """
    number = number_in(view.header, view.rows[place.row - 1])
    title = view.header.texts[place.column]
    if number is None or not title:
        raise LookupError("the cell belongs to no case or column")
    return number, title


def _settle(view: _View, row: int, wanted: _Wanted) -> StatusChange | None:
    """Return the outcome when nothing is to be written."""
    shown = view.status(row)
    if shown == wanted.text:
        return StatusChange(Change.ALREADY, shown, row)
    if plain(shown) != plain(wanted.expected):
        return StatusChange(Change.EDITED, shown, row)
    return None
