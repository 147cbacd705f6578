"""The night of one database: dumped into its repository, recorded, read back; once a day, and whole or not at all."""

from __future__ import annotations

import dataclasses
import typing as t
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from copias.case.copy_folder import CopyFolder
from copias.database.verification import check_file
from copias.errors import Altered, NotReady
from copias.findings import list_findings
from copias.night.catalogue import MADE, NightCopy, list_night_copies
from copias.night.checking import CheckPlan
from copias.night.manifest import NAME, read_manifest
from copias.night.state_copy import StatePlan
from copias.progress import ignore
from copias.repository.fetching import fetch_dump
from copias.sinfa.records import last_record, read_dump
from copias_sandbox import sinfa
from tests.integration.night.conftest import DATABASE, REPOSITORY, Town, make_town


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, server: sinfa.Sinfa, new_repository: tuple[Path, str]) -> Town:
    """An installation after its first night, for tests that change nothing."""
    made = make_town(tmp_path_factory.mktemp("noche"), server.reader)
    made.take_repository(*new_repository)
    made.night()
    return made


@pytest.fixture(scope="module")
def copy(kept: Town) -> NightCopy:
    """The copy of that night."""
    (found,) = list_night_copies(kept.office.book.ledger.events())
    return found


def test_night_is_dumped_recorded_and_read_back(kept: Town, copy: NightCopy) -> None:
    (snapshot,) = kept.snapshots()

    assert kept.events() == ["repository.made", "night.made", "night.verified"]
    assert copy.status == "read"
    assert (snapshot.id, snapshot.run, snapshot.host) == (copy.snapshot, copy.copy, DATABASE)
    assert (snapshot.bytes, snapshot.paths) == (copy.bytes, (copy.path,))


def test_dump_comes_out_as_it_went_in(kept: Town, copy: NightCopy, tmp_path: Path) -> None:
    fetch_dump(kept.office, copy, tmp_path / "dump", report=ignore)

    check_file(tmp_path / "dump", read_dump(CopyFolder(kept.office.deployment, copy.copy)))


def test_dump_is_never_written_into_a_file_that_another_account_may_hold_open(
    kept: Town, copy: NightCopy, tmp_path: Path
) -> None:
    with (tmp_path / "dump.part").open("w+b") as theirs:
        fetch_dump(kept.office, copy, tmp_path / "dump", report=ignore)

        assert theirs.read() == b""


def test_dump_that_is_not_what_was_recorded_is_not_given_out(kept: Town, copy: NightCopy, tmp_path: Path) -> None:
    with pytest.raises(Altered, match="no es el que se guardó"):
        fetch_dump(kept.office, dataclasses.replace(copy, sha256="0" * 64), tmp_path / "dump", report=ignore)

    assert list(tmp_path.iterdir()) == []


def test_second_run_of_a_day_changes_nothing(kept: Town) -> None:
    assert not kept.plan().changes


def test_next_dump_is_measured_by_the_night_before(kept: Town, copy: NightCopy) -> None:
    last = last_record(kept.office.deployment, DATABASE)

    assert last is not None
    assert last.bytes == copy.bytes


def test_manifest_is_signed_and_says_what_the_copy_holds(kept: Town, copy: NightCopy) -> None:
    manifest = read_manifest(kept.office, CopyFolder(kept.office.deployment, copy.copy))

    assert manifest["copy"]["sha256"] == copy.sha256
    assert manifest["authorisation"]["document"] == "Resolución 100 de 2026"
    assert {table["table"] for table in manifest["dump"]["tables"]} >= {"asiento", "cuenta"}


def test_manifest_that_was_changed_is_refused(kept: Town, copy: NightCopy) -> None:
    folder = CopyFolder(kept.office.deployment, "cambiada")
    sealed = CopyFolder(kept.office.deployment, copy.copy).read(NAME)
    sealed["manifest"]["copy"]["rows"] += 1
    folder.write(NAME, sealed)

    with pytest.raises(Altered, match="la firma no corresponde"):
        read_manifest(kept.office, folder)


def test_nothing_of_a_night_is_left_behind(kept: Town) -> None:
    assert list((kept.office.deployment.state / "night").iterdir()) == []


def test_copy_that_does_not_count_any_more_is_not_fetched(kept: Town, copy: NightCopy, tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="ya no cuenta"):
        fetch_dump(kept.office, dataclasses.replace(copy, status="void"), tmp_path / "dump", report=ignore)


def test_forced_run_makes_another_copy(town: Town) -> None:
    first = town.night(digests=False).copy

    second = town.night(force=True).copy

    assert [copy.copy for copy in list_night_copies(town.office.book.ledger.events())] == [first.copy, second.copy]
    assert len(town.snapshots()) == 2


def test_copy_that_was_not_read_back_in_its_own_night_is_read_in_the_next_after_its_own(town: Town) -> None:
    todays = town.night().copy
    assert todays is not None
    earlier = add_unread_copy(town, todays)
    plan = town.plan()
    assert plan.changes

    plan.run()

    statuses = {copy.copy: copy.status for copy in list_night_copies(town.office.book.ledger.events())}
    assert statuses == {earlier.copy: "read", todays.copy: "read"}
    assert plan.copy == todays
    assert not town.plan().changes


def test_copy_of_an_earlier_night_that_is_not_what_was_stored_is_void_and_told(town: Town) -> None:
    todays = town.night().copy
    assert todays is not None
    earlier = add_unread_copy(town, todays, sha256="0" * 64)

    with pytest.raises(Altered, match=earlier.copy):
        town.night()

    assert [copy.copy for copy in list_night_copies(town.office.book.ledger.events())] == [todays.copy]
    (finding,) = list_findings(town.office.book.ledger.events())
    assert finding.about == earlier.copy
    assert not town.plan().changes


def add_unread_copy(town: Town, copy: NightCopy, **changes: str) -> NightCopy:
    """Record a copy of two days before another, of the same dump, whose night died before it was read back."""
    started, finished = (
        (datetime.fromisoformat(moment) - timedelta(days=2)).isoformat() for moment in (copy.started, copy.finished)
    )
    name = f"noche-{DATABASE}-de-antes"
    earlier = dataclasses.replace(copy, copy=name, started=started, finished=finished, status="made", **changes)
    town.office.record(MADE, earlier.to_event())
    return earlier


def test_night_without_digests_says_so(town: Town) -> None:
    copy = town.night(digests=False).copy

    record = read_dump(CopyFolder(town.office.deployment, copy.copy))
    assert (record.method, record.tables) == ("none", ())
    assert any("sin ellas" in words for words in record.left_out)


def test_state_and_ledger_lie_in_the_repository_too_without_any_key(town: Town) -> None:
    town.office.record("note", {})
    plan = StatePlan(town.office, REPOSITORY)

    plan.run()

    assert not StatePlan(town.office, REPOSITORY).changes
    listed = town.restic("ls", "latest", "--tag", "state").stdout.decode()
    assert "/ledger.jsonl" in listed
    assert ".pem" not in listed


def test_repository_is_checked_once_a_day(town: Town) -> None:
    plan = CheckPlan(town.office, REPOSITORY)

    plan.run()

    assert plan.changes
    assert not CheckPlan(town.office, REPOSITORY).changes
    event: t.Any = list(town.office.book.ledger.events())[-1]
    assert (event.event, event.data["part"]) == ("repository.checked", plan.part)
