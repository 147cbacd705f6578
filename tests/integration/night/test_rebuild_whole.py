"""What a recovered state lacks is told, and nothing that the machine still had is lost for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from copias.config import load_deployment
from copias.errors import CopyFailed
from copias.night.catalogue import MADE, NightCopy
from copias.night.manifest import NAME
from copias.night.recovering import Recovery, recover_state
from copias.night.state_copy import StatePlan, freeze_state
from copias.office import open_office
from tests.integration.night.conftest import DATABASE, REPOSITORY, Town

COPY = NightCopy(
    copy="noche-hacienda-20261125T060000Z",
    database=DATABASE,
    repository=REPOSITORY,
    snapshot="ab" * 32,
    path="/hacienda.dump",
    bytes=10,
    sha256="cd" * 32,
    tables=1,
    rows=1,
    started="2026-11-25T06:00:00+00:00",
    finished="2026-11-25T06:01:00+00:00",
)


def keep(town: Town, name: str, text: str) -> Path:
    """Keep a file in the state, as a copy or a report does."""
    path: Path = town.office.deployment.state / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def recover(town: Town) -> Recovery:
    """Recover the state from what the last night put into the repository."""
    town.office.deployment.ledger.unlink()
    return recover_state(load_deployment(town.config), REPOSITORY)


def test_records_that_are_newer_than_the_state_that_comes_back_are_set_aside_and_told(town: Town) -> None:
    keep(town, "copies/old/manifest.json", "old")
    StatePlan(open_office(town.config), REPOSITORY).run()
    keep(town, "copies/newer/manifest.json", "newer")

    found = recover(town)

    (kept,) = town.office.deployment.state.glob("replaced/*/newer/manifest.json")
    assert kept.read_text() == "newer"
    assert [path.name for path in (town.office.deployment.state / "copies").iterdir()] == ["old"]
    assert any(str(kept.parent.parent) in one for one in found.missing)


def test_copy_whose_manifest_no_repository_keeps_is_told(town: Town) -> None:
    known = {**COPY.to_event(), "copy": "noche-hacienda-20261124T060000Z"}
    town.office.record(MADE, COPY.to_event())
    town.office.record(MADE, known)
    keep(town, f"copies/{known['copy']}/{NAME}", "{}")
    StatePlan(open_office(town.config), REPOSITORY).run()

    shutil.rmtree(town.office.deployment.state / "copies")
    found = recover(town)

    (told,) = (one for one in found.missing if "manifiesto" in one)
    assert COPY.copy in told
    assert str(known["copy"]) not in told


@pytest.mark.parametrize("name", ["retention/lists/abc.json", "recoveries/D-1/journal.jsonl"])
def test_approved_lists_and_journals_of_recoveries_are_in_the_state_that_comes_back(town: Town, name: str) -> None:
    kept = keep(town, name, "[]")
    StatePlan(open_office(town.config), REPOSITORY).run()
    shutil.rmtree(kept.parents[1] if name.startswith("retention") else kept.parent)

    recover(town)

    assert kept.read_text() == "[]"


def test_journal_that_grows_while_the_state_is_copied_stays_what_it_was(town: Town) -> None:
    journal = keep(town, "recoveries/D-1/journal.jsonl", "uno\n")
    view, _ = freeze_state(town.office, REPOSITORY)

    with journal.open("a") as stream:
        stream.write("dos\n")

    assert (view / "recoveries/D-1/journal.jsonl").read_text() == "uno\n"


def test_state_that_is_damaged_is_told_with_the_way_to_the_one_before(town: Town) -> None:
    StatePlan(open_office(town.config), REPOSITORY).run()
    (snapshot,) = town.snapshots()
    for pack in (town.nas / "data").rglob("*"):
        if pack.is_file():
            pack.chmod(0o600)
            pack.write_bytes(pack.read_bytes()[:100])
    shutil.rmtree(town.office.deployment.state / "repositories" / "cache", ignore_errors=True)

    with pytest.raises(CopyFailed, match="no se puede leer") as refused:
        recover(town)

    assert f"restic forget {snapshot.id[:12]}" in refused.value.repair
    assert not town.office.deployment.ledger.exists()
