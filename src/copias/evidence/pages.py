"""The pages of a pack that people open: Spanish, self-contained, safe whatever the data says."""

from __future__ import annotations

import typing as t
from functools import cache

from copias.evidence.idempotence import say_status
from copias.package.texts import format_moment
from copias.pages import open_templates

if t.TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, **values: t.Any) -> str:
    """Return a page filled with values."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    return open_templates("copias.evidence", moment=format_moment, ended=say_status)
