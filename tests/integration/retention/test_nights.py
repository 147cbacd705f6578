"""Nightly copies age by the schedule on a real repository, and no policy, clock or accident takes the last good one."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest

from copias.errors import AlreadyRunning
from copias.files import locked
from copias.findings import list_findings, open_finding, treat_finding
from copias.night.catalogue import MADE, list_night_copies
from copias.repository.opening import open_repository
from copias.repository.snapshots import forget
from copias.retention.applying import apply_repository, begin_removal
from copias.retention.holds import hold_copies, release_hold
from copias.retention.known import FREED, PLANNED
from copias.retention.nights import plan_nights
from copias.retention.overview import plan_all
from copias.retention.reading import ask_restic, read_facts
from copias.retention.turn import hold_retention
from tests.integration.retention.conftest import Nights

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)


def test_copies_that_the_schedule_lets_go_are_removed_and_recorded(nights: Nights) -> None:
    nights.configure(nights={"daily": 3, "weekly": 0, "monthly": 0, "yearly": 0})
    names = nights.add_days(6)

    outcome = apply_repository(nights.office, "nas")

    assert outcome.removed == names[:3] == nights.removed()
    assert nights.existing() == names[3:]
    assert len(nights.listed()) == 3
    assert outcome.freed
    assert outcome.error is None


def test_second_run_changes_nothing(nights: Nights) -> None:
    nights.configure(nights={"daily": 3, "weekly": 0, "monthly": 0, "yearly": 0})
    nights.add_days(6)
    apply_repository(nights.office, "nas")
    head = nights.office.book.ledger.head()

    outcome = apply_repository(nights.office, "nas")

    assert not outcome.changed
    assert nights.office.book.ledger.head() == head


def test_plan_changes_nothing_and_names_the_newest_verified_copy(nights: Nights) -> None:
    names = nights.add_days(20)
    head, listed = nights.office.book.ledger.head(), nights.listed()

    (plan,) = plan_all(nights.office).plans

    assert (nights.office.book.ledger.head(), nights.listed()) == (head, listed)
    assert plan.removals
    newest = next(one for one in plan.decisions if one.copy == names[-1])
    assert "es la copia verificada más nueva de hacienda" in newest.floors


def test_evidence_of_a_removal_is_kept_under_the_sum_that_the_ledger_has(nights: Nights) -> None:
    nights.configure(nights={"daily": 2, "weekly": 0, "monthly": 0, "yearly": 0}, floors={"least_copies": 1})
    nights.add_days(4)

    apply_repository(nights.office, "nas")

    (planned,) = nights.events(PLANNED)
    evidence = nights.office.deployment.state / "retention" / "evidence" / f"{planned.data['evidence']}.json"
    assert b'"restic":[{' in evidence.read_bytes()


@pytest.mark.parametrize("whole", [False, True], ids=["copy", "subject"])
def test_held_copy_stays_until_it_is_released(nights: Nights, *, whole: bool) -> None:
    nights.configure(nights={"daily": 3, "weekly": 0, "monthly": 0, "yearly": 0})
    names = nights.add_days(5)
    given = {"subject": "hacienda"} if whole else {"copy": names[0]}
    hold = hold_copies(nights.office, **given, reason="Tutela 12")

    held = apply_repository(nights.office, "nas").removed
    release_hold(nights.office, hold.hold, reason="Fallo en firme")
    released = apply_repository(nights.office, "nas").removed

    assert held == ([] if whole else names[1:2])
    assert released == (names[:2] if whole else names[:1])


def test_nothing_goes_while_nothing_was_verified_for_two_days(nights: Nights) -> None:
    nights.configure(nights={"daily": 3, "weekly": 0, "monthly": 0, "yearly": 0})
    names = nights.add_days(6, newest=timedelta(hours=49))
    nights.add_days(6, database="nomina")

    outcome = apply_repository(nights.office, "nas")

    assert set(names) <= set(nights.existing())
    assert [refusal.database for refusal in outcome.plan.refusals] == ["hacienda"]
    assert "48 horas" in outcome.plan.refusals[0].why
    assert len(outcome.removed) == 3  # of the other database, which is well


def test_more_than_a_person_foresaw_is_refused_until_somebody_says_the_number(nights: Nights) -> None:
    nights.configure(nights={"daily": 3, "weekly": 0, "monthly": 0, "yearly": 0}, floors={"most_removals": 4})
    nights.add_days(8)

    refused = apply_repository(nights.office, "nas")
    allowed = apply_repository(nights.office, "nas", most=5)

    assert (refused.removed, len(allowed.removed)) == ([], 5)
    assert "quita 5 copias" in refused.plan.refusals[0].why


@pytest.mark.parametrize("days", [1, 365])
def test_snapshot_dated_in_the_future_stops_all_and_is_named(nights: Nights, days: int) -> None:
    nights.configure(nights={"daily": 3, "weekly": 0, "monthly": 0, "yearly": 0})
    nights.add_days(6)
    forged = nights.forge.add(nights.now + days * DAY, host="hacienda", path="/hacienda.dump")

    outcome = apply_repository(nights.office, "nas")

    assert outcome.removed == []
    assert forged[:8] in outcome.plan.refusals[0].why


def test_clock_a_year_ahead_removes_nothing(nights: Nights) -> None:
    nights.configure(nights={"daily": 3, "weekly": 0, "monthly": 0, "yearly": 0})
    nights.add_days(6)
    settings = nights.office.deployment.retention
    answer = ask_restic(open_repository(nights.office, "nas"), settings.nights)

    ahead = plan_nights(read_facts(nights.office, "nas", answer, now=nights.now + 365 * DAY), settings)
    behind = plan_nights(read_facts(nights.office, "nas", answer, now=nights.now - 365 * DAY), settings)

    assert (ahead.removals, behind.removals) == ((), ())
    assert "48 horas" in ahead.refusals[0].why
    assert any("atrasado" in refusal.why for refusal in behind.refusals)


def test_snapshots_of_a_stranger_push_no_good_copy_out_and_are_not_touched(nights: Nights) -> None:
    nights.configure(nights={"daily": 3, "weekly": 0, "monthly": 0, "yearly": 0})
    names = nights.add_days(5)
    forged = [
        nights.forge.add(nights.noon - day * DAY + HOUR, host="hacienda", path="/hacienda.dump") for day in (1, 2)
    ]

    outcome = apply_repository(nights.office, "nas")

    assert nights.existing() == names[2:]
    assert {one.id for one in outcome.plan.strangers} == set(forged) <= nights.listed()


def test_strangers_that_would_push_all_out_stop_the_database(nights: Nights) -> None:
    nights.configure(nights={"daily": 3, "weekly": 0, "monthly": 0, "yearly": 0})
    names = nights.add_days(5)
    for day in range(3):
        nights.forge.add(nights.noon - day * DAY + SECOND, host="hacienda", path="/hacienda.dump")

    outcome = apply_repository(nights.office, "nas")

    assert nights.existing() == names
    assert "quitaría todas" in outcome.plan.refusals[0].why


def test_unverified_copies_push_no_verified_one_out(nights: Nights) -> None:
    nights.configure(nights={"daily": 2, "weekly": 0, "monthly": 0, "yearly": 0}, floors={"least_copies": 1})
    good = nights.add_days(2, newest=DAY)
    bad = [nights.add(nights.noon - hours * HOUR, verified=False).copy for hours in (20, 0)]

    apply_repository(nights.office, "nas")

    assert set(nights.existing()) == {*good, *bad}


def test_snapshot_of_a_void_copy_goes(nights: Nights) -> None:
    names = nights.add_days(5)
    nights.void(names[2])

    outcome = apply_repository(nights.office, "nas")

    assert outcome.error is None
    assert len(nights.listed()) == 4
    assert nights.existing() == [*names[:2], *names[3:]]


def test_snapshot_of_a_void_copy_stays_until_its_finding_is_treated(nights: Nights) -> None:
    names = nights.add_days(5)
    finding = open_finding(nights.office, about=names[2], what="el simulacro de restauración falló")
    nights.void(names[2])

    kept = apply_repository(nights.office, "nas")
    treat_finding(nights.office, finding.finding, action="se miró por qué")
    gone = apply_repository(nights.office, "nas")

    assert (kept.removed, gone.error) == ([], None)
    assert len(nights.listed()) == 4


def test_snapshot_whose_date_is_not_the_ledgers_stops_its_database(nights: Nights) -> None:
    nights.configure(nights={"daily": 3, "weekly": 0, "monthly": 0, "yearly": 0})
    nights.add_days(6)
    snapshot = nights.forge.add(nights.now - 90 * DAY, host="hacienda", path="/hacienda.dump")
    newest = list_night_copies(nights.office.book.ledger.events())[-1]
    nights.office.record(MADE, {**newest.to_event(), "copy": "noche-hacienda-falsa", "snapshot": snapshot})

    outcome = apply_repository(nights.office, "nas")

    assert outcome.removed == []
    assert "noche-hacienda-falsa" in outcome.plan.refusals[0].why


def test_death_between_removal_and_ledger_is_mended_by_the_next_run(nights: Nights) -> None:
    nights.configure(nights={"daily": 3, "weekly": 0, "monthly": 0, "yearly": 0})
    names = nights.add_days(6)
    repository = open_repository(nights.office, "nas")
    (plan,) = plan_all(nights.office).plans
    removals = begin_removal(nights.office, plan, ask_restic(repository, nights.office.deployment.retention.nights))
    forget(repository, [one.snapshot for one in removals])
    assert nights.existing() == names  # here it died

    outcome = apply_repository(nights.office, "nas")

    assert outcome.removed == names[:3] == nights.removed()
    assert outcome.lost == []
    assert list_findings(nights.office.book.ledger.events()) == []
    assert len(nights.events(FREED)) == 1
    assert not apply_repository(nights.office, "nas").changed


def test_snapshot_that_vanished_without_a_plan_is_a_finding_and_counts_no_more(nights: Nights) -> None:
    names = nights.add_days(5)
    copies = {copy.data["copy"]: copy.data["snapshot"] for copy in nights.events("night.made")}
    nights.restic("forget", copies[names[-1]])

    outcome = apply_repository(nights.office, "nas")

    (finding,) = list_findings(nights.office.book.ledger.events())
    assert (outcome.lost, finding.about) == ([names[-1]], names[-1])
    assert nights.existing() == names[:-1]


def test_repository_that_lost_everything_is_refused_and_nothing_is_written_off(nights: Nights) -> None:
    names = nights.add_days(3)
    nights.restic("forget", *nights.listed())

    outcome = apply_repository(nights.office, "nas")

    assert "ninguna de las 3" in outcome.plan.refusals[0].why
    assert nights.existing() == names
    assert [finding.about for finding in list_findings(nights.office.book.ledger.events())] == ["nas"]


def test_snapshot_that_cannot_be_read_is_not_told_as_gone_and_nothing_is_removed(nights: Nights) -> None:
    nights.configure(nights={"daily": 3, "weekly": 0, "monthly": 0, "yearly": 0})
    names = nights.add_days(6)
    newest = nights.events(MADE)[-1].data
    # restic passes over what it cannot load, and ends well.
    (nights.folder / "nas" / "snapshots" / newest["snapshot"]).write_bytes(b"cut")

    outcome = apply_repository(nights.office, "nas")

    assert (outcome.lost, outcome.removed, nights.existing()) == ([], [], names)
    assert any(newest["copy"] in refusal.why for refusal in outcome.plan.refusals)


def test_second_retention_is_told_who_has_the_first(nights: Nights) -> None:
    nights.add_days(3)
    with hold_retention(nights.office), pytest.raises(AlreadyRunning, match=nights.office.actor.identity.account):
        apply_repository(nights.office, "nas")


def test_retention_that_was_killed_leaves_no_lock(nights: Nights) -> None:
    nights.add_days(3)
    lock = nights.office.deployment.state / "retention.lock"
    program = (
        "import sys, time, fcntl; f = open(sys.argv[1], 'ab'); fcntl.flock(f, 2); print(flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(lock)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(AlreadyRunning):
            apply_repository(nights.office, "nas")
        holder.kill()

    assert apply_repository(nights.office, "nas").error is None


def test_night_that_is_being_copied_is_not_disturbed(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    nights.add_days(3)
    monkeypatch.setattr("copias.retention.applying.LOCK_WAIT", 0.3)
    folder = nights.office.deployment.state / "repositories"

    with locked(folder / "nas.lock"), pytest.raises(AlreadyRunning):
        apply_repository(nights.office, "nas")


def test_nothing_goes_from_a_damaged_repository_and_a_finding_is_open(nights: Nights) -> None:
    nights.configure(nights={"daily": 3, "weekly": 0, "monthly": 0, "yearly": 0})
    names, listed = nights.add_days(5), nights.listed()
    pack = next(path for path in (nights.folder / "nas" / "data").rglob("*") if path.is_file())
    pack.unlink()

    outcome = apply_repository(nights.office, "nas")

    # Nobody knows which copies the damage took: those that the schedule would let go may be the last good ones.
    assert (outcome.removed, nights.existing(), nights.listed()) == ([], names, listed)
    assert (outcome.freed, nights.events(PLANNED)) == (False, [])
    assert outcome.error is not None
    (finding,) = list_findings(nights.office.book.ledger.events())
    assert finding.about == "nas"


def test_repository_that_is_damaged_after_a_removal_is_not_pruned(nights: Nights) -> None:
    nights.configure(nights={"daily": 3, "weekly": 0, "monthly": 0, "yearly": 0})
    nights.add_days(5)
    repository = open_repository(nights.office, "nas")
    (plan,) = plan_all(nights.office).plans
    removals = begin_removal(nights.office, plan, ask_restic(repository, nights.office.deployment.retention.nights))
    forget(repository, [one.snapshot for one in removals])
    next(path for path in (nights.folder / "nas" / "data").rglob("*") if path.is_file()).unlink()

    outcome = apply_repository(nights.office, "nas")

    assert (len(outcome.removed), outcome.freed) == (2, False)
    assert outcome.error is not None


def test_copies_of_the_state_age_by_the_same_schedule(nights: Nights) -> None:
    nights.configure(nights={"daily": 3, "weekly": 0, "monthly": 0, "yearly": 0})
    nights.add_days(3)
    moments = [nights.noon - day * DAY for day in range(5, -1, -1)]
    ids = [nights.forge.add(moment, host="copias", path="/state", tags=("state",)) for moment in moments]
    for snapshot, moment in zip(ids, moments, strict=True):
        nights.record_at(moment, "night.state", {"repository": "nas", "snapshot": snapshot, "head": "", "day": ""})

    outcome = apply_repository(nights.office, "nas")

    assert outcome.plan.refusals == ()
    assert nights.listed() >= set(ids[3:])
    assert nights.listed().isdisjoint(ids[:3])
    assert not apply_repository(nights.office, "nas").changed


def test_what_a_failed_night_left_on_a_server_that_only_appends_goes_by_maintenance(nights: Nights) -> None:
    nights.add_days(3)
    left = nights.forge.add(nights.now - DAY, host="hacienda", path="/hacienda.dump", tags=("run=noche-x",))
    nights.office.record("night.voided", {"copy": "noche-x", "repository": "nas", "snapshots": [left], "why": "trunco"})

    outcome = apply_repository(nights.office, "nas")

    assert left not in nights.listed()
    assert (outcome.removed, len(nights.listed())) == ([], 3)
