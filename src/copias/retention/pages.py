"""The pages of retention, for printing: Spanish, self-contained, safe whatever the data says."""

from __future__ import annotations

import typing as t
from datetime import date
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from copias.package.texts import format_moment


def render(template: str, **values: t.Any) -> bytes:
    """Return a page filled with values."""
    return _environment().get_template(template).render(**values).encode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("copias.retention"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"moment": format_moment, "day": _say_day}
    return environment


def _say_day(day: str | date) -> str:
    return f"{date.fromisoformat(day) if isinstance(day, str) else day:%d/%m/%Y}"
