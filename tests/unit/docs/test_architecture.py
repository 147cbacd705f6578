"""The description of the parts names every part that there is, and none that there is not."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "src" / "copias"
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_every_package_has_its_line() -> None:
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}

    assert {name for name in packages if f"| `src/copias/{name}` |" not in TEXT} == set()


def test_every_file_that_is_named_is_there() -> None:
    named = re.findall(r"`((?:[a-z_]+/)*[a-z_]+\.py)`", TEXT)

    files = [f"/{path.relative_to(ROOT)}" for folder in ("src", "plugins") for path in (ROOT / folder).rglob("*.py")]

    assert named
    assert {name for name in named if not any(file.endswith(f"/{name}") for file in files)} == set()


def test_every_module_that_is_named_is_there() -> None:
    named = re.findall(r"`copias\.([a-z_.]+)(?:\.[A-Z]\w+)?`", TEXT)
    places = {name: PACKAGE.joinpath(*name.split(".")) for name in named}

    assert named
    assert {
        name for name, place in places.items() if not (place.is_dir() or place.with_suffix(".py").is_file())
    } == set()
