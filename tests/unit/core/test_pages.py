"""Whatever data says, a page shows it as text: nothing of it is markup, hides, or turns the line around."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from copias.pages import open_templates, printable

PACKAGES = ("audit", "case", "evidence", "night", "package", "retention")


@pytest.mark.parametrize("package", PACKAGES)
def test_hostile_text_is_escaped_and_cleaned_on_every_page(package: str) -> None:
    shown = open_templates(f"copias.{package}").from_string("{{ name }}").render(name="<b>\u202efdp.exe\x1b[2J\u2028")

    assert shown == "&lt;b&gt;fdp.exe [2J "


def test_a_value_that_is_missing_is_an_error_and_no_gap() -> None:
    with pytest.raises(UndefinedError):
        open_templates("copias.audit").from_string("{{ name }}").render()


@pytest.mark.parametrize("value", [3, None, "Peña", ("a\n",)], ids=["number", "none", "text", "tuple"])
def test_what_is_printable_or_no_text_stays_as_it_is(value: object) -> None:
    assert printable(value) is value
