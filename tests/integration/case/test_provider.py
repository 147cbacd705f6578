"""A copy that a provider delivers: asked for once, awaited, promised, reminded, late, and gone on with."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from copias.business_time import add_business_days, is_business_day
from copias.case.closing import plan_close
from copias.case.deciding import classify, decide
from copias.case.intake import read_case
from copias.case.preflight import check_case
from copias.case.starting import plan_start
from copias.errors import BadConfiguration, BadInput, NotReady
from copias.local_time import BOGOTA
from copias.provider.asking import plan_request
from copias.provider.mails import list_mails, read_mail
from copias.provider.promising import promise
from copias.provider.request import REJECTED, find_request, is_awaited
from copias.provider.waiting import AwaitingProvider, resume_if_arrived, tell_rejected
from copias.run.folder import RunFolder
from copias.run.follow import stop_run
from copias.run.polling import poll
from copias_sandbox import control
from copias_sandbox.seed.words import HELP_DESK
from tests.integration.case.conftest import ADMINISTRATOR, CASE, MARTA, SEND, Desk, make_office
from tests.integration.case.remote import (
    CONTACT,
    LATE,
    REQUEST,
    SECOND,
    answers,
    ask,
    deliver_file,
    look,
    noon_after,
    prove,
    remote_office,
    sent,
    to_provider,
)


@pytest.fixture
def remote(home: Path, desk: Desk) -> Desk:
    """A desk whose demo case asks for a copy that a provider delivers."""
    desk.office = remote_office(home, desk)
    return desk


# Asked


def test_the_provider_is_asked_once_and_the_case_waits_with_the_promised_time(remote: Desk) -> None:
    plan = ask(remote)

    (mail,) = [mail for mail in sent(remote) if mail["To"] == CONTACT]
    text, request = mail.get_content(), find_request(remote.office.book.story(CASE))
    assert plan.waiting
    assert (mail["Subject"].strip(), mail["Cc"]) == (REQUEST, SECOND)
    assert (mail["Reply-To"], mail["Auto-Submitted"]) == (None, None)
    assert mail["Date"]
    assert request is not None
    promised = f"{request.promised.astimezone(BOGOTA):%d/%m/%Y %H:%M}"
    for words in (promised, "CPS-012-2026", "sinfa", "la carpeta 1234", "SHA-256", "Buen día, Luisa Proveedora:"):
        assert words in text
    assert MARTA not in text
    assert remote.office.book.story(CASE).state == "on_hold"
    assert answers(remote)[-1] == (
        f"En espera: se espera la copia que entrega el proveedor Nube Sur S.A.S., prometida para el {promised}"
    )


def test_the_promise_counts_business_hours_only(remote: Desk) -> None:
    ask(remote)

    request = find_request(remote.office.book.story(CASE))
    assert request is not None
    moment = request.promised.astimezone(BOGOTA)
    assert is_business_day(moment.date())
    assert 8 <= moment.hour < 17 or (moment.hour, moment.minute) == (17, 0)
    assert moment > request.requested_at + timedelta(hours=16)


def test_a_second_run_asks_nobody_and_changes_nothing(remote: Desk) -> None:
    ask(remote)
    head = remote.office.book.ledger.head()

    again = plan_request(remote.office, CASE)

    assert (again.waiting, again.changes) == (True, False)
    assert plan_close(remote.office, CASE).changes is False
    assert plan_close(remote.office, CASE).diff()["after"]["state"] == "on_hold"
    with pytest.raises(AwaitingProvider, match="prometida"):
        resume_if_arrived(remote.office, remote.office.book.story(CASE))
    assert remote.office.book.ledger.head() == head
    assert to_provider(remote) == [REQUEST]


@pytest.mark.parametrize("event", ["provider.requested", "outbox.queued", "case.held"])
def test_a_crash_while_asking_is_made_good_by_the_next_run_and_asks_once(remote: Desk, event: str) -> None:
    ask(remote)
    ledger = remote.office.deployment.ledger
    lines = ledger.read_bytes().splitlines(keepends=True)
    marks = [place for place, line in enumerate(lines) if f'"{event}"'.encode() in line]
    asked = next(place for place, line in enumerate(lines) if b'"provider.requested"' in line)
    ledger.write_bytes(b"".join(lines[: next(place for place in marks if place >= asked) + 1]))
    remote.admin.delete_mail(HELP_DESK, [mail["id"] for mail in remote.admin.mail(HELP_DESK)])

    if is_awaited(remote.office.book.story(CASE)):
        look(remote)
    else:
        plan_start(remote.office, CASE).run()
        plan_request(remote.office, CASE).run()
    look(remote)

    assert to_provider(remote) == [REQUEST]
    assert remote.office.book.story(CASE).state == "on_hold"
    assert remote.office.book.story(CASE).waiting == ()


def test_while_gmail_is_down_the_request_waits_and_leaves_once(remote: Desk) -> None:
    remote.admin.fault("status", SEND, times=0)

    ask(remote)
    before = len(list_mails(remote.office, CASE))
    remote.admin.clear_faults()
    look(remote)
    look(remote)

    assert before == 0
    assert to_provider(remote) == [REQUEST]


def test_what_is_sent_is_what_was_kept(remote: Desk) -> None:
    ask(remote)

    (kept,) = list_mails(remote.office, CASE)
    content = read_mail(remote.office, CASE, kept)
    (mail,) = [mail for mail in sent(remote) if mail["To"] == CONTACT]
    assert message_from_bytes(content, policy=SMTP)["Message-ID"] == mail["Message-ID"]
    assert kept.path.stat().st_mode & 0o777 == 0o600
    assert mail.get_content() == t.cast("EmailMessage", message_from_bytes(content, policy=SMTP)).get_content()
    assert "Solicitamos" not in remote.office.deployment.ledger.read_text()


# Promised, reminded, late


def test_a_promise_moves_the_time_and_the_help_desk_is_told(remote: Desk) -> None:
    ask(remote)
    day = add_business_days(datetime.now(BOGOTA).date(), 9)

    request = promise(remote.office, CASE, f"{day:%d/%m/%Y}", note="por teléfono")

    assert request.promised == datetime(day.year, day.month, day.day, 17, tzinfo=BOGOTA)
    assert answers(remote)[-1] == (
        f"En espera: el proveedor promete la copia para el {day:%d/%m/%Y} 17:00: por teléfono"
    )


@pytest.mark.parametrize("text", ["mañana", "31/02/2027", "01/01/2020", "12/31/2027", "", "31/12/2099"])
def test_a_promise_that_cannot_be_meant_is_refused(remote: Desk, text: str) -> None:
    ask(remote)

    with pytest.raises(BadInput):
        promise(remote.office, CASE, text)


def test_a_provider_that_sends_nothing_is_reminded_on_schedule_and_the_administrator_hears_of_it_once(
    remote: Desk,
) -> None:
    ask(remote)
    promise(remote.office, CASE, f"{add_business_days(datetime.now(BOGOTA).date(), 5):%d/%m/%Y}")

    for days in (-2, -1, -1, 0, 1, 2, 3, 4):
        look(remote, noon_after(remote, days) - timedelta(hours=6 if days <= 0 else 0))

    reminders = [subject for subject in to_provider(remote) if subject != REQUEST]
    assert [subject.partition("] ")[2].split()[0] for subject in reminders] == [
        "Recordatorio",
        "Recordatorio",
        "Está",
        "Está",
    ]
    assert remote.subjects(ADMINISTRATOR).count(LATE) == 1
    assert remote.office.book.story(CASE).state == "on_hold"


def test_a_later_promise_is_late_by_itself_again(remote: Desk) -> None:
    ask(remote)
    look(remote, noon_after(remote, 1))
    promise(remote.office, CASE, f"{add_business_days(datetime.now(BOGOTA).date(), 9):%d/%m/%Y}")
    look(remote, noon_after(remote, -3))
    look(remote, noon_after(remote, 1))

    assert remote.subjects(ADMINISTRATOR).count(LATE) == 2


def test_a_case_that_a_person_holds_reminds_nobody(remote: Desk) -> None:
    ask(remote)
    decide(remote.office, CASE, "case.resumed", reason="se pide de otra manera")
    decide(remote.office, CASE, "case.held", reason="lo pide el jefe")

    assert look(remote, noon_after(remote, 4)) == []
    assert to_provider(remote) == [REQUEST]


def test_a_waiting_case_says_what_it_waits_for_and_not_to_resume_it(remote: Desk) -> None:
    ask(remote)

    preflight = check_case(remote.office, read_case(remote.office, CASE))

    (fault,) = preflight.failed
    assert "copias poll" in fault.repair
    assert "copias resume" not in fault.repair


def test_a_case_that_asked_for_one_database_is_not_given_another(remote: Desk) -> None:
    ask(remote)
    databases = remote.office.deployment.databases
    databases["predial"] = databases["hacienda"]
    decide(remote.office, CASE, "case.resumed", reason="era otra")
    classify(remote.office, CASE, kind="sinfa", subject="predial", mode="remote")

    with pytest.raises(NotReady, match="ya le pidió al proveedor la copia de «hacienda»"):
        plan_start(remote.office, CASE).run()


def test_a_provider_that_is_taken_out_of_the_file_is_told(home: Path, remote: Desk) -> None:
    ask(remote)
    remote.office = make_office(control.required(home), remote.config, mailboxes=None)

    (found,) = look(remote)

    assert (found.what, "nube_sur" in found.text) == ("trouble", True)
    with pytest.raises(BadConfiguration, match="ya no está en el inventario"):
        plan_request(remote.office, CASE)


def test_a_cancelled_case_tells_the_provider_not_to_deliver(remote: Desk) -> None:
    ask(remote)

    decide(remote.office, CASE, "case.cancelled", reason="se pidió dos veces")

    assert to_provider(remote) == [REQUEST, "[Caso 1234] Ya no hace falta la copia de seguridad"]
    assert look(remote) == []


# Delivered


def test_the_case_goes_on_by_itself_once_something_arrived_also_while_gmail_is_silent(remote: Desk) -> None:
    ask(remote)
    waits = look(remote)
    deliver_file(remote)
    remote.admin.fault("status", "gmail.users.messages.list", times=0)

    done = poll(remote.office, config=remote.config)

    (found,) = done.looks
    stop_run(RunFolder(remote.office.deployment.runs / found.run))
    assert [one.what for one in waits] == ["awaited"]
    assert (found.what, found.number) == ("started", CASE)
    assert done.trouble is not None
    assert "Asignado: llegó la copia que entregó el proveedor" in answers(remote)


def test_what_was_rejected_is_told_with_its_reason_and_the_case_waits_on(remote: Desk) -> None:
    ask(remote)
    remote.office.book.record(CASE, REJECTED, {"reason": "el .zip está cortado", "file": "a.zip"})

    tell_rejected(remote.office, CASE, "el .zip está cortado")
    tell_rejected(remote.office, CASE, "el .zip está cortado")

    (mail,) = [mail for mail in sent(remote) if "no se puede usar" in str(mail["Subject"])]
    assert "Por qué: el .zip está cortado" in mail.get_content()
    assert remote.office.book.story(CASE).state == "on_hold"


def test_the_provider_is_thanked_once_when_its_copy_is_proven(remote: Desk) -> None:
    ask(remote)
    decide(remote.office, CASE, "case.resumed", reason="llegó")
    plan_start(remote.office, CASE).run()
    prove(remote)

    plan_close(remote.office, CASE).run()
    plan_close(remote.office, CASE)

    (mail,) = [mail for mail in sent(remote) if "gracias" in str(mail["Subject"])]
    assert mail["To"] == CONTACT
    assert "certificación de restauración" in mail.get_content()
