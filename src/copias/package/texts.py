"""The files of a package that people open: Spanish, self-contained, safe whatever the data says."""

from __future__ import annotations

import csv
import io
import re
import typing as t
from datetime import date, datetime
from functools import cache

from copias.local_time import say_moment
from copias.pages import open_templates, printable

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jinja2 import Environment

    from copias.package.manifest import Manifest

_BOM = "\ufeff"
_CHUNK = 1 << 18
_FORMULA = re.compile(r"[\s']*[=+\-@＝＋－＠|%]")
_MAYBE_FORMULA = frozenset(" '=+-@＝＋－＠|%")
"""Printable characters that such a text may begin with."""
_KINDS = {
    "mailbox": "Buzón de correo",
    "drive": "Archivos de Drive",
    "sinfa": "Base de datos SINFA",
    "manual": "Copia manual",
    "recovery": "Recuperación",
}
_MODES = {"remote": "remota", "on_site": "en sitio"}
_COUNTS = {
    "tables": "Tablas",
    "rows": "Filas",
    "sequences": "Secuencias",
    "messages": "Mensajes",
    "threads": "Conversaciones",
    "labels": "Etiquetas",
    "messages_draft": "De ellos, borradores",
    "messages_spam": "De ellos, spam",
    "messages_trash": "De ellos, en la papelera",
    "messages_chat": "De ellos, chats",
    "messages_deleted": "De ellos, ya borrados en el buzón",
    "files": "Archivos",
}
"""Words for counts, in the order in which people read them."""
_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_THOUSAND = 1000


def render(template: str, manifest: Manifest, **values: t.Any) -> str:
    """Return a template filled with a manifest, which it calls ``m``."""
    return _environment().get_template(template).render(m=manifest, **values)


def render_index(manifest: Manifest) -> bytes:
    """Return ``index.html``: the certificate of the copy, then what is in it."""
    return render("index.html.j2", manifest).encode()


def render_certificate(manifest: Manifest) -> bytes:
    """Return the *constancia de copia*: one printable page, for beside the package."""
    return render("constancia.html.j2", manifest).encode()


def render_readme(manifest: Manifest) -> bytes:
    """Return ``LEEME.txt``, with the line ends and the mark that old Windows editors need."""
    return (_BOM + render("LEEME.txt.j2", manifest).replace("\n", "\r\n")).encode()


def render_csv(header: tuple[str, ...], rows: Iterable[tuple[str | int, ...]]) -> bytes:
    """Return a table as Excel in Colombia opens it: UTF-8 with mark, ``;`` between cells."""
    return b"".join(csv_chunks(header, (tuple(map(safe_cell, row)) for row in rows)))


def csv_chunks(header: tuple[str, ...], rows: Iterable[tuple[str | int, ...]]) -> Iterator[bytes]:
    """Yield such a table in chunks, for one that does not fit into memory; its cells are safe already."""
    sink = io.StringIO(_BOM)
    sink.seek(0, io.SEEK_END)
    writer = csv.writer(sink, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow(row)
        if sink.tell() >= _CHUNK:
            yield sink.getvalue().encode("utf-8", "replace")
            sink.seek(0)
            sink.truncate()
    yield sink.getvalue().encode("utf-8", "replace")


def safe_cell(value: str | int) -> str | int:
    """Return a cell that no spreadsheet takes for a formula: such texts get an apostrophe before.

    So does a text that looks like one that got it: :func:`read_cell` tells them apart.
    """
    if isinstance(value, int):
        return value
    text = value if value.isprintable() else str(printable(value))
    if text and text[0] not in _MAYBE_FORMULA and not text[0].isspace():
        return text
    return f"'{text}" if _FORMULA.match(text) else text


def read_cell(cell: str) -> str:
    """Return the text that :func:`safe_cell` made a cell of, but for what is not printable."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell, 1) else cell


def format_time(moment: datetime | None) -> str:
    """Return ``dd/mm/aaaa HH:MM`` of Colombia."""
    return say_moment(moment) if moment else ""


def format_moment(text: str) -> str:
    """Return a moment in ISO 8601 as :func:`format_time` does; a text that is none as it is."""
    try:
        return format_time(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return text


def format_date(day: date | None) -> str:
    """Return ``dd/mm/aaaa``."""
    return day.strftime("%d/%m/%Y") if day else ""


def format_number(number: int) -> str:
    """Return a number with points between thousands."""
    return f"{number:,}".replace(",", ".")


def say_count(number: int, one: str, many: str = "") -> str:
    """Return how many of something there are, as in ``1 mensaje`` and ``1.234 mensajes``.

    Args:
        number: how many.
        one: what, in the singular.
        many: in the plural, where that is not the singular and an ``s``.
    """
    return f"{format_number(number)} {one if number == 1 else many or one + 's'}"


def format_bytes(number: int) -> str:
    """Return a size such as ``1,6 GB (1.600.000.000 bytes)``."""
    if number < _THOUSAND:
        return f"{number} bytes"
    size, unit = float(number), 0
    while size >= _THOUSAND and unit < len(_UNITS) - 1:
        size, unit = size / _THOUSAND, unit + 1
    return f"{size:.1f} {_UNITS[unit]}".replace(".", ",") + f" ({format_number(number)} bytes)"


def say_counts(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return counts with their words, in the order in which people read them; unknown ones by name at the end."""
    order = {name: place for place, name in enumerate(_COUNTS)}
    names = sorted(counts, key=lambda name: (order.get(name, len(order)), name))
    return [(_COUNTS.get(name, name), counts[name]) for name in names]


@cache
def _environment() -> Environment:
    return open_templates(
        "copias.package",
        keep_trailing_newline=True,
        time=format_time,
        date=format_date,
        number=format_number,
        size=format_bytes,
        kind=lambda kind: _KINDS.get(kind, kind),
        mode=lambda mode: _MODES.get(mode, mode),
        counts=say_counts,
    )
