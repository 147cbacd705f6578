"""``copias poll`` starts what is ready, once, a few at a time, and nothing that a person must decide."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from copias.case.claim import describe_process
from copias.run.folder import Result, RunFolder, find_runs, new_run
from copias.run.polling import Look, poll
from copias_sandbox import control
from tests.e2e.town import kill_tree
from tests.integration.case.conftest import MAILBOX, MARTA, Desk, make_office


@pytest.fixture
def poller(desk: Desk, home: Path) -> t.Iterator[Desk]:
    """The desk of a deployment whose poll starts cases; what it started ends with the test."""
    desk.office = make_office(control.required(home), desk.config, poll={"start_cases": True, "most_at_once": 1})
    yield desk
    for folder in find_runs(desk.office.deployment.runs, MAILBOX):
        if folder.supervisor is not None and folder.is_alive():
            kill_tree(psutil.Process(folder.supervisor.pid))  # to stop, it would first have to begin


def look(desk: Desk) -> Look | None:
    """Poll, and return what was found of the mailbox's case."""
    return next((one for one in poll(desk.office, config=desk.config).looks if one.number == MAILBOX), None)


def leave_run(desk: Desk, result: Result | None) -> RunFolder:
    """Leave the folder of a run that ended with a result, or that died without one."""
    folder = new_run(
        desk.office.deployment.runs,
        playbook="attend_case.yml",
        case=MAILBOX,
        config=desk.config,
        check=False,
        account="copias",
    )
    if result is not None:
        folder.write_result(result)
    return folder


def failed() -> Result:
    return Result(1, "el destino no respondió", datetime.now(UTC).isoformat(), {})


def test_case_that_is_ready_is_started_once_and_others_say_what_they_lack(poller: Desk) -> None:
    first = poll(poller.office, config=poller.config).looks
    second = poll(poller.office, config=poller.config).looks

    started = [one for one in first if one.what == "started"]
    assert [(one.number, one.account) for one in started] == [(MAILBOX, MARTA)]
    assert RunFolder(poller.office.deployment.runs / started[0].run).request.case == MAILBOX
    assert not [one for one in second if one.what == "started"]
    assert len(find_runs(poller.office.deployment.runs, MAILBOX)) == 1
    lacking = [one for one in first if one.what == "not_ready"]
    assert lacking
    assert all("copias " in one.text for one in lacking)


def test_case_without_authorisation_is_never_started(poller: Desk, home: Path) -> None:
    settings = poller.office.deployment.mailboxes
    assert settings is not None
    strict = {"domains": list(settings.domains), "administrator": settings.administrator, "store": "nas"}
    poll_on = {"start_cases": True}
    poller.office = make_office(control.required(home), poller.config, poll=poll_on, mailboxes=strict)

    found = look(poller)

    assert found is not None
    assert found.what == "not_ready"
    assert f"copias authorise {MAILBOX}" in found.text
    assert poller.events(MAILBOX) == []


def test_starting_can_be_turned_off(poller: Desk, home: Path) -> None:
    poller.office = make_office(control.required(home), poller.config, poll={"start_cases": False})

    assert look(poller) is None
    assert find_runs(poller.office.deployment.runs, MAILBOX) == []


def test_case_waits_its_turn_while_others_run(poller: Desk) -> None:
    poller.office.claims.take("7", "7-run", holder=describe_process(), account="copias")

    found = look(poller)

    assert found is not None
    assert (found.what, found.run) == ("queued", "")


@pytest.mark.parametrize("deaths", [1, 3])
def test_run_that_a_power_cut_ended_goes_on_but_not_for_ever(poller: Desk, deaths: int) -> None:
    for _ in range(deaths):
        leave_run(poller, None)

    found = look(poller)

    assert found is not None
    assert found.what == ("started" if deaths == 1 else "not_ready")


def test_failed_run_waits_for_a_person_and_for_the_next_act(poller: Desk) -> None:
    leave_run(poller, failed())

    kept = look(poller)
    poller.office.book.record(MAILBOX, "case.assigned", {"agent": "Otra Prueba"})
    again = look(poller)

    assert kept is not None
    assert (kept.what, "el destino no respondió" in kept.text) == ("not_ready", True)
    assert again is not None
    assert again.what == "started"


@pytest.mark.parametrize("status", ["Cancelado", "En espera", "Registrado"])
def test_case_that_a_person_holds_or_nobody_has_is_left_alone(poller: Desk, status: str) -> None:
    poller.edit_case(MAILBOX, "Estado", status)

    assert look(poller) is None


def test_recovery_is_begun_by_a_person(poller: Desk) -> None:
    poller.office.book.record(MAILBOX, "case.classified", {"kind": "recovery", "subject": MARTA, "mode": "on_site"})

    found = look(poller)

    assert found is not None
    assert (found.what, f"copias restore {MAILBOX}" in found.text) == ("not_ready", True)


def test_run_of_long_ago_does_not_keep_a_case_that_was_acted_on(poller: Desk) -> None:
    old = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    leave_run(poller, Result(1, "x", old, {}))
    poller.office.book.record(MAILBOX, "case.assigned", {"agent": "Otra Prueba"})

    found = look(poller)

    assert found is not None
    assert found.what == "started"


def test_case_that_was_reopened_waits_until_it_is_decided_again_whose_it_is(poller: Desk) -> None:
    book = poller.office.book
    book.record(MAILBOX, "case.classified", {"kind": "mailbox", "subject": MARTA, "mode": "on_site"})
    book.record(MAILBOX, "case.cancelled", {"reason": "era otra cuenta"})
    book.record(MAILBOX, "case.reopened", {"reason": "era otra cuenta"})

    found = look(poller)

    assert found is not None
    assert (found.what, "se reabrió" in found.text) == ("not_ready", True)
