"""``copias store move`` and ``copias store capacity``, as an administrator calls them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner, Result

from copias.cli.app import app
from copias.findings import list_findings
from copias.keeping.capacity import (
    MEASURED,
    Capacity,
    measure_stores,
    open_findings,
    plan_measurements,
    record_measurements,
)
from tests.integration.keeping.conftest import Place

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def call(place: Place, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--config", str(place.config)])


def test_move_tells_what_it_did_and_that_the_old_store_is_free(place: Place) -> None:
    place.use("nueva")

    done = call(place, "store", "move", "nas", "nueva")

    assert done.exit_code == 0, done.output
    assert "Copias movidas: 1 " in done.output
    assert "nas se puede retirar" in done.output


def test_checked_move_changes_nothing(place: Place) -> None:
    done = call(place, "store", "move", "nas", "nueva", "--check", "--json")

    told = json.loads(done.stdout)
    assert (done.exit_code, told["copies"], told["moved"], told["released"]) == (0, 1, [], False)
    assert place.copy.store == "nas"


def test_move_that_leaves_a_copy_behind_fails_and_names_it(place: Place) -> None:
    (place.old / place.copy.package).unlink()

    done = call(place, "store", "move", "nas", "nueva")

    assert done.exit_code == 1
    assert f"✗ {place.copy.copy_id}" in done.stderr


def test_capacity_of_a_store_without_history_says_that_it_is_not_known(place: Place) -> None:
    done = call(place, "store", "capacity", "nas", "--query", "stores[0].[copies, kept, days_left]")

    assert json.loads(done.stdout) == [1, place.copy.bytes, None]
    assert "no se sabe" in call(place, "store", "capacity", "nas").output


def test_capacity_knows_the_day_from_what_was_measured_each_night(place: Place) -> None:
    free = 10**12
    for day in range(20):
        event = {"store": "nueva", "free": free + (20 - day) * 10**10, "day": f"{NOW - timedelta(days=20 - day):%F}"}
        place.office.record(MEASURED, event)

    (found,) = measure_stores(place.office, ["nueva"], now=NOW)

    assert found.daily == pytest.approx(10**10, rel=0.1)
    assert found.free is not None
    assert found.days_left == int(found.free / found.daily)


def test_night_whose_clock_was_a_year_ahead_does_not_silence_the_forecast(place: Place) -> None:
    for ago in (*range(20, 0, -1), -365):
        event = {"store": "nueva", "free": 10**12 + ago * 10**10, "day": f"{NOW - timedelta(days=ago):%F}"}
        place.office.record(MEASURED, event)

    (found,) = measure_stores(place.office, ["nueva"], now=NOW)

    assert found.days_left is not None


def test_store_is_measured_once_a_day(place: Place) -> None:
    found = measure_stores(place.office, now=NOW)
    record_measurements(place.office, plan_measurements(place.office, found, now=NOW), now=NOW)

    assert [event["store"] for event in place.events(MEASURED)] == ["nas", "nueva"]
    assert plan_measurements(place.office, found, now=NOW) == ()
    assert len(plan_measurements(place.office, found, now=NOW + timedelta(days=1))) == 2


def test_store_that_is_soon_full_is_a_finding_once(place: Place) -> None:
    full = Capacity(store="nas", free=10, kept=0, copies=0, daily=1.0, days_left=10)

    open_findings(place.office, [full])
    open_findings(place.office, [full])

    (finding,) = list_findings(place.office.book.ledger.events())
    assert (finding.about, "10 días" in finding.why) == ("nas", True)


def test_store_that_does_not_answer_is_told_and_not_measured(place: Place) -> None:
    place.old.rename(place.old.with_name("desmontada"))

    found = {one.store: one for one in measure_stores(place.office)}

    assert found["nas"].free is None
    assert found["nas"].trouble
    assert [one.store for one in plan_measurements(place.office, found.values())] == ["nueva"]
