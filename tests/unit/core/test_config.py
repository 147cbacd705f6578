"""The deployment's file: what is missing, unknown or unset is said, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from copias.config import load_deployment
from copias.errors import BadConfiguration

SMALL = """
plugin: funza.copias.workspace
entity: Alcaldía de ejemplo
state: state
people: people.yml
google: {key_file: key.json, endpoint: "${TEST_ENDPOINT:-http://127.0.0.1:1}"}
help_desk: {spreadsheet: abc, requests_tab: Solicitudes}
stores: {nas_uno: {kind: folder, path: nas}}
databases:
  hacienda:
    engine: postgresql
    host: db
    database: sinfa
    user: lector
    department: Hacienda
    record_series: Estados financieros
    store: nas_uno
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "copias.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_relative_paths_start_at_the_file(tmp_path: Path) -> None:
    deployment = load_deployment(write(tmp_path, SMALL))

    assert deployment.state == tmp_path / "state"
    assert deployment.google.key_file == tmp_path / "key.json"
    assert deployment.store("nas_uno").path == tmp_path / "nas"


def test_variables_are_taken_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_ENDPOINT", "http://127.0.0.1:2")

    assert load_deployment(write(tmp_path, SMALL)).google.endpoint == "http://127.0.0.1:2/"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("state: state", "state: ${NOT_SET_ANYWHERE}", "NOT_SET_ANYWHERE"),
        ("entity: Alcaldía de ejemplo", "", "entity"),
        ("entity:", "entiti: x\nentity:", "entiti"),
        ("hacienda:", "../hacienda:", "databases"),
        ("hacienda:", "'{{ x }}':", "databases"),
        ("engine: postgresql", "engine: [", "copias.yml"),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(BadConfiguration, match=said):
        load_deployment(write(tmp_path, SMALL.replace(old, new)))


def test_a_missing_file_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"absent\.yml"):
        load_deployment(tmp_path / "absent.yml")


def test_a_database_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="hacienda"):
        load_deployment(write(tmp_path, SMALL)).database("otra")
