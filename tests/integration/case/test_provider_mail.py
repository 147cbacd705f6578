"""What a provider writes is kept as it is and never believed; what a person sends by hand is recorded."""

from __future__ import annotations

import typing as t
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import orjson
import pytest

from copias.errors import BadInput
from copias.google.service import SHEETS_SCOPES
from copias.provider.answers import collect_answers
from copias.provider.letters import MAIL
from copias.provider.mails import list_all, list_mails, read_mail
from copias.provider.promising import record_sent
from tests.integration.case.conftest import CASE, SEND, Desk
from tests.integration.case.remote import (
    CONTACT,
    REQUEST,
    ask,
    look,
    received,
    remote_office,
    write,
)


@pytest.fixture
def remote(home: Path, desk: Desk) -> Desk:
    """A desk whose demo case asks for a copy that a provider delivers."""
    desk.office = remote_office(home, desk)
    return desk


# Mails that come


def test_the_provider_s_answers_are_kept_as_they_are_and_once(remote: Desk) -> None:
    ask(remote)
    write(remote, body="Estará el lunes")

    first = collect_answers(remote.office, CASE)
    again = collect_answers(remote.office, CASE)

    (mail,) = received(remote)
    assert (first, again) == (1, 0)
    assert b"Estar\xc3\xa1 el lunes" in read_mail(remote.office, CASE, mail)
    assert (mail.sender, mail.trusted) == (CONTACT, True)
    assert "lunes" not in remote.office.deployment.ledger.read_text()


def test_a_forged_sender_is_kept_and_not_trusted(remote: Desk) -> None:
    ask(remote)
    write(remote, verified=False)

    collect_answers(remote.office, CASE)

    assert [mail.trusted for mail in received(remote)] == [False]


@pytest.mark.parametrize(
    "mail",
    [
        {"subject": "Re: [Caso 12345] Solicitud"},
        {"subject": "Re: Caso 1234 sin corchetes"},
        {"sender": f'"{CONTACT}" <otro@malo.example>'},
        {"sender": f"{CONTACT}, otro@malo.example"},
        {"sender": f"{CONTACT}.malo.example"},
    ],
    ids=str,
)
def test_mail_that_only_looks_like_the_provider_s_is_not_kept(remote: Desk, mail: dict[str, str]) -> None:
    ask(remote)
    write(remote, **mail)

    assert collect_answers(remote.office, CASE) == 0
    assert collect_answers(remote.office, CASE) == 0

    assert received(remote) == []
    assert remote.events(CASE).count(MAIL) <= 1


def test_another_person_of_the_provider_s_domain_may_answer_where_the_file_says_so(home: Path, desk: Desk) -> None:
    contact = {"name": "Luisa Proveedora", "addresses": [CONTACT], "domains": ["nube-sur.example"]}
    desk.office = remote_office(home, desk, contact=contact)
    ask(desk)
    write(desk, sender="tecnico@nube-sur.example")

    assert collect_answers(desk.office, CASE) == 1


# By hand


def test_a_request_that_gmail_refuses_is_told_until_a_person_sent_it(remote: Desk, tmp_path: Path) -> None:
    client = orjson.loads(remote.office.deployment.google.key_file.read_bytes())["client_id"]
    remote.admin.request("POST", "/delegation", {"client_id": client, "scopes": list(SHEETS_SCOPES)})
    ask(remote)

    (told,) = look(remote)
    (mail,) = list_all(remote.office.deployment, remote.office.book.story(CASE))
    saved = tmp_path / "enviado.eml"
    saved.write_bytes(read_mail(remote.office, CASE, mail))
    record_sent(remote.office, CASE, saved)
    (after,) = look(remote)

    assert (mail.direction, "no salió" in told.text, "no salió" in after.text) == ("unsent", True, False)
    assert remote.office.book.story(CASE).state == "on_hold"


def test_without_mail_the_text_is_left_for_the_agent_who_records_what_was_sent(
    home: Path, desk: Desk, tmp_path: Path
) -> None:
    desk.office = remote_office(home, desk, notices=None)
    ask(desk)
    (draft,) = list_all(desk.office.deployment, desk.office.book.story(CASE))
    mail = t.cast("EmailMessage", message_from_bytes(read_mail(desk.office, CASE, draft), policy=SMTP))
    saved = tmp_path / "enviado.eml"
    saved.write_bytes(mail.as_bytes())

    kept = record_sent(desk.office, CASE, saved)
    again = record_sent(desk.office, CASE, saved)

    assert draft.direction == "draft"
    assert (mail["To"], str(mail["Subject"]).strip(), mail["From"]) == (CONTACT, REQUEST, None)
    assert kept.sha256 == again.sha256
    assert [one.direction for one in list_mails(desk.office, CASE)] == ["by_hand"]
    assert desk.count(SEND) == 0
    assert desk.office.book.story(CASE).state == "on_hold"


def test_a_mail_to_somebody_else_is_not_recorded_as_sent_to_the_provider(remote: Desk, tmp_path: Path) -> None:
    ask(remote)
    saved = tmp_path / "otro.eml"
    saved.write_bytes(b"To: alguien@otro.example\r\nSubject: x\r\n\r\nHola")

    with pytest.raises(BadInput, match="no va dirigido"):
        record_sent(remote.office, CASE, saved)
