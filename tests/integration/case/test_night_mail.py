"""The night's summary and the alarms as mail: once, now or later, and a witness that the audit reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from copias.cli.app import app
from copias.errors import LedgerBroken
from copias.ledger.witnesses import find_unmet, gather_witnesses
from copias.letters import Draft, deliver_letters, list_waiting_letters, queue_letter
from copias.night.outbox import deliver_waiting
from copias.night.report import FINISHED, Item, NightReport, keep_report
from copias.night.telling import tell_night
from copias_sandbox import control
from tests.integration.case.conftest import ADMINISTRATOR, MARTA, SEND, Desk, make_office
from tests.unit.ledger.test_witnesses import rewrite

DRAFT = Draft("[copias] Alarma: el disco está casi lleno", "Texto con ñ y tildes.\n", "<p>ñ</p>")
BAD = Item(kind="database", name="hacienda", outcome="failed", error={"what": "no respondió", "repair": "mire"})


def report(run: str = "nightly-1") -> NightReport:
    moment = "2026-11-26T08:15:20+00:00"
    return NightReport(run=run, started=moment, finished=moment, ended="finished", items=(BAD,))


def end(desk: Desk, told: NightReport) -> None:
    facts = {"run": told.run, "ended": told.ended, "only": (), "counts": told.counts, "failed": ["hacienda"]}
    desk.office.record(FINISHED, {**facts, "report": keep_report(desk.office.deployment, told)})
    tell_night(desk.office, told)


def test_summary_arrives_once_with_text_and_page(desk: Desk) -> None:
    told = report()
    end(desk, told)

    tell_night(desk.office, told)

    (mail,) = desk.mails(ADMINISTRATOR)
    assert str(mail["Subject"]).strip() == "[copias] Noche del 26/11/2026: 1 falla de 1"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert "copias nightly --only hacienda" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert list_waiting_letters(desk.office) == {}


def test_summary_is_a_witness_that_catches_history_written_anew(desk: Desk) -> None:
    desk.office.record("finding.opened", {"finding": "H-1", "about": "nas", "what": "lleno"})
    end(desk, report())
    kept = gather_witnesses(desk.office).witnesses
    before = find_unmet(desk.office.book.ledger, kept)

    rewrite(desk.office.book.ledger, b"lleno", b"vacio")

    assert len(kept) == 1
    assert before == []
    assert find_unmet(desk.office.book.ledger, kept) == kept


def test_summary_goes_to_those_who_are_named(desk: Desk, home: Path) -> None:
    desk.office = make_office(control.required(home), desk.config, night={"summary_to": [MARTA]})

    end(desk, report())

    assert len(desk.mails(MARTA)) == 1
    assert desk.mails(ADMINISTRATOR) == []


def test_gmail_that_is_down_gets_the_letter_later(desk: Desk) -> None:
    desk.admin.outage()
    end(desk, report())
    waiting = list_waiting_letters(desk.office)
    desk.admin.clear_faults()

    done = deliver_waiting(desk.office)

    assert len(waiting) == 1
    assert (done.delivered, done.trouble) == (1, None)
    assert len(desk.mails(ADMINISTRATOR)) == 1


def test_outbox_sends_the_letters_that_wait_and_says_so(desk: Desk) -> None:
    queue_letter(desk.office, "alarma-disco", DRAFT, to=[ADMINISTRATOR])
    call = ["outbox", "--config", str(desk.config)]

    first, second = CliRunner().invoke(app, call), CliRunner().invoke(app, call)

    assert (first.exit_code, first.stdout) == (0, "Correos de la instalación: 1 enviados, 0 pendientes.\n")
    assert second.stdout == "No hay nada pendiente.\n"
    assert len(desk.mails(ADMINISTRATOR)) == 1


def test_letter_whose_answer_was_lost_is_found_among_the_sent(desk: Desk) -> None:
    queue_letter(desk.office, "alarma-disco", DRAFT, to=[ADMINISTRATOR])
    desk.admin.fault("lost", SEND)
    first = deliver_letters(desk.office)

    second = deliver_letters(desk.office)

    assert (first.delivered, len(first.waiting), len(second.delivered)) == ((), 1, 1)
    assert len(desk.mails(ADMINISTRATOR)) == 1


def test_permission_that_is_missing_loses_no_letter(desk: Desk) -> None:
    queue_letter(desk.office, "alarma-disco", DRAFT, to=[ADMINISTRATOR])
    desk.admin.fault("status", SEND, status=403, reason="forbidden")
    refused = deliver_letters(desk.office)
    desk.admin.clear_faults()

    done = deliver_letters(desk.office)

    assert refused.trouble is not None
    assert len(done.delivered) == 1


def test_letter_that_somebody_changed_is_not_sent_and_holds_no_other_back(desk: Desk) -> None:
    queue_letter(desk.office, "alarma-disco", DRAFT, to=[ADMINISTRATOR])
    (file,) = (desk.office.deployment.state / "letters").iterdir()
    file.write_bytes(file.read_bytes().replace(b"lleno", b"vacio"))
    queue_letter(desk.office, "alarma-reloj", DRAFT, to=[ADMINISTRATOR])

    posted = deliver_letters(desk.office)

    assert (len(posted.delivered), len(posted.rejected)) == (1, 1)
    assert list_waiting_letters(desk.office) == {}


def test_header_of_a_letter_cannot_be_written_by_its_subject(desk: Desk) -> None:
    queue_letter(desk.office, "alarma-x", Draft("Hola\r\nBcc: otra@x.example", "t\n"), to=[ADMINISTRATOR])

    deliver_letters(desk.office)

    (mail,) = desk.mails(ADMINISTRATOR)
    assert mail["Bcc"] is None
    assert "Bcc: otra@x.example" in str(mail["Subject"])


def test_broken_ledger_queues_nothing(desk: Desk) -> None:
    desk.office.record("finding.opened", {"finding": "H-1", "about": "nas", "what": "lleno"})
    desk.office.deployment.ledger.write_bytes(b"nada\n")

    with pytest.raises(LedgerBroken):
        queue_letter(desk.office, "alarma-x", DRAFT, to=[ADMINISTRATOR])
