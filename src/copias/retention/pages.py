"""The pages of retention, for printing: Spanish, self-contained, safe whatever the data says."""

from __future__ import annotations

import typing as t
from datetime import date
from functools import cache

from copias.package.texts import format_moment
from copias.pages import open_templates

if t.TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, **values: t.Any) -> bytes:
    """Return a page filled with values."""
    return _environment().get_template(template).render(**values).encode()


@cache
def _environment() -> Environment:
    return open_templates("copias.retention", moment=format_moment, day=_say_day)


def _say_day(day: str | date) -> str:
    return f"{date.fromisoformat(day) if isinstance(day, str) else day:%d/%m/%Y}"
