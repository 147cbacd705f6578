"""The audit on schedule: kept once for what it says, told once a day when red, and never by halves."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from copias.audit.keeping import KEPT, AuditPlan, keep_audit
from copias.cli.app import app
from copias.config import Deployment
from copias.errors import NotAllowed
from copias.ledger import Ledger
from copias.letters import QUEUED
from copias.office import Office
from copias.people import Actor, Identity, Person, Role
from tests.unit.audit.conftest import NOW, Place, describe

NOTICES = {"sender": "copias@valle.example", "administrator": "ana@valle.example"}


def events(place: Place, name: str) -> list[dict[str, object]]:
    return [event.data for event in Ledger(place.ledger).events() if event.event == name]


def with_mail(place: Place) -> Office:
    described = {**describe(place.folder), "notices": NOTICES}
    deployment = Deployment.model_validate(described, context={"folder": place.folder})
    return Office(deployment, place.office.actor)


def test_the_page_is_kept_once_and_the_ledger_vouches_for_it(place: Place) -> None:
    place.add_night()

    first, again = keep_audit(place.office), keep_audit(place.office)

    (kept,) = events(place, KEPT)
    figures = json.loads(first.plan.figures.read_bytes())
    assert (first.changed, again.changed) == (True, False)
    assert (kept["red"], kept["yellow"]) == (figures["red"], figures["yellow"])
    assert b"Auditor\xc3\xada de copias de seguridad" in first.plan.page.read_bytes()
    assert first.plan.page.stat().st_mode & 0o777 == 0o600


def test_check_mode_says_what_would_change_and_leaves_nothing(place: Place) -> None:
    place.add_night()
    before = place.lines()

    done = keep_audit(place.office, check=True)

    assert done.changed
    assert place.lines() == before
    assert not done.plan.page.exists()


def test_growing_older_and_events_of_others_change_nothing_and_a_new_red_does(place: Place) -> None:
    place.add_night(ago=1)
    keep_audit(place.office)

    place.add("case.noted", {"text": "bien"}, case="1")
    hour_later = AuditPlan(place.office, now=NOW + timedelta(hours=1)).changes
    days_later = AuditPlan(place.office, now=NOW + timedelta(days=4)).changes

    assert (hour_later, days_later) == (False, True)


@pytest.mark.parametrize("name", ["page", "figures"])
def test_a_page_that_somebody_changed_or_took_away_is_made_again(place: Place, name: str) -> None:
    path: Path = getattr(keep_audit(place.office).plan, name)
    good = path.read_bytes()

    path.write_bytes(good + b" ")
    changed = keep_audit(place.office).changed
    path.unlink()
    lost = keep_audit(place.office).changed

    assert (changed, lost, path.is_file()) == (True, True, True)


def test_a_cut_between_the_files_and_the_ledger_leaves_it_all_to_do(place: Place) -> None:
    place.add_night()
    before = place.ledger.read_bytes()
    keep_audit(place.office)
    place.ledger.write_bytes(before)

    done = keep_audit(place.office)

    assert done.changed
    assert len(events(place, KEPT)) == 1


def test_red_is_told_by_one_letter_a_day_although_nothing_else_changed(place: Place) -> None:
    office = with_mail(place)
    today, tomorrow = AuditPlan(office, now=NOW), NOW + timedelta(days=1)

    today.run()
    same_day = AuditPlan(office, now=NOW).changes
    next_day = AuditPlan(office, now=tomorrow)
    next_day.run()

    letters = events(place, QUEUED)
    assert (same_day, len(letters), len(events(place, KEPT))) == (False, 2, 1)
    assert {letter["to"] for letter in letters} == {"ana@valle.example"}
    assert "en rojo" in str(letters[0]["subject"])


def test_who_only_reads_keeps_nothing(place: Place) -> None:
    reader = Actor(Identity("lector", "sesión"), Person(name="Luz Prueba", role=Role.AUDITOR))

    with pytest.raises(NotAllowed):
        keep_audit(Office(place.office.deployment, reader))


def test_the_verb_exits_with_1_and_tells_what_is_red_where_cron_mails_it(place: Place) -> None:
    config = place.write_config()

    done = CliRunner().invoke(app, ["audit", "keep", "--config", str(config)])

    assert done.exit_code == 1
    assert "se guardó" in done.stdout
    assert "ROJO: Base hacienda: no tiene copia verificada" in done.stderr
