"""What a night is going to do: due by the policy, most overdue first, and what will not fit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from copias.cli.nightly_plan import foresee_mailboxes
from copias.errors import BadInput
from copias.mailbox.mirror import Mirror
from copias.mailbox.status import mirror_folder
from copias.night.planning import plan_agenda
from copias.night.steps import kind_of, list_steps
from copias.office import Office
from tests.unit.night.conftest import LEAVE, forge_copy, open_forged

ANA = "ana.prueba@valleclaro.example"
NOW = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)  # ten in the evening in Colombia


def turns(office: Office, now: datetime = NOW, **given: bool) -> dict[str, str]:
    """Return what is to be done for each database, in the order of their turns."""
    return {turn.database: turn.when for turn in plan_agenda(office, now=now, **given).databases}


def test_what_was_missed_longest_comes_first(office: Office) -> None:
    forge_copy(office, "hacienda", NOW - timedelta(days=1))
    forge_copy(office, "nomina", NOW - timedelta(days=4))

    assert turns(office) == {"nomina": "due", "hacienda": "due"}
    assert list(turns(office)) == ["nomina", "hacienda"]


def test_database_without_any_copy_is_more_overdue_than_all(office: Office) -> None:
    forge_copy(office, "hacienda", NOW - timedelta(days=400))

    assert list(turns(office)) == ["nomina", "hacienda"]


def test_weekly_database_is_copied_on_the_night_before_it_would_be_too_old(tmp_path: Path) -> None:
    office = open_forged(tmp_path, policies={"semanal": {"every": "P7D", "databases": ["hacienda"]}})
    forge_copy(office, "hacienda", NOW)

    due = [day for day in range(1, 9) if turns(office, NOW + timedelta(days=day))["hacienda"] == "due"]

    assert due[0] == 7


def test_missed_weekly_night_is_caught_up_on_the_next_one(tmp_path: Path) -> None:
    office = open_forged(tmp_path, policies={"semanal": {"every": "P7D", "databases": ["hacienda"]}})
    forge_copy(office, "hacienda", NOW - timedelta(days=9))

    assert turns(office)["hacienda"] == "due"


def test_copy_of_today_is_not_made_again_unless_it_was_never_read_back(office: Office) -> None:
    forge_copy(office, "hacienda", NOW - timedelta(minutes=30))
    forge_copy(office, "nomina", NOW - timedelta(minutes=30), verified=False)

    assert turns(office) == {"nomina": "due", "hacienda": "done"}


def test_copy_from_the_future_keeps_no_copy_from_being_made(office: Office) -> None:
    forge_copy(office, "hacienda", NOW + timedelta(hours=1))
    forge_copy(office, "nomina", NOW + timedelta(days=300))

    assert set(turns(office).values()) == {"due"}


def test_clock_that_was_set_back_makes_nothing_due_twice_on_a_day(office: Office) -> None:
    forge_copy(office, "hacienda", NOW)

    assert turns(office, NOW - timedelta(minutes=2))["hacienda"] == "done"


def test_what_somebody_asks_for_by_name_is_due_whatever_the_policy_says(tmp_path: Path) -> None:
    office = open_forged(tmp_path, policies={"semanal": {"every": "P7D", "databases": ["hacienda"]}})
    forge_copy(office, "hacienda", NOW - timedelta(days=2))

    assert turns(office)["hacienda"] == "not_due"
    assert turns(office, always=True)["hacienda"] == "due"


def test_what_will_not_fit_into_the_night_is_told_and_the_first_is_begun_all_the_same(tmp_path: Path) -> None:
    office = open_forged(tmp_path, night={"time_limit": "PT1H"})
    forge_copy(office, "hacienda", NOW - timedelta(days=3), seconds=3600)
    forge_copy(office, "nomina", NOW - timedelta(days=2), seconds=1800)

    first, second = plan_agenda(office, now=NOW).databases

    assert (first.database, first.seconds, first.fits) == ("hacienda", 7200, True)
    assert (second.database, second.fits) == ("nomina", False)


def test_database_without_leave_is_told_and_comes_to_its_turn_to_fail_there(tmp_path: Path) -> None:
    office = open_forged(tmp_path)
    databases = dict(office.deployment.databases)
    databases["nomina"] = databases["nomina"].model_copy(update={"authorisation": None})
    bare = Office(office.deployment.model_copy(update={"databases": databases}), office.actor)

    agenda = plan_agenda(bare, now=NOW)

    assert turns(bare)["nomina"] == "refused"
    assert set(agenda.due) == {"hacienda", "nomina"}


def test_night_that_is_limited_does_only_what_was_asked_for(office: Office) -> None:
    one = plan_agenda(office, hosts=["hacienda"], only=["hacienda"], now=NOW)
    step = plan_agenda(office, hosts=[], only=["principal-check"], now=NOW)

    assert (one.due, one.stores, one.steps) == (("hacienda",), (), ())
    assert (step.due, step.stores, step.steps) == ((), (), ("principal-check",))


def test_every_name_that_a_night_tells_of_can_be_asked_for(office: Office) -> None:
    agenda = plan_agenda(office, now=NOW)

    kinds = {name: kind_of(office, name) for name in (*agenda.due, *agenda.stores, *agenda.steps)}

    assert set(kinds.values()) == {"database", "store", "step"}
    with pytest.raises(BadInput, match="no hace nada que se llame así"):
        kind_of(office, "no-existe")


def test_night_lets_nothing_go_of_a_repository_that_only_appends(tmp_path: Path) -> None:
    office = open_forged(tmp_path)
    settings = office.deployment.repositories["principal"].model_copy(update={"append_only": True})
    kept = office.deployment.model_copy(update={"repositories": {"principal": settings}})

    assert "retention" in list_steps(office.deployment)
    assert "retention" not in list_steps(kept)


@pytest.mark.parametrize(("seconds", "fits"), [(60.0, True), (3.95 * 3600, False)], ids=["short", "all_night"])
def test_mailboxes_are_foreseen_in_the_time_that_the_databases_leave(
    tmp_path: Path, seconds: float, *, fits: bool
) -> None:
    standing = {**LEAVE, "until": "2099-12-31", "accounts": [ANA]}
    settings = {"domains": ["valleclaro.example"], "administrator": ANA, "store": "nas", "standing": standing}
    office, now = open_forged(tmp_path, mailboxes=settings), datetime.now(UTC)
    forge_copy(office, "hacienda", now - timedelta(days=2), seconds=seconds)
    with Mirror.open(mirror_folder(office.deployment, ANA), account=ANA) as made:
        made.set_state(history_id=1, messages_total=0, full=True, when=(now - timedelta(days=2)).timestamp())
        made.commit()

    found = foresee_mailboxes(office, plan_agenda(office, now=now), [ANA], now)

    assert ([one.account for one in found.due], len(found.postponed)) == (([ANA], 0) if fits else ([], 1))
