"""The pages of a pack that people open: Spanish, self-contained, safe whatever the data says."""

from __future__ import annotations

import typing as t
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from copias.package.texts import format_moment, printable


def render(template: str, **values: t.Any) -> str:
    """Return a page filled with values."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("copias.evidence"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        finalize=printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"moment": format_moment}
    return environment
