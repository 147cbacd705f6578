"""The deployment's file: what is missing, unknown or unset is said, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from copias.config import load_deployment
from copias.errors import BadConfiguration
from copias.night.steps import DIRECTORY, DISPOSAL, MIRRORS, MONTHLY, OUTBOX, RETENTION

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


@pytest.mark.parametrize("name", [MIRRORS, DIRECTORY, DISPOSAL, MONTHLY, RETENTION, OUTBOX, "control", "all"])
@pytest.mark.parametrize("old", ["hacienda:", "nas_uno:"], ids=["database", "store"])
def test_a_name_that_a_step_of_the_night_has_is_refused_for_one_would_hide_the_other(
    tmp_path: Path, name: str, old: str
) -> None:
    with pytest.raises(BadConfiguration, match=f"{name}: ese nombre ya lo usa"):
        load_deployment(write(tmp_path, SMALL.replace(old, f"{name}:")))


def test_a_database_with_the_name_of_a_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="nas_uno: también hay un destino"):
        load_deployment(write(tmp_path, SMALL.replace("hacienda:", "nas_uno:")))


@pytest.mark.parametrize("key", ["store", "repository"])
def test_a_database_whose_copies_go_to_a_place_that_is_not_there_is_refused(tmp_path: Path, key: str) -> None:
    places = {"store": "nas_uno", key: "nas_dos"}
    told = "".join(f"    {name}: {place}\n" for name, place in places.items())

    with pytest.raises(BadConfiguration, match=rf"databases\.hacienda\.{key}: «nas_dos» no está en"):
        load_deployment(write(tmp_path, SMALL.replace("    store: nas_uno\n", told)))


def test_a_missing_file_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"absent\.yml"):
        load_deployment(tmp_path / "absent.yml")


def test_a_database_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="hacienda"):
        load_deployment(write(tmp_path, SMALL)).database("otra")
