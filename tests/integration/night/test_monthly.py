"""A month's package: out of the repository, onto the store, read back; kept with all others, never twice or half."""

from __future__ import annotations

import shutil
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest

from copias.case.catalogue import list_copies
from copias.errors import Altered, BackupError, NotReady
from copias.findings import list_findings
from copias.keeping.moving import plan_move, run_move
from copias.keeping.verifying import plan_verification, run_verification
from copias.local_time import BOGOTA
from copias.night.catalogue import list_night_copies
from copias.night.day import tonight
from copias.night.monthly import seal_months
from copias.office import Office
from copias.package import extract_dump, read_manifest
from copias.policies import Policy
from copias.progress import ignore
from copias.retention.packages import EVENTS, read_packages
from copias.sinfa.monthly import month_of, plan_monthly
from copias.sinfa.sources import list_sinfa_copies
from copias.store import StoreSettings, open_store
from copias_sandbox.sinfa import Sinfa
from tests.integration.night.conftest import DATABASE, Town, make_town

SERIES = f"mensual-{DATABASE}"
FIRST_OF_NEXT = (tonight().replace(day=1) + timedelta(days=32)).replace(day=1)
LATER = datetime.combine(FIRST_OF_NEXT, time(22), BOGOTA)
"""The first night of the month after that of the fixture's copy, whatever the day on which the tests run."""


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory, server: Sinfa, new_repository: tuple[Path, str]) -> Town:
    """An installation after a night of last month, to copy."""
    made = make_town(tmp_path_factory.mktemp("noche"), server.reader)
    made.take_repository(*new_repository)
    made.night()
    return made


@pytest.fixture
def ended(night: Town, tmp_path: Path, server: Sinfa) -> Town:
    """The same, with two stores, and a policy that seals each month."""
    town = make_town(tmp_path, server.reader)
    shutil.copytree(night.nas, town.nas)
    shutil.copytree(night.office.deployment.state, town.office.deployment.state, dirs_exist_ok=True)
    stores = {name: StoreSettings(kind="folder", path=tmp_path / name) for name in ("nas_vieja", "nas_nueva")}
    policies = {"mensual": Policy(monthly_package=True, databases=(DATABASE,))}
    changes = {"stores": stores, "policies": policies}
    town.office = Office(town.office.deployment.model_copy(update=changes), town.office.actor)
    town.change(store="nas_vieja")
    for name, settings in stores.items():
        open_store(settings, name=name).prepare()
    return town


def seal(town: Town) -> None:
    plan_monthly(town.office, DATABASE, LATER).run()


def files(town: Town, store: str = "nas_vieja") -> list[str]:
    found = (path for path in (town.folder / store).rglob("*") if path.is_file() and not path.name.startswith("."))
    return sorted(path.name for path in found)


def events(town: Town) -> list[str]:
    return [event.event for event in town.office.book.story(SERIES).events]


def test_package_keeps_the_years_that_its_series_had(ended: Town) -> None:
    deployment = ended.office.deployment
    retention = deployment.retention.model_copy(update={"series": {"200-15": 80}})
    ended.office = Office(deployment.model_copy(update={"retention": retention}), ended.office.actor)

    seal(ended)

    (package,) = read_packages(ended.office.book.ledger.data_of(EVENTS))
    assert (package.series, package.promised) == ("200-15", 80)


def test_month_is_sealed_once_and_seen_by_all_that_keeps_packages(ended: Town, tmp_path: Path) -> None:
    office, (copy,) = ended.office, list_night_copies(ended.office.book.ledger.events())
    assert plan_monthly(office, DATABASE, LATER).changes

    seal(ended)

    name = f"{SERIES}-{month_of(copy.finished_at)}"
    endings = [".constancia.html", ".prueba.json", ".zip", ".zip.manifest.json"]
    assert files(ended) == [name + ending for ending in endings]
    assert events(ended) == ["copy.made", "copy.stored", "copy.verified"]
    assert not plan_monthly(office, DATABASE, LATER).changes
    (package,) = read_packages(office.book.ledger.data_of(EVENTS))
    assert (package.series, package.subject, package.status) == ("200-15", DATABASE, "verified")
    assert [one.copy_id for one in list_copies(office)] == [name]
    assert name in [one.copy_id for one in list_sinfa_copies(office, DATABASE)]

    manifest = read_manifest(next((tmp_path / "nas_vieja").rglob("*.manifest.json")).read_bytes())
    with next((tmp_path / "nas_vieja").rglob("*.zip")).open("rb") as stream:
        extract_dump(stream, tmp_path / "dump", manifest=manifest, report=ignore)
    assert manifest.content is not None
    assert (manifest.content.sha256, manifest.case.number) == (copy.sha256, None)

    read = run_verification(plan_verification(office, everything=True))
    moved = run_move(office, plan_move(office, "nas_vieja", "nas_nueva"))

    assert (read.good, moved.moved) == ([name], [name])
    assert files(ended, "nas_nueva") == files(ended)


@pytest.mark.parametrize("last", ["copy.made", "copy.stored"])
def test_night_that_died_is_gone_on_with_and_nothing_is_twice(ended: Town, last: str) -> None:
    seal(ended)
    before = files(ended)
    ledger = ended.office.book.ledger.path
    lines = ledger.read_bytes().splitlines(keepends=True)
    cut = next(place for place, line in enumerate(lines) if f'"{last}"'.encode() in line)
    ledger.write_bytes(b"".join(lines[: cut + 1]))

    seal(ended)

    assert events(ended) == ["copy.made", "copy.stored", "copy.verified"]
    assert files(ended) == before


def test_store_that_is_away_leaves_nothing_and_the_next_night_seals(ended: Town, tmp_path: Path) -> None:
    (tmp_path / "nas_vieja").rename(tmp_path / "lejos")

    with pytest.raises(BackupError):
        seal(ended)

    assert events(ended) == []
    (tmp_path / "lejos").rename(tmp_path / "nas_vieja")
    seal(ended)
    assert events(ended)[-1] == "copy.verified"


def test_nightly_copy_that_its_repository_altered_is_not_sealed(ended: Town) -> None:
    for pack in (path for path in (ended.nas / "data").rglob("*") if path.is_file()):
        pack.chmod(0o600)
        content = bytearray(pack.read_bytes())
        content[len(content) // 3] ^= 1
        pack.write_bytes(content)

    with pytest.raises(Altered):
        seal(ended)

    assert (files(ended), events(ended)) == ([], [])
    assert len(list_findings(ended.office.book.ledger.events())) == 1
    with pytest.raises(NotReady, match="no hay copia mensual"):
        plan_monthly(ended.office, DATABASE, LATER)


def test_package_that_its_store_altered_does_not_count(ended: Town, tmp_path: Path) -> None:
    seal(ended)
    ledger = ended.office.book.ledger.path
    lines = ledger.read_bytes().splitlines(keepends=True)
    cut = next(place for place, line in enumerate(lines) if b'"copy.made"' in line)
    ledger.write_bytes(b"".join(lines[: cut + 1]))
    package = next((tmp_path / "nas_vieja").rglob("*.zip"))
    package.chmod(0o600)
    package.write_bytes(package.read_bytes()[:-1] + b"x")

    with pytest.raises(Altered):
        seal(ended)

    assert events(ended) == ["copy.made", "copy.voided"]


def test_without_leave_nothing_is_sealed(ended: Town) -> None:
    ended.change(authorisation=None)

    with pytest.raises(NotReady):
        seal(ended)

    assert files(ended) == []


def test_step_of_the_night_has_nothing_to_do_in_the_month_itself(ended: Town) -> None:
    told = seal_months(ended.office, look=False)

    assert told["changed"] is False
    assert told["databases"] == {DATABASE: {"changed": False, "error": None}}
