"""The columns that were once written to: one that is gone, or has another name, must not look like one that never was.

Most columns are optional, for no two town halls have the same sheet. So a header alone does not tell whether a column
was deleted: what was there at the last write is remembered, and a write without it is refused.
"""

from __future__ import annotations

import typing as t

from copias.errors import BadSheet

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from copias.helpdesk.headers import Header
    from copias.helpdesk.tabs import Tab

_LONGEST: t.Final = 60
"""Characters of a header that are shown: anybody may have written it."""


class ColumnMemory(t.Protocol):
    """Where the columns of each tab are remembered."""

    def known(self, tab: Tab) -> Mapping[str, str]:
        """Return field → header of the last write; nothing of a tab that was never written to."""

    def remember(self, tab: Tab, columns: Mapping[str, str]) -> None:
        """Keep them, unless they are kept already."""


class NoMemory:
    """Remembers nothing: for who only reads."""

    def known(self, tab: Tab) -> Mapping[str, str]:
        """Return nothing."""
        del tab
        return {}

    def remember(self, tab: Tab, columns: Mapping[str, str]) -> None:
        """Keep nothing."""


def columns_of(header: Header) -> dict[str, str]:
    """Return field → header."""
    return {field: header.texts[column] for field, column in header.columns.items()}


def require_columns(tab: Tab, header: Header, known: Mapping[str, str]) -> None:
    """Make sure that every column that was written to is there, under one of its names.

    A field to which the deployment gives no name any more (``aliases: {field: []}``) is no longer looked for.

    Raises:
        BadSheet: some are not; each is named by the header that it had.
    """
    looked_for = {field for field, names in tab.fields.aliases.items() if names}
    lost = {field: text for field, text in known.items() if field in looked_for and field not in header.columns}
    if not lost:
        return
    named = ", ".join(f"«{text[:_LONGEST]}» (campo {field})" for field, text in lost.items())
    found = ", ".join(f"«{text[:_LONGEST]}»" for text in header.texts if text)
    raise BadSheet(
        f"{'faltan columnas' if len(lost) > 1 else 'falta una columna'} que la hoja tenía cuando se escribió en ella",
        whose=f"pestaña «{tab.title}»",
        why=f"alguien borró o cambió el nombre de {named}. Se encontró: {found}",
        repair="devuélvala con sus datos, del historial de versiones de la hoja; si tiene otro nombre, póngalo en "
        f"help_desk.aliases de copias.yml; si sobra, ponga allí {next(iter(lost))}: []",
    )
