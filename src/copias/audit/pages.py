"""The page of an audit: Spanish, self-contained, for printing, safe whatever the data says."""

from __future__ import annotations

import typing as t
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from copias.audit.model import say_moment
from copias.errors import BadInput
from copias.files import write_atomically

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.audit.model import AuditReport


def render_audit(report: AuditReport) -> bytes:
    """Return an audit as one page."""
    return _environment().get_template("audit.html.j2").render(report=report).encode()


def write_page(path: Path, report: AuditReport) -> None:
    """Write the page of an audit.

    Raises:
        BadInput: it cannot be written there.
    """
    try:
        write_atomically(path, render_audit(report), mode=0o640)
    except OSError as error:
        raise BadInput("no se pudo escribir el archivo", whose=str(path), why=error.strerror or str(error)) from error


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("copias.audit"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = say_moment
    return environment
