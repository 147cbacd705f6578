"""A case that is not ready is told all its faults at once, each with its repair."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import date

import pytest

from copias.authorisation import Authorisation
from copias.case.intake import Intake
from copias.case.preflight import Preflight, check_request
from copias.case.story import Story, tell
from copias.errors import NotReady
from copias.helpdesk import Guess, HelpDeskCase, Kind, Mode, SheetStatus
from copias.ledger import Event

GRANT = Authorisation(authoriser="Mariela Ejemplo", post="Secretaria", document="Oficio 1", motive="Respaldo")
ENDED = GRANT.model_copy(update={"until": date(2020, 2, 29)})
CASE = HelpDeskCase(
    number="7",
    requester_name="Marta Ejemplo",
    requester_email="marta@example.test",
    department="Hacienda",
    site="Sede principal",
    service="Copias de seguridad",
    description="SINFA",
    agent="Ana Prueba",
    requested_at=None,
    status=SheetStatus.ASSIGNED,
    visible_status_text="Asignado",
    status_source="request",
    row=2,
    guess=Guess(is_case=True, kind=Kind.SINFA, mode=Mode.ON_SITE, system="hacienda"),
)
READY = Intake(CASE, Story("7"), kind="sinfa", mode="on_site", subject="hacienda", authorisation=GRANT)


def failed(intake: Intake) -> list[str]:
    return [check.name for check in check_request(intake) if not check.passed]


def test_a_case_in_order_passes() -> None:
    assert failed(READY) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"kind": "drive"}, ["clase de copia"]),
        ({"kind": None}, ["clase de copia"]),
        ({"mode": None}, ["modalidad"]),
        ({"authorisation": None}, ["autorización"]),
        ({"authorisation": ENDED}, ["autorización"]),
        ({"authorisation": GRANT.model_copy(update={"until": date(2199, 12, 31)})}, []),
        ({"case": replace(CASE, agent="")}, ["agente asignado"]),
        ({"case": replace(CASE, status=SheetStatus.CANCELLED)}, ["estado"]),
        ({"authorisation": None, "mode": None}, ["modalidad", "autorización"]),
    ],
)
def test_each_fault_is_named(change: dict[str, t.Any], named: list[str]) -> None:
    assert failed(replace(READY, **change)) == named


def told(*names: str, subject: str = "hacienda") -> Story:
    """The story of a case whose last start was for ``subject``."""
    data: dict[str, dict[str, t.Any]] = {
        "case.started": {"kind": "sinfa", "subject": subject, "authorisation": {"authoriser": "Mariela"}},
        "copy.made": {"copy": "c1", "generation": 1, "subject": subject, "package": "p", "store": "n"},
    }
    events = [
        Event(place, "2026-11-22T10:00:00+00:00", name, "7", None, {}, data.get(name, {"copy": "c1"}), "")
        for place, name in enumerate(names, start=1)
    ]
    return tell("7", events)


def test_authorisation_that_ended_is_told_with_its_last_day() -> None:
    with pytest.raises(NotReady, match="Oficio 1 venció el 29/02/2020"):
        Preflight(tuple(check_request(replace(READY, authorisation=ENDED)))).require("7")


def test_copy_that_is_proven_needs_no_leave_to_be_told() -> None:
    story = told("case.assigned", "case.started", "copy.made", "copy.stored", "copy.verified")

    assert failed(replace(READY, story=story, authorisation=ENDED)) == []


@pytest.mark.parametrize(
    ("event", "words", "repair"),
    [
        ("case.held", "En espera", "copias resume 7 --reason …"),
        ("case.cancelled", "Cancelado", "copias reopen 7 --reason …"),
    ],
)
def test_case_that_somebody_answered_by_hand_still_says_what_keeps_it(event: str, words: str, repair: str) -> None:
    case = replace(CASE, status=SheetStatus.RESOLVED)

    checks = check_request(replace(READY, case=case, story=told("case.assigned", event)))

    (check,) = (check for check in checks if check.name == "estado")
    assert (check.why, check.repair) == (f"el caso está en «{words}»", repair)


BEGUN = ("case.assigned", "case.started")


@pytest.mark.parametrize(
    "names",
    [
        BEGUN,
        (*BEGUN, "copy.made"),
        (*BEGUN, "copy.made", "case.failed"),
        (*BEGUN, "copy.made", "copy.stored"),
        (*BEGUN, "copy.made", "copy.stored", "copy.verified"),
    ],
)
def test_a_case_never_goes_on_with_the_copy_of_another_database(names: tuple[str, ...]) -> None:
    assert failed(replace(READY, story=told(*names, subject="predial"))) == ["mismo origen"]
    assert failed(replace(READY, story=told(*names))) == []


@pytest.mark.parametrize(
    "names",
    [
        (*BEGUN, "case.failed"),
        (*BEGUN, "copy.made", "copy.voided", "case.failed"),
        (*BEGUN, "copy.made", "case.cancelled", "case.reopened"),
    ],
)
def test_a_case_without_a_copy_may_change_its_database(names: tuple[str, ...]) -> None:
    assert failed(replace(READY, story=told(*names, subject="predial"))) == []


def test_the_refusal_tells_every_fault_with_its_repair() -> None:
    checks = tuple(check_request(replace(READY, authorisation=None, mode=None)))

    with pytest.raises(NotReady, match=r"\(1\) modalidad.*\(2\) autorización.*\(2\) copias authorise 7"):
        Preflight(checks).require("7")


def test_an_authorisation_of_a_ledger_that_did_not_say_for_what_is_for_databases_only() -> None:
    event = Event(1, "2026-11-22T10:00:00+00:00", "case.authorised", "7", None, {}, {"authoriser": "Mariela"}, "")

    story = tell("7", [event])

    assert story.grant_for("sinfa", "hacienda") == {"authoriser": "Mariela"}
    assert story.grant_for("mailbox", "ana.prueba@alcaldia.example") is None
