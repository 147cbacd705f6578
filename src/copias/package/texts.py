"""The files of a package that people open: Spanish, self-contained, safe whatever the data says."""

from __future__ import annotations

import csv
import io
import typing as t
import unicodedata
from datetime import date, datetime, timedelta, timezone
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from copias.package.manifest import Manifest

BOGOTA = timezone(timedelta(hours=-5), "America/Bogota")
"""Colombia's time; it has had no summer time since 1993."""

_BOM = "\ufeff"
_FORMULA = frozenset("=+-@＝＋－＠|%")
_KINDS = {
    "mailbox": "Buzón de correo",
    "drive": "Archivos de Drive",
    "sinfa": "Base de datos SINFA",
    "manual": "Copia manual",
    "recovery": "Recuperación",
}
_MODES = {"remote": "remota", "on_site": "en sitio"}
_COUNTS = {"tables": "Tablas", "rows": "Filas", "messages": "Mensajes", "files": "Archivos", "sequences": "Secuencias"}
_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_THOUSAND = 1000


def render_index(manifest: Manifest) -> bytes:
    """Return ``index.html``: the certificate of the copy, then what is in it."""
    return _environment().get_template("index.html.j2").render(m=manifest).encode()


def render_certificate(manifest: Manifest) -> bytes:
    """Return the *constancia de copia*: one printable page, for beside the package."""
    return _environment().get_template("constancia.html.j2").render(m=manifest).encode()


def render_readme(manifest: Manifest) -> bytes:
    """Return ``LEEME.txt``, with the line ends and the mark that old Windows editors need."""
    text = _environment().get_template("LEEME.txt.j2").render(m=manifest)
    return (_BOM + text.replace("\n", "\r\n")).encode()


def render_csv(header: tuple[str, ...], rows: Iterable[tuple[str | int, ...]]) -> bytes:
    """Return a table as Excel in Colombia opens it: UTF-8 with mark, ``;`` between cells."""
    sink = io.StringIO(_BOM)
    sink.seek(0, io.SEEK_END)
    writer = csv.writer(sink, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(tuple(safe_cell(cell) for cell in row) for row in rows)
    return sink.getvalue().encode("utf-8", "replace")


def safe_cell(value: str | int) -> str | int:
    """Return a cell that no spreadsheet takes for a formula: such texts get an apostrophe before."""
    if isinstance(value, int):
        return value
    text = printable(value)
    return f"'{text}" if text.lstrip()[:1] in _FORMULA and text.strip() else text


def printable(value: t.Any) -> t.Any:
    """Return a text without control characters or marks that reorder it; other values as they are."""
    if not isinstance(value, str):
        return value
    kept = {"Cc": " ", "Cf": "", "Cs": "\ufffd", "Zl": " ", "Zp": " "}
    return type(value)("".join(kept.get(unicodedata.category(letter), letter) for letter in value))


def format_time(moment: datetime | None) -> str:
    """Return ``dd/mm/aaaa HH:MM`` of Colombia."""
    return moment.astimezone(BOGOTA).strftime("%d/%m/%Y %H:%M") if moment else ""


def format_date(day: date | None) -> str:
    """Return ``dd/mm/aaaa``."""
    return day.strftime("%d/%m/%Y") if day else ""


def format_number(number: int) -> str:
    """Return a number with points between thousands."""
    return f"{number:,}".replace(",", ".")


def format_bytes(number: int) -> str:
    """Return a size such as ``1,6 GB (1.600.000.000 bytes)``."""
    if number < _THOUSAND:
        return f"{number} bytes"
    size, unit = float(number), 0
    while size >= _THOUSAND and unit < len(_UNITS) - 1:
        size, unit = size / _THOUSAND, unit + 1
    return f"{size:.1f} {_UNITS[unit]}".replace(".", ",") + f" ({format_number(number)} bytes)"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("copias.package"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        time=format_time,
        date=format_date,
        number=format_number,
        size=format_bytes,
        kind=lambda kind: _KINDS.get(kind, kind),
        mode=lambda mode: _MODES.get(mode, mode),
        count=lambda name: _COUNTS.get(name, name),
    )
    return environment


def _finalize(value: t.Any) -> t.Any:
    """Clean every text that data brings into a template; the templates' own text does not pass here."""
    return value if hasattr(value, "__html__") else printable(value)
