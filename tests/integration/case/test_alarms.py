"""An account that was deleted before its case was resolved: the administrator hears of it on days 15 and 20, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from copias.case.closing import plan_close
from copias.case.deciding import classify, decide
from copias.case.starting import plan_start
from copias.run.polling import Look, poll
from copias_sandbox import control
from tests.integration.case.conftest import ADMINISTRATOR, CASE, MAILBOX, MARTA, Desk, make_office
from tests.integration.case.test_notices import prove

DAY = 86_400


def look(desk: Desk, *, after: float = 0) -> list[Look]:
    """Look some days from now on, by our clock; Google's stays."""
    return poll(desk.office, config=desk.config, now=datetime.now(UTC) + timedelta(days=after)).looks


def delete(desk: Desk, *, ago: float) -> None:
    """Delete the account some days ago; more than 20, and Google has forgotten it."""
    desk.admin.advance_clock(-ago * DAY)
    desk.admin.delete_user(MARTA)
    desk.admin.advance_clock(ago * DAY)


def forget(desk: Desk) -> None:
    """Let the Directory list a deleted account no more."""
    desk.admin.undelete_user(MARTA)
    delete(desk, ago=21)


def alarms(desk: Desk) -> list[str]:
    return [subject for subject in desk.subjects(ADMINISTRATOR) if "fue eliminada" in subject]


def told(days: int) -> str:
    return f"Caso 1235: la cuenta {MARTA} fue eliminada hace {days} días"


@pytest.fixture
def gone(desk: Desk) -> Desk:
    """The account of an open case was deleted just now."""
    desk.admin.delete_user(MARTA)
    return desk


def test_until_day_15_there_is_no_alarm(gone: Desk) -> None:
    (found,) = look(gone, after=14.9)

    assert (found.number, found.what, found.alarm) == (MAILBOX, "deleted", 0)
    assert alarms(gone) == []


def test_on_day_15_the_administrator_is_told_once_how_to_restore_it(gone: Desk) -> None:
    (first,) = look(gone, after=15.01)
    (again,) = look(gone, after=16)

    assert (first.alarm, again.alarm) == (15, 0)
    assert alarms(gone) == [told(15)]
    text = gone.mails(ADMINISTRATOR)[-1].get_content()
    for words in ("quedan 5 días", "«Recuperar»", "https://admin.google.com/ac/users", "copias run 1235"):
        assert words in text


def test_on_day_20_google_has_forgotten_it_and_we_have_not(gone: Desk) -> None:
    look(gone)
    forget(gone)

    (found,) = look(gone, after=20.5)
    look(gone, after=21)

    assert found.alarm == 20
    assert alarms(gone) == [told(20)]
    text = gone.mails(ADMINISTRATOR)[-1].get_content()
    assert "ya pasaron" in text
    assert "soporte de Google Workspace" in text


def test_both_alarms_are_sent_in_their_days(gone: Desk) -> None:
    for day in (1, 15.2, 15.4, 19.9, 20.1, 20.2, 40):
        look(gone, after=day)

    assert alarms(gone) == [told(15), told(20)]


def test_while_gmail_is_down_an_alarm_waits(gone: Desk) -> None:
    gone.admin.fault("status", "gmail.users.messages.send", times=0)
    look(gone, after=15.1)
    gone.admin.clear_faults()

    gone.office.outbox.deliver_all_notices()
    look(gone, after=15.2)

    assert alarms(gone) == [told(15)]


def test_an_account_that_was_restored_alarms_no_more_and_anew_when_it_is_deleted_again(gone: Desk) -> None:
    look(gone, after=15.1)
    gone.admin.undelete_user(MARTA)
    restored = look(gone, after=15.3)
    delete(gone, ago=-30)
    (again,) = look(gone, after=45.5)

    assert restored == []
    assert again.alarm == 15
    assert alarms(gone) == [told(15), told(15)]


def test_of_a_resolved_case_nobody_is_told(desk: Desk) -> None:
    plan_start(desk.office, MAILBOX).run()
    prove(desk)
    plan_close(desk.office, MAILBOX).run()
    desk.admin.delete_user(MARTA)

    assert look(desk, after=15.1) == []
    assert alarms(desk) == []


@pytest.mark.parametrize("where", ["ledger", "sheet"])
def test_of_a_cancelled_case_nobody_is_told(gone: Desk, where: str) -> None:
    if where == "ledger":
        decide(gone.office, MAILBOX, "case.cancelled", reason="ya no")
    else:
        gone.edit_case(MAILBOX, "Estado", "Cancelado")

    assert look(gone, after=15.1) == []
    assert alarms(gone) == []


def test_a_case_that_people_resolved_without_us_is_theirs_and_one_of_ours_is_not_proven_by_a_word(gone: Desk) -> None:
    gone.edit_case(MAILBOX, "Estado", "Solucionado")
    theirs = look(gone, after=15.1)
    gone.office.book.record(MAILBOX, "case.noted", {"reason": "la empezamos nosotros"})

    ours = look(gone, after=15.1)

    assert theirs == []
    assert [one.alarm for one in ours] == [15]


def test_a_recorded_day_of_retirement_counts_when_the_directory_knows_nothing(desk: Desk) -> None:
    delete(desk, ago=25)  # nobody looked while Google still listed it
    today = datetime.now(UTC).date()
    classify(desk.office, MAILBOX, kind="mailbox", subject=MARTA, mode=None, retires=f"{today:%d/%m/%Y}")

    before = look(desk, after=14)
    (found,) = look(desk, after=16.2)

    assert [one.alarm for one in before] == [0]
    assert found.alarm == 15
    assert f"su fecha de retiro era el {today:%d/%m/%Y}" in desk.mails(ADMINISTRATOR)[-1].get_content()


def test_a_day_of_retirement_of_an_account_that_is_there_alarms_nobody(desk: Desk) -> None:
    classify(desk.office, MAILBOX, kind="mailbox", subject=MARTA, mode=None, retires="01/01/2026")

    assert look(desk) == []


def test_while_the_sheet_is_down_the_cases_of_the_ledger_are_looked_at(gone: Desk) -> None:
    classify(gone.office, MAILBOX, kind="mailbox", subject=MARTA, mode=None)
    gone.admin.fault("status", "sheets.*", times=0)

    done = poll(gone.office, config=gone.config, now=datetime.now(UTC) + timedelta(days=15.1))

    assert [one.alarm for one in done.looks] == [15]
    assert done.trouble is not None


def test_a_case_of_another_kind_is_not_looked_at(desk: Desk) -> None:
    desk.admin.delete_user(MARTA)

    assert [one.number for one in look(desk, after=15.1)] == [MAILBOX]
    assert CASE != MAILBOX


def test_without_an_administrator_to_write_to_the_look_still_tells(home: Path, gone: Desk) -> None:
    gone.office = make_office(control.required(home), gone.config, notices=None)

    (found,) = look(gone, after=15.1)

    assert "hace 15 días" in found.text
    assert found.alarm == 0


def test_a_deployment_without_mailboxes_looks_at_nothing(home: Path, gone: Desk) -> None:
    gone.office = make_office(control.required(home), gone.config, mailboxes=None)
    gone.admin.clear_calls()

    assert look(gone, after=15.1) == []
    assert gone.admin.calls() == []
