"""What people do to a sheet while a run is going on: edits by hand, for tests and the demo."""

from __future__ import annotations

import typing as t
from collections.abc import Callable

from copias_sandbox.core.dispatch import Google
from copias_sandbox.core.errors import Json
from copias_sandbox.rooms.drive.files import FileStore
from copias_sandbox.rooms.sheets.a1 import Box
from copias_sandbox.rooms.sheets.entered import typed
from copias_sandbox.rooms.sheets.render import shown
from copias_sandbox.rooms.sheets.sorting import SortKey, sort_rows
from copias_sandbox.rooms.sheets.storage import WorkbookStore
from copias_sandbox.rooms.sheets.table import find_table
from copias_sandbox.rooms.sheets.workbook import COLUMNS, ROWS, Sheet, Workbook

Edit: t.TypeAlias = Callable[[Workbook, Sheet, Json], None]


def apply_edit(google: Google, edit: Json) -> None:
    """Do one edit as a person would in the browser.

    Args:
        google: the sandbox.
        edit: ``spreadsheet``, ``sheet`` (title; default the first), ``action`` and what that needs: ``set`` (``cell``
            in A1, ``text``), ``append`` (``values``), ``insert-row`` / ``delete-row`` (``at``, counted from 1),
            ``insert-column`` / ``delete-column`` (``at``, counted from 1), ``sort`` (``header``, ``descending``; the
            first row stays), ``rename-header`` (``header``, ``to``), ``rename-sheet`` (``to``).

    Raises:
        ValueError: an action, a sheet or a header that does not exist.
    """
    store = t.cast("WorkbookStore", google.services["workbooks"])
    action = _ACTIONS.get(str(edit.get("action")))
    if action is None:
        raise ValueError(f"action is {edit.get('action')!r}, not one of {', '.join(_ACTIONS)}")
    with google.state.transaction():
        workbook = store.load(edit["spreadsheet"])
        action(workbook, _sheet(workbook, edit.get("sheet")), edit)
        store.save(workbook)
        FileStore(google.state).touch(workbook.id, google.clock.now())


def _sheet(workbook: Workbook, title: str | None) -> Sheet:
    for sheet in workbook.sheets:
        if title in (None, sheet.title):
            return sheet
    raise ValueError(f"no sheet {title!r} among {sorted(workbook.titles())}")


def _column(sheet: Sheet, header: str) -> int:
    headers = [shown(cell, "es_CO").strip() for cell in sheet.grid.row(0)]
    if header.strip() not in headers:
        raise ValueError(f"no header {header!r} among {headers}")
    return headers.index(header.strip())


def _set(workbook: Workbook, sheet: Sheet, edit: Json) -> None:
    box = _box(workbook, sheet, edit["cell"])
    sheet.grid.put(box.top, box.left, typed(str(edit["text"]), workbook.locale))


def _box(workbook: Workbook, sheet: Sheet, cell: str) -> Box:
    quoted = sheet.title.replace("'", "''")
    return workbook.find(f"'{quoted}'!{cell}")[1]


def _append(workbook: Workbook, sheet: Sheet, edit: Json) -> None:
    table = find_table(sheet.grid, Box(0, 0, 1, None))
    row = (table.bottom or 0) if table else 0
    if row >= sheet.grid.row_count:
        workbook.insert(sheet, ROWS, at=row, count=1)
    for column, text in enumerate(edit["values"]):
        sheet.grid.put(row, column, typed(str(text), workbook.locale))


def _insert_row(workbook: Workbook, sheet: Sheet, edit: Json) -> None:
    workbook.insert(sheet, ROWS, at=int(edit["at"]) - 1, count=int(edit.get("count", 1)))


def _delete_row(workbook: Workbook, sheet: Sheet, edit: Json) -> None:
    workbook.delete(sheet, ROWS, start=int(edit["at"]) - 1, end=int(edit["at"]))


def _insert_column(workbook: Workbook, sheet: Sheet, edit: Json) -> None:
    at = int(edit["at"]) - 1
    workbook.insert(sheet, COLUMNS, at=at, count=1)
    if edit.get("header"):
        sheet.grid.put(0, at, str(edit["header"]))


def _delete_column(workbook: Workbook, sheet: Sheet, edit: Json) -> None:
    workbook.delete(sheet, COLUMNS, start=int(edit["at"]) - 1, end=int(edit["at"]))


def _sort(_: Workbook, sheet: Sheet, edit: Json) -> None:
    key = SortKey(_column(sheet, edit["header"]), descending=bool(edit.get("descending")))
    sort_rows(sheet.grid, Box(1, 0, len(sheet.grid.rows), sheet.grid.column_count), (key,))


def _rename_header(_: Workbook, sheet: Sheet, edit: Json) -> None:
    sheet.grid.put(0, _column(sheet, edit["header"]), str(edit["to"]))


def _rename_sheet(_: Workbook, sheet: Sheet, edit: Json) -> None:
    sheet.title = str(edit["to"])


_ACTIONS: t.Final[dict[str, Edit]] = {
    "set": _set,
    "append": _append,
    "insert-row": _insert_row,
    "delete-row": _delete_row,
    "insert-column": _insert_column,
    "delete-column": _delete_column,
    "sort": _sort,
    "rename-header": _rename_header,
    "rename-sheet": _rename_sheet,
}
