"""Who ran what and what failed: a death, a failure and an open finding are told, whatever went well beside them."""

from __future__ import annotations

import typing as t

from copias.run.folder import new_run
from tests.unit.audit.conftest import NOW, Place
from tests.unit.audit.test_whole import look


def test_runs_say_who_what_and_what_failed(place: Place) -> None:
    place.add_package("77", ago=5)
    place.add("case.failed", {"what": "x"}, case="78", run="78-20261126t010000-aaaaaa", ago=4)

    section = look(place, "runs")

    assert [(row["what"], row["failed"], row["who"]) for row in section.rows] == [
        ("caso 78", 1, "Ana Lucía Prueba"),
        ("caso 77", 0, "Ana Lucía Prueba"),
    ]
    assert [remark.whose for remark in section.remarks] == ["caso 78"]


def test_run_that_ended_since_its_case_was_cancelled_is_no_trouble_until_the_case_is_reopened(place: Place) -> None:
    place.add("case.failed", {"what": "x"}, case="78", run="78-20261126t010000-aaaaaa", ago=4)
    place.add("case.cancelled", {"reason": "lo pidieron dos veces"}, case="78", ago=3)
    cancelled = look(place, "runs")
    place.add("case.reopened", {"reason": "sí hacía falta"}, case="78", ago=2)

    assert cancelled.remarks == ()
    assert [row["failed"] for row in cancelled.rows] == [1]
    assert [one.whose for one in look(place, "runs").remarks] == ["caso 78"]


def test_a_run_that_died_without_a_word_is_told_until_another_does_it(place: Place) -> None:
    runs = place.office.deployment.runs
    dead = new_run(runs, playbook="nightly.yml", case="", config=place.folder, check=False, account="x")

    section = look(place, "runs")

    assert [(row["run"], row["result"]) for row in section.rows] == [(dead.path.name, "MURIÓ sin decir nada")]
    assert [(one.severity, one.whose) for one in section.remarks] == [("yellow", "noche")]


def test_a_night_that_broke_before_it_named_anything_is_told(place: Place) -> None:
    facts: dict[str, t.Any] = {"only": [], "counts": {}, "failed": [], "report": ""}
    place.add("night.finished", {"run": "night-1", "ended": "broken", **facts}, run="night-1", ago=2)
    broken = look(place, "runs")
    place.add("night.finished", {"run": "night-2", "ended": "finished", **facts}, run="night-2", ago=1)

    assert [(one.severity, one.whose) for one in broken.remarks] == [("yellow", "noche")]
    assert look(place, "runs").remarks == ()


def test_a_good_night_of_one_thing_does_not_hide_that_the_night_of_everything_failed(place: Place) -> None:
    facts: dict[str, t.Any] = {"ended": "finished", "failed": [], "report": ""}
    whole = {"run": "night-1", "only": [], "counts": {"failed": 4}}
    place.add("night.finished", {**facts, **whole}, run="night-1", ago=3)
    place.add(
        "night.finished", {**facts, "run": "night-2", "only": ["hacienda"], "counts": {"done": 1}}, run="night-2", ago=2
    )

    section = look(place, "runs")

    assert [row["what"] for row in section.rows] == ["noche de hacienda", "noche"]
    assert [one.whose for one in section.remarks] == ["noche"]


def test_runs_before_the_asked_day_are_left_out(place: Place) -> None:
    place.add_package("77", ago=24 * 40)

    assert look(place, "runs").rows == ()
    assert len(look(place, "runs", since=NOW.replace(year=NOW.year - 1)).rows) == 1


def test_a_finding_that_nobody_treated_is_told_and_an_old_one_is_red(place: Place) -> None:
    facts = {"about": "hacienda", "what": "se perdió", "why": "w", "repair": "busque"}
    place.add("finding.opened", {"finding": "H-1", **facts}, ago=24 * 40)
    place.add("finding.opened", {"finding": "H-2", **facts, "about": "nas"}, ago=1)

    assert [(one.severity, one.whose) for one in look(place, "runs").remarks] == [
        ("red", "hacienda"),
        ("yellow", "nas"),
    ]
