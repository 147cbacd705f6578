"""Damage of every kind is found, named and told, on the repository's disk and on its mirror; what is whole is kept."""

from __future__ import annotations

import shutil
import typing as t
from pathlib import Path

import orjson
import pytest

from copias.case.copy_folder import CopyFolder
from copias.database import Connection
from copias.drill.drilling import plan_drill, run_drill
from copias.errors import Altered, NotReady
from copias.findings import list_findings
from copias.night.catalogue import list_night_copies
from copias.night.checking import CheckPlan, find_altered
from copias.office import Office
from copias.progress import ignore
from copias.repository.fetching import read_dump_back
from copias.repository.mirroring import reading
from copias.repository.settings import MirrorSettings
from copias.repository.snapshots import forget
from copias.sinfa.records import NAME as RECORD
from copias.store import StoreSettings
from tests.integration.night.conftest import DATABASE, REPOSITORY, Town, add_documents

Damage: t.TypeAlias = "t.Callable[[Path], object]"


def packs_of(folder: Path) -> set[Path]:
    return set((folder / "data").glob("*/*"))


def largest(packs: set[Path]) -> Path:
    return max(packs, key=lambda path: path.stat().st_size)


def cut(pack: Path) -> None:
    pack.chmod(0o600)
    with pack.open("r+b") as stream:
        stream.truncate(pack.stat().st_size // 2)


@pytest.mark.parametrize(("damage", "first"), [(cut, 30_001), (Path.unlink, 32_001)])
def test_pack_that_is_cut_or_gone_spoils_the_copies_that_need_it_and_no_other(
    big: Town, big_database: Connection, damage: Damage, first: int
) -> None:
    good = big.night().copy
    packs = packs_of(big.nas)
    add_documents(big_database, first, first + 1_999)
    bad = big.night(force=True).copy
    damage(largest(packs_of(big.nas) - packs))

    with pytest.raises(Altered, match="el repositorio está dañado"):
        CheckPlan(big.office, REPOSITORY).run()

    events = list(big.office.book.ledger.events())
    assert [copy.copy for copy in list_night_copies(events)] == [good.copy]
    assert {finding.about for finding in list_findings(events)} == {REPOSITORY, bad.copy}


def test_place_that_is_lost_while_copies_are_read_spoils_none_of_them(town: Town) -> None:
    copy = town.night().copy
    repository = town.repository
    shutil.move(town.nas, town.folder / "unmounted")
    town.nas.mkdir()

    with pytest.raises(NotReady):
        read_dump_back(repository, copy, report=ignore)


@pytest.fixture
def mirrored(town: Town, tmp_path: Path) -> Town:
    stores = {"lejos": StoreSettings(kind="folder", path=tmp_path / "lejos")}
    town.office = Office(town.office.deployment.model_copy(update={"stores": stores}), town.office.actor)
    town.office.open_store("lejos").prepare()
    town.change_repository(mirror=MirrorSettings(store="lejos"))
    return town


@pytest.mark.parametrize("damage", [cut, Path.unlink])
def test_mirror_whose_pack_is_cut_or_gone_has_not_what_was_stored(mirrored: Town, damage: Damage) -> None:
    mirrored.night()
    damage(largest(packs_of(mirrored.folder / "lejos" / "restic" / REPOSITORY)))

    altered = find_altered(mirrored.office, REPOSITORY)

    assert len(altered) == 1


def test_snapshot_that_nobody_planned_to_remove_is_told_and_stays_on_the_mirror(mirrored: Town) -> None:
    copy = mirrored.night().copy
    CheckPlan(mirrored.office, REPOSITORY).run()
    forget(mirrored.repository, [copy.snapshot])

    with pytest.raises(Altered, match="faltan copias"):
        CheckPlan(mirrored.office, REPOSITORY, force=True).run()

    with reading(mirrored.office, REPOSITORY) as mirror:
        read_dump_back(mirror, copy, report=ignore)
    (finding,) = list_findings(mirrored.office.book.ledger.events())
    assert finding.about == REPOSITORY


def test_drill_that_has_nothing_to_compare_with_is_none(town: Town) -> None:
    folder = CopyFolder(town.office.deployment, town.night().copy.copy)
    record = folder.read(RECORD)
    for table in record["tables"]:
        table["xor"] = table["total"] = ""
    folder.write_bytes(RECORD, orjson.dumps(record))

    with pytest.raises(NotReady, match="no hay con qué comparar"):
        run_drill(plan_drill(town.office, DATABASE))

    assert not any(name.startswith("drill.") for name in town.events())


def test_newest_copy_whose_record_was_lost_is_not_passed_over_by_the_drill(town: Town) -> None:
    town.night()
    newest = town.night(force=True).copy
    (CopyFolder(town.office.deployment, newest.copy).path / RECORD).unlink()

    plan = plan_drill(town.office, DATABASE)

    assert plan.copy.copy_id == newest.copy
    with pytest.raises(NotReady, match="no se puede comparar"):
        run_drill(plan)
