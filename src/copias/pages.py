"""Templates of pages and letters: Spanish, self-contained, safe whatever the data says that is put into them."""

from __future__ import annotations

import typing as t
import unicodedata

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

if t.TYPE_CHECKING:
    from collections.abc import Callable


def printable(value: t.Any) -> t.Any:
    """Return a text without control characters or marks that reorder it; other values as they are."""
    if not isinstance(value, str) or value.isprintable():
        return value
    kept = {"Cc": " ", "Cf": "", "Cs": "\ufffd", "Zl": " ", "Zp": " "}
    return type(value)("".join(kept.get(unicodedata.category(letter), letter) for letter in value))


def open_templates(
    package: str, *, keep_trailing_newline: bool = False, **filters: Callable[..., t.Any]
) -> Environment:
    """Return the templates of a package of ours; those of pages, ``*.html.j2``, escape what is put into them.

    Args:
        package: its dotted name; the templates are in its folder ``templates``.
        keep_trailing_newline: of each template, as a text file has one.
        filters: by name, beside those of jinja2.
    """
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=keep_trailing_newline,
    )
    environment.filters.update(filters)
    return environment


def _finalize(value: t.Any) -> t.Any:
    """Clean every text that data brings into a template; the templates' own text does not pass here."""
    return value if hasattr(value, "__html__") else printable(value)
