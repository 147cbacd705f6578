"""The table of scopes that an administrator copies into the console is the one that the code uses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from copias.google.scopes import DELEGATED_VERBS, VERB_SCOPES

ROOT = Path(__file__).parents[3]
ROW = re.compile(r"^\| `([a-z_.]+)` \| [^|]+ \| (.+) \|$", re.MULTILINE)


@pytest.mark.parametrize("name", ["docs/google.md", "docs/es/google.md"])
def test_the_table_has_each_delegated_verb_with_exactly_its_scopes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")

    shown = {verb: tuple(re.findall(r"`([^`]+)`", cell)) for verb, cell in ROW.findall(text)}

    assert shown == {verb: VERB_SCOPES[verb] for verb in DELEGATED_VERBS}
