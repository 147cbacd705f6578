"""What the control sheet says of each copy, read back: cells that people may have edited since."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.helpdesk.cells import text_of
from copias.helpdesk.reading import number_in
from copias.helpdesk.writing import row_key

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.helpdesk.tabs import Rows, Tab


@dataclass(frozen=True)
class KeptControlRow:
    """One row below the header of the control sheet.

    Args:
        row: counted from 1.
        number: of its case; ``None`` when the cell holds no number.
        key: its event key; ``None`` for a row that a person typed.
        values: field → text, as people see it but for dates; empty where somebody emptied the cell. Fields of which the
            sheet has no column are left out.
    """

    row: int
    number: str | None
    key: str | None
    values: dict[str, str]

    @property
    def head(self) -> tuple[int, str] | None:
        """Return count and hash of the ledger's head at that moment, ``None`` when the row has none that reads."""
        count, digest = self.values.get("ledger_count", ""), self.values.get("ledger_hash", "").lower()
        return (int(count), digest) if count.isdecimal() and len(count) <= 15 and is_digest(digest) else None

    @property
    def has_head(self) -> bool:
        """Tell whether the row means to hold a head, readable or not."""
        return bool(self.values.get("ledger_count") or self.values.get("ledger_hash"))


def is_digest(text: str) -> bool:
    """Tell whether a text is a SHA-256 in hexadecimal."""
    return len(text) == 64 and all(letter in "0123456789abcdef" for letter in text)


def read_control_rows(tab: Tab, rows: Rows) -> Iterator[KeptControlRow]:
    """Yield the rows of the control tab that hold anything.

    Raises:
        BadSheet: its header is not as configured.
    """
    header = tab.header(rows)
    for place, cells in enumerate(rows[header.row :], start=header.row + 1):
        values = {field: text_of(header.get(cells, field)).strip() for field in header.columns}
        if any(values.values()):
            yield KeptControlRow(place, number_in(header, cells), row_key(header, cells, "notes"), values)
