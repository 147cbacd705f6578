"""Finding the header of a tab, and each field's column in it, by names; never by position."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from copias.errors import BadSheet
from copias.helpdesk.cells import line_of
from copias.helpdesk.words import plain

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TRIMMED = re.compile(r"^[\W_]+|[\s:*?.…]+$")


@dataclass(frozen=True)
class Fields:
    """The fields that one tab is read for.

    Args:
        aliases: field → headers under which it may appear; one without headers is not looked for.
        optional: fields whose column may be absent.
    """

    aliases: Mapping[str, tuple[str, ...]]
    optional: frozenset[str]

    def missing_in(self, columns: Mapping[str, int]) -> list[str]:
        """Return the fields that ought to be there and are not."""
        return [
            field
            for field, names in self.aliases.items()
            if names and field not in columns and field not in self.optional
        ]


@dataclass(frozen=True)
class Header:
    """Where a tab's header is and what it says.

    Args:
        tab: title of the tab.
        row: counted from 1.
        columns: field → column, counted from 0.
        texts: the header's cells.
    """

    tab: str
    row: int
    columns: Mapping[str, int]
    texts: tuple[str, ...]

    @property
    def first(self) -> int:
        """Return the first column with a header."""
        return next(index for index, text in enumerate(self.texts) if text)

    @property
    def last(self) -> int:
        """Return the last column with a header."""
        return len(self.texts) - 1

    def get(self, row: Sequence[t.Any], field: str) -> t.Any:
        """Return a field's cell of a row, ``None`` when the row is shorter or the tab has no such column."""
        column = self.columns.get(field)
        return row[column] if column is not None and column < len(row) else None


def header_form(text: str) -> str:
    """Return a header as it is compared: words only, without the form's ``*`` or a final ``:``."""
    return _TRIMMED.sub("", plain(text))


def find_header(tab: str, rows: Sequence[Sequence[t.Any]], fields: Fields, *, among: int = 20) -> Header:
    """Return the header among a tab's first rows: the row with most of the fields.

    Raises:
        BadSheet: a field is missing or appears twice; the message lists what was expected and what was found.
    """
    names = {header_form(alias): field for field, aliases in fields.aliases.items() for alias in aliases}
    shared = _shared_names(fields)
    best: tuple[int, int] = (0, 0)
    for index, row in enumerate(rows[:among]):
        known = {name for cell in row if isinstance(cell, str) and (name := header_form(cell)) in names}
        if len(known) > best[0]:
            best = (len(known), index)
    texts = tuple(line_of(cell) for cell in rows[best[1]]) if rows else ()
    texts = texts[: max((index + 1 for index, text in enumerate(texts) if text), default=0)]
    places = _places(texts, shared)
    doubled = {field: columns for field, columns in places.items() if len(columns) > 1}
    columns = {field: found[0] for field, found in places.items()}
    missing = fields.missing_in(columns)
    if missing or doubled or not columns:
        raise _bad_header(tab, fields, texts, (missing, doubled))
    return Header(tab, best[1] + 1, columns, texts)


def _shared_names(fields: Fields) -> dict[str, list[str]]:
    """Return header → fields; in a tab of both kinds of rows one column can hold two fields."""
    shared: dict[str, list[str]] = {}
    for field, aliases in fields.aliases.items():
        for alias in aliases:
            named = shared.setdefault(header_form(alias), [])
            if field not in named:
                named.append(field)
    return shared


def _places(texts: Sequence[str], shared: Mapping[str, list[str]]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for column, text in enumerate(texts):
        for field in shared.get(header_form(text), ()) if text else ():
            places.setdefault(field, []).append(column)
    return places


def _bad_header(
    tab: str, fields: Fields, texts: Sequence[str], faults: tuple[list[str], dict[str, list[int]]]
) -> BadSheet:
    missing, doubled = faults
    causes = [f"falta {_names(fields.aliases[field])} (campo {field})" for field in missing]
    causes += [
        f"{_names(fields.aliases[field][:1])} (campo {field}) aparece {len(columns)} veces: "
        f"{', '.join(f'«{texts[column]}»' for column in columns)}"
        for field, columns in doubled.items()
    ]
    found = ", ".join(f"«{text[:60]}»" for text in texts if text) or "ningún texto"
    return BadSheet(
        "el encabezado no es el esperado",
        whose=f"pestaña «{tab}»",
        why=f"{'; '.join(causes) or 'no hay encabezado'}. Se encontró: {found}",
        repair="corrija el encabezado en la hoja, o ponga su nombre en help_desk.aliases de copias.yml",
    )


def _names(aliases: Sequence[str]) -> str:
    return " o ".join(f"«{alias}»" for alias in aliases)
