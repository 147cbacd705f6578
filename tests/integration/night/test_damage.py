"""Damage of every kind is found, named and told, on the repository's disk and on its mirror; what is whole is kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from copias.database import Connection
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
from copias.store import StoreSettings
from tests.integration.night.conftest import REPOSITORY, Town, add_documents


def largest_pack(folder: Path, but: set[Path] = frozenset()) -> Path:  # type: ignore[assignment]
    return max(set((folder / "data").glob("*/*")) - but, key=lambda path: path.stat().st_size)


def cut(pack: Path) -> None:
    pack.chmod(0o600)
    with pack.open("r+b") as stream:
        stream.truncate(pack.stat().st_size // 2)


@pytest.mark.parametrize(("damage", "first"), [(cut, 30_001), (Path.unlink, 32_001)])
def test_pack_that_is_cut_or_gone_spoils_the_copies_that_need_it_and_no_other(
    big: Town, big_database: Connection, damage: object, first: int
) -> None:
    good = big.night().copy
    packs = set((big.nas / "data").glob("*/*"))
    add_documents(big_database, first, first + 1_999)
    bad = big.night(force=True).copy
    damage(largest_pack(big.nas, packs))

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
def test_mirror_whose_pack_is_cut_or_gone_has_not_what_was_stored(mirrored: Town, damage: object) -> None:
    mirrored.night()
    damage(largest_pack(mirrored.folder / "lejos" / "restic" / REPOSITORY))

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
