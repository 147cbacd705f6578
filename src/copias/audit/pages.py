"""The page of an audit: Spanish, self-contained, for printing, safe whatever the data says."""

from __future__ import annotations

import typing as t
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from copias.package.texts import format_moment

if t.TYPE_CHECKING:
    from copias.audit.model import AuditReport


def render_audit(report: AuditReport) -> bytes:
    """Return an audit as one page."""
    return _environment().get_template("audit.html.j2").render(report=report).encode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("copias.audit"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = format_moment
    return environment
