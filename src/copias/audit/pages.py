"""The page of an audit: Spanish, self-contained, for printing, safe whatever the data says."""

from __future__ import annotations

import typing as t
from functools import cache

from copias.package.texts import format_moment
from copias.pages import open_templates

if t.TYPE_CHECKING:
    from jinja2 import Environment

    from copias.audit.model import AuditReport


def render_audit(report: AuditReport) -> bytes:
    """Return an audit as one page."""
    return _environment().get_template("audit.html.j2").render(report=report).encode()


@cache
def _environment() -> Environment:
    return open_templates("copias.audit", moment=format_moment)
