"""A suspended account: the case waits, the administrator is asked once, and it goes on by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from copias.case.closing import plan_close
from copias.case.deciding import decide
from copias.case.guard import record_failure
from copias.case.intake import read_case
from copias.case.preflight import check_case
from copias.case.starting import plan_start
from copias.case.suspension import hold_for_account, resume_if_active
from copias.errors import NotReady
from copias.google.directory import Directory
from copias.google.errors import AccountSuspended
from copias.run.folder import RunFolder
from copias.run.follow import stop_run
from copias.run.polling import Look, poll
from copias_sandbox import control
from copias_sandbox.seed.words import DOMAIN, HELP_DESK
from tests.integration.case.conftest import ADMINISTRATOR, MAILBOX, MARTA, SEND, Desk, make_office
from tests.integration.case.test_notices import prove

ASKED = f"Caso 1235: reactive la cuenta {MARTA} mientras se copia"
RELEASED = f"Caso 1235: ya puede suspender la cuenta {MARTA}"
WAITS = "Caso 1235: su solicitud de copia está en espera"
REASON = f"la cuenta {MARTA} está suspendida, y Google no deja leer una cuenta suspendida"


def end_playbook(desk: Desk) -> None:
    """Let the case go, as the end of its playbook does."""
    claim = desk.office.claims.read(MAILBOX)
    assert claim is not None
    desk.office.claims.release(MAILBOX, claim.run)


def begin_suspended(desk: Desk) -> AccountSuspended:
    """Start the case while its account is suspended."""
    desk.admin.suspend(MARTA)
    with pytest.raises(AccountSuspended) as caught:
        plan_start(desk.office, MAILBOX).run()
    end_playbook(desk)
    return caught.value


def look(desk: Desk) -> list[Look]:
    return poll(desk.office, config=desk.config).looks


def answers(desk: Desk) -> list[str]:
    """What the responses of the case say in the sheet."""
    return [f"{row.status_text}: {row.done}" for row in desk.office.help_desk.case(MAILBOX).responses if row.key]


def asked(desk: Desk) -> int:
    return desk.subjects(ADMINISTRATOR).count(ASKED)


def received(desk: Desk) -> list[str]:
    """What the requester finds once the account is active."""
    desk.admin.reactivate(MARTA)
    return desk.subjects()


def test_a_start_puts_the_case_on_hold_and_says_so_to_everybody(desk: Desk) -> None:
    error = begin_suspended(desk)

    text = desk.mails(ADMINISTRATOR)[-1].get_content()
    assert (error.exit_code, error.whose) == (3, "caso 1235")
    assert "copias poll" in error.repair
    assert desk.office.book.story(MAILBOX).state == "on_hold"
    assert answers(desk) == [f"En espera: {REASON}"]
    assert asked(desk) == 1
    assert received(desk) == [WAITS]
    for step in ("https://admin.google.com/ac/users", "«Reactivar»", "«Suspender usuario»", "de una hora a dos días"):
        assert step in text


def test_the_administrator_is_asked_once_for_each_hold(desk: Desk) -> None:
    begin_suspended(desk)
    hold_for_account(desk.office, MAILBOX, MARTA)
    look(desk)
    look(desk)
    first = asked(desk)
    desk.admin.reactivate(MARTA)
    resume_if_active(desk.office, desk.office.book.story(MAILBOX))
    begin_suspended(desk)

    assert first == 1
    assert asked(desk) == 2
    assert [answer.partition(":")[0] for answer in answers(desk)] == ["En espera", "Asignado", "En espera"]


@pytest.mark.parametrize("event", ["case.held", "outbox.queued"])
def test_a_crash_between_hold_and_telling_is_made_good_by_the_next_look(desk: Desk, event: str) -> None:
    begin_suspended(desk)
    ledger = desk.office.deployment.ledger
    lines = ledger.read_bytes().splitlines(keepends=True)
    cut = next(place for place, line in enumerate(lines) if f'"{event}"'.encode() in line)
    ledger.write_bytes(b"".join(lines[: cut + 1]))
    for box in (ADMINISTRATOR, MARTA, HELP_DESK):
        desk.admin.delete_mail(box, [mail["id"] for mail in desk.admin.mail(box)])

    look(desk)
    look(desk)

    assert (asked(desk), received(desk)) == (1, [WAITS])
    assert desk.office.book.story(MAILBOX).waiting == ()


def test_a_case_that_could_not_start_anyway_asks_nobody(desk: Desk) -> None:
    desk.admin.suspend(MARTA)
    desk.edit_case(MAILBOX, "Agente asignado", "")

    with pytest.raises(NotReady, match="condiciones") as caught:
        plan_start(desk.office, MAILBOX).run()

    assert not isinstance(caught.value, AccountSuspended)
    assert "suspendida" in caught.value.why
    assert desk.events(MAILBOX) == []
    assert asked(desk) == 0


def test_an_account_that_is_suspended_in_the_middle_of_a_copy_is_waited_for(desk: Desk) -> None:
    plan_start(desk.office, MAILBOX).run()
    desk.admin.suspend(MARTA)
    error = AccountSuspended("no se leyó el mensaje 1", reason="invalid_grant", whose=MARTA)

    told = record_failure(desk.office, MAILBOX, error)

    assert "queda en espera" in told.what
    assert desk.office.book.story(MAILBOX).state == "on_hold"
    assert "case.failed" not in desk.events(MAILBOX)
    assert asked(desk) == 1


def test_another_account_that_is_suspended_is_a_failure_and_no_hold(desk: Desk) -> None:
    plan_start(desk.office, MAILBOX).run()

    told = record_failure(desk.office, MAILBOX, AccountSuspended("no se leyó", reason="invalid_grant", whose=HELP_DESK))

    assert told.whose == HELP_DESK
    assert desk.office.book.story(MAILBOX).state == "failed"
    assert asked(desk) == 0


def test_while_the_account_is_suspended_a_look_changes_nothing(desk: Desk) -> None:
    begin_suspended(desk)
    before = desk.office.book.ledger.head()

    (found,) = look(desk)

    assert (found.number, found.what) == (MAILBOX, "waits")
    assert desk.office.book.ledger.head() == before


def test_the_case_goes_on_by_itself_once_the_account_is_active(desk: Desk) -> None:
    begin_suspended(desk)
    desk.admin.reactivate(MARTA)

    (found,) = look(desk)
    again = look(desk)

    folder = RunFolder(desk.office.deployment.runs / found.run)
    assert found.what == "started"
    assert folder.request.case == MAILBOX
    assert [one.what for one in again] in (["running"], [])
    assert answers(desk)[1] == f"Asignado: la cuenta {MARTA} está activa otra vez"
    stop_run(folder)


def test_what_still_keeps_a_resumed_case_is_told_until_it_is_right(desk: Desk) -> None:
    begin_suspended(desk)
    desk.admin.reactivate(MARTA)
    desk.edit_case(MAILBOX, "Agente asignado", "")

    first, second = look(desk), look(desk)

    assert [one.what for one in (*first, *second)] == ["not_ready", "not_ready"]
    assert "agente asignado" in first[0].text
    assert desk.events(MAILBOX).count("case.resumed") == 1


def test_a_hold_that_a_person_decided_is_the_person_s_to_end(desk: Desk) -> None:
    decide(desk.office, MAILBOX, "case.held", reason="falta el acta")

    assert look(desk) == []
    resume_if_active(desk.office, desk.office.book.story(MAILBOX))
    assert desk.office.book.story(MAILBOX).state == "on_hold"


def test_a_case_that_a_person_resumed_is_the_person_s_to_run(desk: Desk) -> None:
    begin_suspended(desk)
    desk.admin.reactivate(MARTA)
    decide(desk.office, MAILBOX, "case.resumed", reason="ya está activa")

    assert look(desk) == []


def test_an_account_that_was_deleted_meanwhile_is_told_and_nothing_starts(desk: Desk) -> None:
    begin_suspended(desk)
    desk.admin.delete_user(MARTA)

    found = look(desk)

    assert [one.what for one in found] == ["missing", "deleted"]
    assert desk.office.book.story(MAILBOX).state == "on_hold"


def test_an_agent_who_runs_it_is_told_what_it_waits_for(desk: Desk) -> None:
    begin_suspended(desk)

    with pytest.raises(AccountSuspended, match="queda en espera"):
        resume_if_active(desk.office, desk.office.book.story(MAILBOX))


def test_while_the_directory_is_down_nothing_changes_and_the_trouble_is_told(desk: Desk) -> None:
    begin_suspended(desk)
    desk.admin.reactivate(MARTA)
    desk.admin.fault("status", "directory.users.get", times=0)

    done = poll(desk.office, config=desk.config)

    assert done.looks == []
    assert done.trouble is not None
    assert desk.office.book.story(MAILBOX).state == "on_hold"


def test_the_administrator_is_told_once_when_the_account_may_be_suspended_again(desk: Desk) -> None:
    begin_suspended(desk)
    desk.admin.reactivate(MARTA)
    resume_if_active(desk.office, desk.office.book.story(MAILBOX))
    plan_start(desk.office, MAILBOX).run()
    prove(desk)

    plan_close(desk.office, MAILBOX).run()

    assert desk.office.book.story(MAILBOX).state == "resolved"
    assert desk.subjects(ADMINISTRATOR).count(RELEASED) == 1


def test_of_a_case_that_never_waited_the_administrator_hears_nothing(desk: Desk) -> None:
    plan_start(desk.office, MAILBOX).run()
    prove(desk)

    plan_close(desk.office, MAILBOX).run()

    assert desk.mails(ADMINISTRATOR) == []


def test_a_cancelled_case_releases_the_account_too(desk: Desk) -> None:
    begin_suspended(desk)

    decide(desk.office, MAILBOX, "case.cancelled", reason="ya no hace falta")

    assert desk.subjects(ADMINISTRATOR).count(RELEASED) == 1


def test_without_an_administrator_to_write_to_the_case_waits_all_the_same(home: Path, desk: Desk) -> None:
    desk.office = make_office(control.required(home), desk.config, notices=None)

    error = begin_suspended(desk)

    assert "pídaselo" in error.repair
    assert desk.office.book.story(MAILBOX).state == "on_hold"
    assert len(answers(desk)) == 1
    assert desk.mails(ADMINISTRATOR) == []


def test_a_mail_to_the_administrator_that_was_refused_is_told_at_each_look(desk: Desk) -> None:
    desk.admin.fault("status", SEND, status=400, times=0)
    begin_suspended(desk)

    first, second = look(desk)[0], look(desk)[0]

    assert first.text == second.text
    assert "el correo al superadministrador no salió" in first.text


def test_the_preflight_says_which_account_it_waits_for(desk: Desk) -> None:
    desk.admin.suspend(MARTA)

    preflight = check_case(desk.office, read_case(desk.office, MAILBOX))

    assert preflight.suspended == MARTA
    assert not preflight.ready


def test_the_directory_lists_the_deleted_with_their_moment(desk: Desk) -> None:
    before = {user.address for user in directory(desk).deleted_users()}
    desk.admin.delete_user(MARTA)

    after = {user.address: user.deleted_at for user in directory(desk).deleted_users()}

    assert MARTA not in before
    assert after[MARTA].tzinfo is not None
    assert directory(desk).user(MARTA) is None


def directory(desk: Desk) -> Directory:
    return Directory(desk.office.deployment.google, administrator=f"mesa.ayuda@{DOMAIN}")
