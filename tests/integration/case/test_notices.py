"""Each notice arrives once, with its words, whatever happens on the way; and the case never waits for it."""

from __future__ import annotations

import typing as t
from base64 import b64encode

import orjson
import pytest

from copias.case.closing import finish_waiting, plan_close
from copias.case.deciding import decide
from copias.case.guard import record_failure
from copias.case.starting import plan_start
from copias.errors import SourceUnavailable
from copias.google.service import SHEETS_SCOPES
from copias.package.facts import ProofLevel
from copias_sandbox import control
from copias_sandbox.seed.words import HELP_DESK
from tests.integration.case.conftest import CASE, MAILBOX, MARTA, SEND, Desk, make_office

ON_HOLD = "Caso 1234: su solicitud de copia está en espera"
SHA = "ab" * 32
PLANTED = "frase-plantada-8191"
STRANGER = "vecina@otro.example"


def hold(desk: Desk, number: str = CASE, reason: str = "falta el acta") -> None:
    decide(desk.office, number, "case.held", reason=reason)


def prove(desk: Desk, number: str = MAILBOX) -> None:
    """Tell the ledger of a copy that was made, stored and proven."""
    book, copy = desk.office.book, f"correo-{MARTA}-{number}"
    made = {
        "copy": copy,
        "kind": "mailbox",
        "generation": 1,
        "subject": MARTA,
        "package": f"Correo/{copy}.zip",
        "store": "nas",
        "bytes": 1_600_000,
        "sha256": SHA,
        "finished": "2026-11-03T15:04:05+00:00",
        "record_series": "Correo",
        "messages": 31,
    }
    book.record(number, "copy.made", made)
    book.record(number, "copy.stored", {"copy": copy})
    book.record(number, "copy.verified", {"copy": copy, "sample": 31, "level": ProofLevel.RESTORED.value})


def forget_delivery(desk: Desk) -> None:
    """Be the process that died after it had sent a notice and before it could write that."""
    ledger = desk.office.deployment.ledger
    *lines, last = ledger.read_bytes().splitlines(keepends=True)
    assert b'"outbox.delivered"' in last
    ledger.write_bytes(b"".join(lines))


def test_the_start_of_a_case_is_told_with_what_is_copied_and_who_attends_it(desk: Desk) -> None:
    plan_start(desk.office, MAILBOX).run()

    (mail,) = desk.mails()
    text = mail.get_content()
    assert mail["Subject"] == "Caso 1235: recibimos su solicitud de copia de seguridad"
    assert mail["To"] == MARTA
    assert text.startswith("Buen día, Marta Cecilia Ejemplo:")
    assert f"Qué se copia: correo, {MARTA}" in text
    assert "La atiende: " in text


def test_a_case_that_starts_again_is_not_told_again(desk: Desk) -> None:
    plan_start(desk.office, MAILBOX).run()
    record_failure(desk.office, MAILBOX, SourceUnavailable("no responde"))
    plan_start(desk.office, MAILBOX).run()

    assert desk.subjects().count("Caso 1235: recibimos su solicitud de copia de seguridad") == 1


def test_a_hold_is_told_with_its_reason_and_each_hold_anew(desk: Desk) -> None:
    hold(desk)
    decide(desk.office, CASE, "case.resumed", reason="llegó")
    hold(desk, reason="falta la firma")

    first, second = desk.mails()
    assert (first["Subject"], first["Auto-Submitted"]) == (ON_HOLD, "auto-generated")
    assert "Por qué: falta el acta" in first.get_content()
    assert "Por qué: falta la firma" in second.get_content()


def test_the_end_of_a_case_is_told_with_its_evidence(desk: Desk) -> None:
    plan_start(desk.office, MAILBOX).run()
    prove(desk)

    story = plan_close(desk.office, MAILBOX).run()

    text = desk.mails()[-1].get_content()
    assert story.state == "resolved"
    for words in (SHA, "1,6 MB (1.600.000 bytes)", f"Correo/correo-{MARTA}-1235.zip", "31 mensajes conciliados"):
        assert words in text


def test_a_failure_is_told_in_our_words_and_never_in_the_error_s(desk: Desk) -> None:
    plan_start(desk.office, MAILBOX).run()
    error = SourceUnavailable(PLANTED, whose=f"/srv/{PLANTED}", why=f"Traceback {PLANTED}", repair=PLANTED)

    record_failure(desk.office, MAILBOX, error)
    record_failure(desk.office, MAILBOX, error)

    text = desk.mails()[-1].get_content()
    assert "Qué pasó: el sistema que se debía copiar no respondió." in text
    assert PLANTED not in text
    assert "Traceback" not in text
    assert desk.count(SEND) == 2  # received, failed


@pytest.mark.parametrize("fault", ["lost", "reset", "truncated"])
def test_a_notice_whose_answer_was_lost_is_found_and_not_sent_again(desk: Desk, fault: str) -> None:
    desk.admin.fault(fault, SEND)
    hold(desk)
    waiting = desk.office.book.story(CASE).unsent

    outcome = desk.office.outbox.deliver_notices(CASE)

    assert len(waiting) == len(outcome.delivered) == 1
    assert desk.subjects() == [ON_HOLD]
    assert desk.count(SEND) == 1


def test_a_notice_is_found_by_its_own_header_when_gmail_gave_it_another_message_id(desk: Desk) -> None:
    hold(desk)
    mail = desk.mails(HELP_DESK, label="SENT")[-1]
    other = mail.as_bytes().replace(b"Message-ID: <copias", b"Message-ID: <otro")
    desk.admin.delete_mail(HELP_DESK, [desk.admin.mail(HELP_DESK)[0]["id"]])
    desk.admin.deliver(HELP_DESK, raw=b64encode(other).decode(), labels=["SENT"])
    forget_delivery(desk)

    outcome = desk.office.outbox.deliver_notices(CASE)

    assert len(outcome.delivered) == 1
    assert desk.count(SEND) == 1


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429, "reason": "rateLimitExceeded"}], ids=str)
def test_while_gmail_is_down_a_notice_waits_and_the_case_is_resolved(desk: Desk, fault: dict[str, t.Any]) -> None:
    plan_start(desk.office, MAILBOX).run()
    prove(desk)
    desk.admin.fault("status", SEND, times=0, **fault)

    story = plan_close(desk.office, MAILBOX).run()
    waiting = desk.office.book.story(MAILBOX).unsent
    desk.admin.clear_faults()
    finish_waiting(desk.office)
    finish_waiting(desk.office)

    assert story.state == "resolved"
    assert len(waiting) == 1
    assert len(desk.mails()) == 2
    assert desk.office.book.story(MAILBOX).unsent == ()


def test_a_crash_after_sending_does_not_send_again(desk: Desk) -> None:
    hold(desk)
    forget_delivery(desk)

    outcome = desk.office.outbox.deliver_notices(CASE)

    assert len(outcome.delivered) == 1
    assert desk.count(SEND) == 1
    assert desk.subjects() == [ON_HOLD]


def test_a_crash_before_sending_sends_once(desk: Desk) -> None:
    desk.admin.fault("status", SEND, times=0)
    hold(desk)
    desk.admin.clear_faults()
    (key,) = desk.office.book.story(CASE).unsent
    desk.office.book.record(CASE, "outbox.attempted", {"key": key})

    desk.office.outbox.deliver_notices(CASE)
    desk.office.outbox.deliver_notices(CASE)

    assert desk.subjects() == [ON_HOLD]


def test_what_may_be_under_way_still_is_not_looked_for_too_early(home, desk: Desk) -> None:
    office = make_office(control.required(home), desk.config, notices={"sender": HELP_DESK, "settle_seconds": 3600})
    desk.admin.fault("lost", SEND)
    decide(office, CASE, "case.held", reason="falta el acta")

    outcome = office.outbox.deliver_notices(CASE)

    assert len(outcome.waiting) == 1
    assert "copias outbox" in outcome.trouble.repair
    assert desk.count(SEND) == 1


@pytest.mark.parametrize(
    "name",
    [
        "Marta\r\nBcc: otra@alcaldia.example",
        "\u202egnp.exe atraM",
        "M" * 300,
        "\"; DROP <b>Marta</b> '",
        "Entre a https://malo.example y gane 100",
    ],
    ids=["line break", "right to left", "long", "quotes", "advertisement"],
)
def test_a_hostile_name_changes_neither_recipients_nor_headers(desk: Desk, name: str) -> None:
    desk.edit_case(CASE, "Nombre del solicitante", name)

    hold(desk)

    (mail,) = desk.mails()
    assert mail["To"] == MARTA
    assert sorted(mail.keys()) == sorted(set(mail.keys()))
    assert mail["Bcc"] is None
    assert mail["Subject"] == ON_HOLD
    assert "malo.example" not in mail.get_content()
    assert "\u202e" not in mail.get_content()


@pytest.mark.parametrize(
    "address", [STRANGER, "", "marta", f"{MARTA}, {STRANGER}", f"{MARTA}\nBcc: {STRANGER}", f'"x"@{STRANGER}'], ids=repr
)
def test_who_is_not_of_the_organisation_is_not_written_to_and_that_is_recorded_once(desk: Desk, address: str) -> None:
    desk.edit_case(CASE, "Dirección de correo electrónico", address)

    hold(desk)
    desk.office.outbox.deliver_case(CASE)

    assert desk.count(SEND) == 0
    assert desk.events(CASE).count("notice.skipped") == 1
    assert desk.mails() == []


def test_a_deployment_may_write_to_anybody(home, desk: Desk) -> None:
    notices = {"sender": HELP_DESK, "any_recipient": True, "settle_seconds": 0}
    office = make_office(control.required(home), desk.config, notices=notices)
    desk.edit_case(CASE, "Dirección de correo electrónico", STRANGER)

    decide(office, CASE, "case.held", reason="falta el acta")

    assert desk.count(SEND) == 1


def test_without_notices_in_the_deployment_nobody_is_written_to(home, desk: Desk) -> None:
    office = make_office(control.required(home), desk.config, notices=None)

    decide(office, CASE, "case.held", reason="falta el acta")

    assert desk.count(SEND) == 0
    assert not any("notice" in key for key in office.book.story(CASE).queued)


def test_a_sender_that_may_not_send_is_recorded_with_its_repair_and_holds_nothing_up(home, desk: Desk) -> None:
    client = orjson.loads(desk.office.deployment.google.key_file.read_bytes())["client_id"]
    desk.admin.request("POST", "/delegation", {"client_id": client, "scopes": list(SHEETS_SCOPES)})

    hold(desk)

    story = desk.office.book.story(CASE)
    (rejected,) = story.rejected.values()
    assert "delegue" in rejected["repair"]
    assert story.unsent == ()
    assert story.waiting == ()


def test_a_case_of_another_service_is_told_nothing(desk: Desk) -> None:
    """A person may hold it, and the sheet shows that; its requester did not ask for a copy."""
    numbers = (str(number) for number in range(1001, 1050))
    other = next(number for number in numbers if not desk.office.help_desk.case(number).guess.is_case)

    hold(desk, other)

    assert desk.count(SEND) == 0
    assert desk.events(other) == ["case.held", "outbox.queued", "outbox.attempted", "outbox.delivered"]
