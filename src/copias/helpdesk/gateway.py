"""The calls of the Sheets API that the help desk makes, and their failures in the help desk's words."""

from __future__ import annotations

import typing as t
from contextlib import contextmanager
from functools import cached_property

from copias.errors import BadInput, BadSheet, HelpDeskUnavailable, NotReady
from copias.google.errors import GoogleBadRequest, GoogleMissing, GoogleRefused, GoogleUnavailable
from copias.helpdesk.a1 import tab_range

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from copias.google.service import GoogleService
    from copias.helpdesk.tabs import Rows, Tab

Json: t.TypeAlias = "dict[str, t.Any]"


class WriteUncertain(HelpDeskUnavailable):
    """No answer came to a write, which may have had its effect: look for the key before writing again."""

    maybe_written: t.ClassVar[bool] = True

    def facts(self) -> Json:
        """Return the parts as plain data, and that it may be written."""
        return {**super().facts(), "maybe_written": True}


@contextmanager
def perhaps_written() -> Iterator[None]:
    """Say of every outage in the block that a row may be written: it runs after an append, known or possible.

    Raises:
        WriteUncertain: the help desk did not answer.
    """
    try:
        yield
    except WriteUncertain:
        raise
    except HelpDeskUnavailable as error:
        raise WriteUncertain(error.what, whose=error.whose, why=error.why, repair=error.repair) from error


class Gateway:
    """One account's way to spreadsheets. Reads are tried again; appends only when they surely had no effect."""

    def __init__(self, service: GoogleService) -> None:
        self._service = service

    @property
    def account(self) -> str:
        """Return the e-mail that the sheets have to be shared with."""
        return self._service.account

    def read(self, spreadsheet: str, ranges: Sequence[tuple[Tab, str]]) -> list[Rows]:
        """Return the cells of several ranges, in one call: numbers and dates as numbers, texts as texts.

        Args:
            spreadsheet: its id.
            ranges: tab and cells in it, ``""`` for the whole tab.
        """
        wanted = [tab_range(tab.title, cells) for tab, cells in ranges]
        titles = dict.fromkeys(f"«{tab.title}»" for tab, _ in ranges)
        with self._in_words(spreadsheet, [tab.title for tab, _ in ranges]):
            answer = self._service.call(
                self._values.batchGet(
                    spreadsheetId=spreadsheet,
                    ranges=wanted,
                    majorDimension="ROWS",
                    valueRenderOption="UNFORMATTED_VALUE",
                    dateTimeRenderOption="SERIAL_NUMBER",
                ),
                what="no se pudo leer la hoja de la mesa de ayuda",
                whose=f"pestaña {' y '.join(titles)}",
            )
        return _values_of(answer.get("valueRanges"), len(wanted))

    def append(self, tab: Tab, anchor: str, cells: Sequence[t.Any]) -> str:
        """Append one row below the table that the header at ``anchor`` begins, and return its range.

        ``None`` leaves a cell alone, so that an array formula of the sheet goes on into the new row.

        Raises:
            WriteUncertain: no answer came.
        """
        with self._in_words(tab.spreadsheet, [tab.title], writes=True):
            answer = self._service.call(
                self._values.append(
                    spreadsheetId=tab.spreadsheet,
                    range=tab_range(tab.title, anchor),
                    valueInputOption="RAW",
                    insertDataOption="INSERT_ROWS",
                    includeValuesInResponse=False,
                    body={"majorDimension": "ROWS", "values": [list(cells)]},
                ),
                what="no se pudo agregar la fila a la hoja",
                whose=f"pestaña «{tab.title}»",
                repeatable=False,
            )
        return str(answer.get("updates", {}).get("updatedRange", ""))

    def write_cells(self, tab: Tab, cells: t.Mapping[str, t.Any]) -> None:
        """Write single cells by their address in the tab; doing it twice is the same as once."""
        data = [{"range": tab_range(tab.title, address), "values": [[value]]} for address, value in cells.items()]
        with self._in_words(tab.spreadsheet, [tab.title], writes=True):
            self._service.call(
                self._values.batchUpdate(spreadsheetId=tab.spreadsheet, body={"valueInputOption": "RAW", "data": data}),
                what="no se pudo escribir en la hoja",
                whose=f"pestaña «{tab.title}»",
            )

    def read_marked(self, tab: Tab, marker: Json) -> tuple[list[str], Rows]:
        """Return the ranges that developer metadata marks, and all cells of the tab, of one moment."""
        body = {
            "dataFilters": [marker, {"a1Range": tab_range(tab.title)}],
            "valueRenderOption": "UNFORMATTED_VALUE",
            "dateTimeRenderOption": "SERIAL_NUMBER",
        }
        with self._in_words(tab.spreadsheet, [tab.title]):
            answer = self._service.call(
                self._values.batchGetByDataFilter(spreadsheetId=tab.spreadsheet, body=body),
                what="no se pudo leer la hoja de la mesa de ayuda",
                whose=f"pestaña «{tab.title}»",
            )
        marked: list[str] = []
        rows: Rows = []
        for match in answer.get("valueRanges", ()):
            found = match.get("valueRange", {})
            if any("a1Range" in data_filter for data_filter in match.get("dataFilters", ())):
                rows = found.get("values") or []
            else:
                marked.append(str(found.get("range", "")))
        return marked, rows

    def write_marked(self, spreadsheet: str, marker: Json, cells: Sequence[t.Any]) -> list[str]:
        """Write into the row that developer metadata marks, wherever it is now, and return the ranges written.

        ``None`` leaves a cell alone.

        Raises:
            WriteUncertain: no answer came. Not repeated: a person may have edited the cell meanwhile.
        """
        body = {
            "valueInputOption": "RAW",
            "data": [{"dataFilter": marker, "majorDimension": "ROWS", "values": [list(cells)]}],
        }
        with self._in_words(spreadsheet, writes=True):
            answer = self._service.call(
                self._values.batchUpdateByDataFilter(spreadsheetId=spreadsheet, body=body),
                what="no se pudo escribir el estado de la solicitud",
                whose=spreadsheet,
                repeatable=False,
            )
        return [str(response.get("updatedRange", "")) for response in answer.get("responses", ())]

    def change_structure(self, spreadsheet: str, requests: Sequence[Json]) -> None:
        """Send requests of ``spreadsheets.batchUpdate``; not repeated after a lost answer."""
        with self._in_words(spreadsheet, writes=True):
            self._service.call(
                self._spreadsheets.batchUpdate(spreadsheetId=spreadsheet, body={"requests": list(requests)}),
                what="no se pudo marcar la fila de la solicitud",
                whose=spreadsheet,
                repeatable=False,
            )

    def list_tabs(self, spreadsheet: str) -> dict[str, int]:
        """Return title → id of the tabs."""
        with self._in_words(spreadsheet):
            answer = self._service.call(
                self._spreadsheets.get(spreadsheetId=spreadsheet, fields="sheets.properties(sheetId,title)"),
                what="no se pudo leer la hoja de la mesa de ayuda",
                whose=spreadsheet,
            )
        found = [sheet.get("properties", {}) for sheet in answer.get("sheets", ())]
        return {str(properties.get("title", "")): int(properties.get("sheetId", 0)) for properties in found}

    def tab_id(self, tab: Tab) -> int:
        """Return a tab's id, which stays when it is renamed.

        Raises:
            BadSheet: there is no such tab.
        """
        present = self.list_tabs(tab.spreadsheet)
        if tab.title not in present:
            raise _missing_tabs(tab.spreadsheet, [tab.title], present)
        return present[tab.title]

    @cached_property
    def _spreadsheets(self) -> t.Any:
        # The client builds a resource anew each time that it is asked for.
        return self._service.resource.spreadsheets()

    @cached_property
    def _values(self) -> t.Any:
        return self._spreadsheets.values()

    @contextmanager
    def _in_words(self, spreadsheet: str, titles: Sequence[str] = (), *, writes: bool = False) -> Iterator[None]:
        """Say what went wrong as the help desk's own error."""
        try:
            yield
        except GoogleUnavailable as error:
            sort = WriteUncertain if writes and error.maybe_done else HelpDeskUnavailable
            raise sort(error.what, whose=error.whose, why=error.why, repair=error.repair) from error
        except GoogleMissing as error:
            repair = f"revise help_desk en copias.yml, y que la hoja esté compartida con {self.account} como editor"
            raise NotReady(
                "la hoja de cálculo no existe o no se puede ver", whose=spreadsheet, why=error.why, repair=repair
            ) from error
        except GoogleRefused as error:
            raise NotReady(
                "Google no permite usar la hoja", whose=spreadsheet, why=error.why, repair=error.repair
            ) from error
        except GoogleBadRequest as error:
            raise self._explain(spreadsheet, titles, error) from error

    def _explain(self, spreadsheet: str, titles: Sequence[str], error: GoogleBadRequest) -> BadInput:
        """Turn a range that Google cannot parse into the tab that is not there."""
        present = self.list_tabs(spreadsheet) if titles else {}
        missing = [title for title in dict.fromkeys(titles) if title not in present]
        if missing:
            return _missing_tabs(spreadsheet, missing, present)
        return BadSheet(error.what, whose=error.whose or spreadsheet, why=error.why)


def _missing_tabs(spreadsheet: str, missing: Sequence[str], present: t.Iterable[str]) -> BadSheet:
    return BadSheet(
        f"no está la pestaña {', '.join(f'«{title}»' for title in missing)}",
        whose=spreadsheet,
        why=f"hay: {', '.join(f'«{title}»' for title in present)}",
        repair="devuélvale su nombre a la pestaña, o póngalo en help_desk de copias.yml",
    )


def _values_of(ranges: t.Any, count: int) -> list[Rows]:
    found = [item.get("values") or [] for item in ranges or ()]
    return found + [[] for _ in range(count - len(found))]
