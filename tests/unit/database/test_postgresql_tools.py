"""Which installation does a job: with installations made of scripts that say a version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from copias.database.postgresql import tools
from copias.errors import NotReady

ALL = (*tools.CLIENT, *tools.SERVER)


def install(folder: Path, version: str, programs: tuple[str, ...] = ALL) -> Path:
    folder.mkdir(parents=True)
    for name in programs:
        program = folder / name
        program.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version} (Debian {version}-1)'\n")
        program.chmod(0o755)
    return folder


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine whose only installations are those that PATH shows."""
    install(tmp_path / "14", "14.9")
    install(tmp_path / "97", "97.2", tools.CLIENT)
    install(tmp_path / "99", "99.1")
    (tmp_path / "98").mkdir()
    (tmp_path / "98" / "pg_dump").write_text("no program\n")
    path = ":".join(str(tmp_path / name) for name in ("97", "99", "98", "14", "nada"))
    monkeypatch.setenv("PATH", f"{path}:/bin:/usr/bin")
    tools.installed.cache_clear()
    yield tmp_path
    tools.installed.cache_clear()


def test_client_of_the_servers_own_version_is_preferred(machine: Path) -> None:
    assert tools.client_for(99, whose="x").folder == machine / "99"


def test_next_newer_client_serves_else(machine: Path) -> None:
    assert tools.client_for(96, whose="x").version == "97.2"
    assert tools.client_for(98, whose="x").version == "99.1"


def test_older_client_never_serves(machine: Path) -> None:
    with pytest.raises(NotReady, match=r"versión 100 .*99\.1.* postgresql-client-100"):
        tools.client_for(100, whose="x")


def test_server_must_be_of_the_very_version_and_whole(machine: Path) -> None:
    assert tools.require_server(99, whose="x")["initdb"] == str(machine / "99" / "initdb")
    for major in (97, 98, 100):
        with pytest.raises(NotReady, match=f"postgresql-{major}"):
            tools.require_server(major, whose="x")


def test_wrapper_that_chooses_by_itself_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = install(tmp_path / "bin", "96.0", ("pg_wrapper",))
    (folder / "pg_dump").symlink_to("pg_wrapper")
    monkeypatch.setenv("PATH", f"{folder}:/bin")
    tools.installed.cache_clear()
    try:
        assert all(found.major != 96 for found in tools.installed())
    finally:
        tools.installed.cache_clear()


def test_this_machine_can_run_the_demo() -> None:
    assert any(found.has(*ALL) for found in tools.installed())
