"""A mail to the provider that came back undelivered is never taken for one that reached it."""

from __future__ import annotations

import typing as t
from base64 import b64encode
from pathlib import Path

import pytest

from copias.findings import list_findings
from copias.provider.mails import KeptMail, list_all, list_mails, read_mail
from copias.provider.promising import record_sent
from copias_sandbox.seed.words import HELP_DESK
from tests.integration.case.conftest import CASE, Desk
from tests.integration.case.remote import CONTACT, ask, look, remote_office

DAEMON = "Mail Delivery Subsystem <mailer-daemon@googlemail.com>"


@pytest.fixture
def remote(home: Path, desk: Desk) -> Desk:
    """A desk whose demo case asked a provider for a copy."""
    desk.office = remote_office(home, desk)
    ask(desk)
    return desk


def letters(desk: Desk) -> list[KeptMail]:
    """The mails of the case that we wrote."""
    return [one for one in list_all(desk.office.deployment, desk.office.book.story(CASE)) if "solicitud" in one.name]


def bounce(desk: Desk, *, sender: str = DAEMON, action: str = "failed", letter: bytes | None = None) -> None:
    """Have the letter come back as Gmail writes it (RFC 3464)."""
    original = (
        letter if letter is not None else read_mail(desk.office, CASE, letters(desk)[0]).partition(b"\r\n\r\n")[0]
    )
    raw = (
        f"From: {sender}\r\nTo: {HELP_DESK}\r\nSubject: Delivery Status Notification (Failure)\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; boundary="b"; report-type=delivery-status\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nAddress not found\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; googlemail.com\r\n\r\n"
        f"Final-Recipient: rfc822; {CONTACT}\r\nAction: {action}\r\nStatus: 5.1.1\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\n"
    ).encode() + original
    desk.admin.deliver(HELP_DESK, raw=b64encode(raw + b"\r\n\r\n--b--\r\n").decode())


def test_request_that_came_back_is_told_until_a_person_sent_it(remote: Desk, tmp_path: Path) -> None:
    bounce(remote)

    (told,), (again,) = look(remote), look(remote)
    (letter,) = letters(remote)
    saved = tmp_path / "enviado.eml"
    saved.write_bytes(read_mail(remote.office, CASE, letter))
    record_sent(remote.office, CASE, saved)
    (after,) = look(remote)

    assert (letter.direction, letter.why) == ("returned", f"no le llegó a {CONTACT}")
    assert ["fue devuelto" in one.text for one in (told, again, after)] == [True, True, False]
    assert "escribió el proveedor" not in told.text
    (finding,) = list_findings(remote.office.book.ledger.events())
    assert (finding.about, finding.why) == (f"caso {CASE}", f"no le llegó a {CONTACT}")
    directions = [one.direction for one in list_mails(remote.office, CASE)]
    assert sorted(directions) == ["by_hand", "received", "returned"]


@pytest.mark.parametrize(
    "mail",
    [
        {"action": "delayed"},
        {"sender": "Otro <otro@malo.example>"},
        {"letter": b"X-Copias-Key: copias-1234-1-notice-provider_request.0000000000000000"},
        {"letter": b""},
    ],
    ids=["a delay", "from anybody", "another letter", "of no letter"],
)
def test_mail_that_does_not_say_that_it_failed_changes_nothing(remote: Desk, mail: dict[str, t.Any]) -> None:
    bounce(remote, **mail)

    (told,) = look(remote)

    assert "devuelto" not in told.text
    assert [one.direction for one in letters(remote)] == ["sent"]
