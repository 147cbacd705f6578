"""The columns of the help desk's sheets as they were at the last write, in the ledger.

Event of the installation: ``sheet.columns`` (``tab``: its title, ``document``: first digits of the SHA-256 of the
spreadsheet's id, ``columns``: field → header), before the first write, and before a write when they are not as before.
"""

from __future__ import annotations

import hashlib
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from copias.helpdesk.tabs import Tab
    from copias.office import Office

COLUMNS: t.Final = "sheet.columns"
_LONGEST: t.Final = 100
"""Characters of a header that are kept: a cell may have 50,000."""


class LedgerColumns:
    """Remembers columns in the ledger of an installation."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._found: dict[tuple[str, str], dict[str, str]] | None = None

    def known(self, tab: Tab) -> Mapping[str, str]:
        """Return field → header of the last write; nothing of a tab that was never written to."""
        return self._read().get(_place(tab), {})

    def remember(self, tab: Tab, columns: Mapping[str, str]) -> None:
        """Record them, unless the last event of the tab says the same."""
        kept = {field: text[:_LONGEST] for field, text in columns.items()}
        if self.known(tab) != kept:
            title, document = _place(tab)
            self._office.record(COLUMNS, {"tab": title, "document": document, "columns": kept})
            self._read()[title, document] = kept

    def _read(self) -> dict[tuple[str, str], dict[str, str]]:
        """Return the columns of every tab; the ledger is read once."""
        if self._found is None:
            events = self._office.book.ledger.events_of({COLUMNS})
            self._found = {(event.data["tab"], event.data["document"]): dict(event.data["columns"]) for event in events}
        return self._found


def _place(tab: Tab) -> tuple[str, str]:
    return tab.title, hashlib.sha256(tab.spreadsheet.encode()).hexdigest()[:16]
