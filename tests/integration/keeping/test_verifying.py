"""The rolling reading of stores: each package is read whole in its turn, and what is altered is named."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner, Result

from copias.case.evidence import manifest_name
from copias.cli.app import app
from copias.errors import AlreadyRunning
from copias.files import locked
from copias.findings import list_findings
from copias.keeping.overdue import LATEST, OVERDUE
from copias.keeping.verifying import ALTERED, CHECKED, DAYS, VerifyPlan, plan_verification, run_verification
from tests.integration.keeping.conftest import Place


def call(place: Place, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["store", "verify", *arguments, "--config", str(place.config)])


def test_each_copy_has_its_turn_once_in_thirty_days(place: Place) -> None:
    first = datetime.now(UTC)

    days = [plan_verification(place.office, now=first + timedelta(days=day)).due for day in range(DAYS)]

    assert [[copy.copy_id for copy in due] for due in days if due] == [[place.copy.copy_id]]


def test_copy_that_was_not_read_for_thirty_days_is_due_whatever_the_day(place: Place) -> None:
    late = datetime.now(UTC) + timedelta(days=DAYS + 2)

    assert all(plan_verification(place.office, now=late + timedelta(days=day)).due for day in range(3))


def test_good_copy_is_read_once_a_day_and_recorded(place: Place) -> None:
    outcome = run_verification(plan_verification(place.office, everything=True))

    assert outcome.good == [place.copy.copy_id]
    assert outcome.bytes > place.copy.bytes
    (event,) = place.events(CHECKED)
    assert (event["store"], event["outcome"]) == ("nas", "good")
    again = plan_verification(place.office, everything=True)
    assert (again.due, again.done) == ((), 1)


@pytest.mark.parametrize("damage", ["altered", "cut", "gone"])
def test_copy_that_is_not_what_it_was_is_a_finding_and_counts_no_more(place: Place, damage: str) -> None:
    package = place.old / place.copy.package
    package.chmod(0o600)
    content = package.read_bytes()
    if damage == "gone":
        package.unlink()
    else:
        package.write_bytes(content[:-1] if damage == "cut" else content[:-1] + bytes([content[-1] ^ 1]))

    done = call(place, "--all", "--json")

    told = json.loads(done.stdout)
    assert (done.exit_code, list(told["altered"]), told["good"]) == (1, [place.copy.copy_id], [])
    (finding,) = list_findings(place.office.book.ledger.events())
    assert (finding.about, finding.what) == (place.copy.copy_id, ALTERED)
    assert place.copy.status == "spoilt"
    assert plan_verification(place.office, everything=True).due == ()


def test_altered_manifest_beside_the_package_is_found_too(place: Place) -> None:
    manifest = place.old / manifest_name(place.copy.package)
    manifest.chmod(0o600)
    manifest.write_bytes(manifest.read_bytes() + b" ")

    outcome = run_verification(plan_verification(place.office, everything=True))

    assert manifest.name in outcome.altered[place.copy.copy_id]


def test_store_that_does_not_answer_says_nothing_of_its_copies(place: Place) -> None:
    place.old.rename(place.old.with_name("desmontada"))

    done = call(place, "--all", "--json")

    assert (done.exit_code, list(json.loads(done.stdout)["unavailable"])) == (75, ["nas"])
    assert (place.copy.status, place.events(CHECKED)) == ("verified", [])
    assert list_findings(place.office.book.ledger.events()) == []


def test_copy_of_which_nothing_is_known_here_is_a_finding_and_stays_what_it_was(place: Place) -> None:
    (place.office.deployment.copies / place.copy.copy_id / "manifest.json").unlink()

    outcome = run_verification(plan_verification(place.office, everything=True))

    assert list(outcome.unknown) == [place.copy.copy_id]
    assert place.copy.status == "verified"
    assert len(list_findings(place.office.book.ledger.events())) == 1


def test_checked_reading_says_what_is_due_and_reads_nothing(place: Place) -> None:
    done = call(place, "nas", "--all", "--check", "--json")

    assert json.loads(done.stdout)["due"] == [place.copy.copy_id]
    assert place.events(CHECKED) == []


def test_only_the_stores_that_were_named_are_read(place: Place) -> None:
    assert plan_verification(place.office, ["nueva"], everything=True).due == ()
    assert call(place, "otra").exit_code == 2


def test_time_is_not_for_a_second_copy_once_it_is_over(place: Place) -> None:
    plan = plan_verification(place.office, everything=True)
    twice = type(plan)(plan.office, plan.due * 2, 0)

    outcome = run_verification(twice, budget=timedelta(0))

    assert (len(outcome.good), outcome.left) == (1, 1)


def test_store_that_falls_behind_has_a_finding_until_it_has_caught_up(place: Place) -> None:
    late = datetime.now(UTC) + LATEST + timedelta(days=1)
    nothing = VerifyPlan(place.office, (), 0)

    run_verification(nothing, now=late - timedelta(days=2))
    on_time = list_findings(place.office.book.ledger.events())
    for _ in range(2):
        run_verification(nothing, now=late)
    (behind,) = list_findings(place.office.book.ledger.events())
    run_verification(plan_verification(place.office, everything=True))

    assert on_time == []
    assert (behind.about, behind.what) == ("nas", OVERDUE)
    assert place.copy.copy_id in behind.why
    assert list_findings(place.office.book.ledger.events()) == []


def test_store_that_does_not_answer_has_no_finding_of_falling_behind(place: Place) -> None:
    late = datetime.now(UTC) + LATEST + timedelta(days=1)
    place.old.rename(place.old.with_name("desmontada"))

    run_verification(plan_verification(place.office, everything=True), now=late)

    assert list_findings(place.office.book.ledger.events()) == []


def test_second_reading_at_once_is_refused(place: Place) -> None:
    plan = plan_verification(place.office, everything=True)

    with locked(place.office.deployment.state / "store-verify.lock"), pytest.raises(AlreadyRunning):
        run_verification(plan)


def test_people_see_what_was_read(place: Place) -> None:
    assert "Copias releídas que son lo que se guardó: 1 " in call(place, "--all").output
