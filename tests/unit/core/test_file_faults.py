"""What is wrong with a file that an administrator wrote is told by its place, in Spanish."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from copias.config import load_deployment
from copias.errors import BadConfiguration
from copias.people import load_people
from tests.deployment import describe_deployment

ENGLISH = re.compile(r"\b(required|permitted|should|Input|valid|error|mapping|expected|Errno|found)\b", re.IGNORECASE)


def refuse(folder: Path, text: str) -> BadConfiguration:
    file = folder / "copias.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadConfiguration) as caught:
        load_deployment(file)
    return caught.value


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"entity": None}, "entity: debe ser un texto"),
        ({"zzz": 1}, "zzz: esa clave no existe"),
        ({"retenton": {}}, "retenton: ¿quiso decir «retention»?"),
        ({"stores": [1]}, "stores: debe tener claves debajo"),
        ({"stores": {"nas": {"kind": "nas", "path": "/x"}}}, "stores.nas.kind: debe ser uno de: "),
        ({"databases": {"Mi Base": {}}}, "databases.Mi Base: no tiene la forma"),
    ],
)
def test_fault_is_told_with_its_place(tmp_path: Path, changed: dict[str, object], told: str) -> None:
    error = refuse(tmp_path, yaml.safe_dump({**describe_deployment(tmp_path), **changed}, allow_unicode=True))

    assert told in error.why
    assert ENGLISH.search(error.why) is None
    assert error.exit_code == 2


def test_key_that_must_be_there_is_suggested_to_who_mistyped_it(tmp_path: Path) -> None:
    written = describe_deployment(tmp_path)
    written["entty"] = written.pop("entity")

    error = refuse(tmp_path, yaml.safe_dump(written, allow_unicode=True))

    assert "entity: falta" in error.why
    assert "entty: ¿quiso decir «entity»?" in error.why


def test_file_that_is_no_yaml_is_told_by_its_line(tmp_path: Path) -> None:
    error = refuse(tmp_path, "entity: a\nstores:\n  nas: [1\n")

    assert "no es YAML en la línea 4" in error.why
    assert ENGLISH.search(error.why) is None


def test_file_of_people_that_is_wrong_is_told_by_its_place(tmp_path: Path) -> None:
    file = tmp_path / "people.yml"
    file.write_text("people:\n  ana: {name: Ana, role: jefa}\n", encoding="utf-8")

    with pytest.raises(BadConfiguration) as caught:
        load_people(file)

    assert "people.ana.role: debe ser uno de: " in caught.value.why
    assert "pydantic" not in caught.value.why
