"""Copies that are gone and that nobody planned to remove: their room is not freed, and no old plan explains them."""

from __future__ import annotations

from copias.findings import list_findings, treat_finding
from copias.night.checking import find_missing, unplanned
from copias.repository.opening import open_repository
from copias.retention.applying import apply_repository, begin_removal
from copias.retention.holds import hold_copies
from copias.retention.known import FREED
from copias.retention.overview import plan_all
from copias.retention.reading import ask_restic
from tests.integration.retention.conftest import Nights

THREE = {"daily": 3, "weekly": 0, "monthly": 0, "yearly": 0}


def begin(nights: Nights) -> list[str]:
    """Record a plan as a run does that dies before it removes anything; return what it planned to remove."""
    (plan,) = plan_all(nights.office).plans
    schedule = nights.office.deployment.retention.nights
    removals = begin_removal(nights.office, plan, ask_restic(open_repository(nights.office, "nas"), schedule))
    return [one.copy for one in removals]


def snapshot_of(nights: Nights, copy: str) -> str:
    return next(event.data["snapshot"] for event in nights.events("night.made") if event.data["copy"] == copy)


def test_room_of_a_copy_that_somebody_took_out_is_not_freed_before_somebody_looked(nights: Nights) -> None:
    nights.configure(nights=THREE)
    names, others = nights.add_days(6), nights.add_days(3, database="nomina")
    nights.restic("forget", snapshot_of(nights, others[0]))

    outcome = apply_repository(nights.office, "nas")

    assert (outcome.removed, outcome.lost, outcome.freed) == (names[:3], [others[0]], False)
    assert nights.events(FREED) == []
    assert plan_all(nights.office).to_free == []
    (finding,) = list_findings(nights.office.book.ledger.events())
    treat_finding(nights.office, finding.finding, action="La quitó soporte por error; no hizo falta recuperarla")
    assert plan_all(nights.office).to_free == ["nas"]
    assert apply_repository(nights.office, "nas").freed


def test_repository_that_lost_everything_frees_no_room_of_an_earlier_run(nights: Nights) -> None:
    nights.configure(nights=THREE)
    nights.add_days(6)
    begin(nights)
    nights.restic("forget", *nights.listed())

    outcome = apply_repository(nights.office, "nas")

    assert "ninguna de las 6" in outcome.plan.refusals[0].why
    assert nights.events(FREED) == []


def test_plan_that_was_never_carried_out_does_not_explain_a_later_loss(nights: Nights) -> None:
    nights.configure(nights=THREE)
    names = nights.add_days(6)
    assert begin(nights) == names[:3]
    hold_copies(nights.office, copy=names[0], reason="Requerimiento")
    assert apply_repository(nights.office, "nas").removed == names[1:3]
    nights.restic("forget", snapshot_of(nights, names[0]))
    missed = find_missing(nights.office, open_repository(nights.office, "nas"))

    outcome = apply_repository(nights.office, "nas")

    assert (outcome.removed, outcome.lost, missed) == ([], names[:1], tuple(names[:1]))
    # A mirror keeps it, and not what went by the schedule.
    kept = {one.copy for one in unplanned(nights.office, "nas").values()}
    assert kept == {names[0], *names[3:]}
