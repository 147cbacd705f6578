"""The pages of retention, for printing: Spanish, self-contained, safe whatever the data says."""

from __future__ import annotations

import typing as t
from datetime import date, datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from copias.case.rows import BOGOTA


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
    environment.filters |= {"moment": _say_moment, "day": _say_day}
    return environment


def _say_moment(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(BOGOTA):%d/%m/%Y %H:%M}"


def _say_day(day: str | date) -> str:
    return f"{date.fromisoformat(day) if isinstance(day, str) else day:%d/%m/%Y}"
