"""Seeded mailboxes: the same for the same plan, and with everything that a real one holds."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from email import message_from_bytes
from email.header import decode_header

import pytest

from copias_sandbox.seed.mail import USER_LABELS, WRITERS, MailPlan, default_plan, plan_mail, write_mail
from copias_sandbox.seed.mail_curious import CURIOSITIES, HUGE
from copias_sandbox.seed.mail_letters import ORDINARY

OWNER = "ana@alcaldia.example"


def written(plan: MailPlan, owner: str = OWNER) -> dict[str, bytes]:
    """Return kind → bytes of the last message of that kind."""
    return {
        mail.kind: write_mail(plan, owner, position=mail.position, kind=mail.kind, date=mail.date)
        for mail in plan_mail(plan, owner)
    }


@pytest.fixture(scope="module")
def kinds() -> dict[str, bytes]:
    names = tuple(kind for kind in WRITERS if kind != "huge")
    return written(MailPlan(seed=7, count=len(names), kinds=names))


def digest(plan: MailPlan, owner: str = OWNER) -> str:
    found = hashlib.sha256()
    for mail in plan_mail(plan, owner):
        found.update(repr(mail).encode())
        found.update(write_mail(plan, owner, position=mail.position, kind=mail.kind, date=mail.date))
    return found.hexdigest()


def test_same_plan_and_owner_are_the_same_mailbox_and_others_are_not() -> None:
    plan = MailPlan(seed=1, count=60, curious_every=2)

    assert digest(plan) == digest(MailPlan.from_json(plan.as_json()))
    assert (
        len({digest(plan), digest(plan, "luz@alcaldia.example"), digest(MailPlan(seed=2, count=60, curious_every=2))})
        == 3
    )


def test_rows_of_a_large_mailbox_are_unique_and_in_order() -> None:
    found = list(plan_mail(MailPlan(count=20_000), OWNER))

    assert len({mail.number for mail in found}) == 20_000
    assert [mail.date for mail in found] == sorted(mail.date for mail in found)
    assert all(mail.thread <= mail.number for mail in found)
    assert len({mail.thread for mail in found}) < 20_000


def test_sizes_are_about_the_mean_that_was_asked_for() -> None:
    plan = MailPlan(count=400, mean_bytes=20_000)

    total = sum(
        len(write_mail(plan, OWNER, position=mail.position, kind=mail.kind, date=mail.date))
        for mail in plan_mail(plan, OWNER)
    )

    assert 0.75 < total / 400 / 20_000 < 1.25


def test_default_mailbox_has_curiosities_of_many_kinds() -> None:
    plan = default_plan(20260101, OWNER)

    found = Counter(mail.kind for mail in plan_mail(plan, OWNER))

    assert 12 <= plan.count <= 40
    assert len(found.keys() & CURIOSITIES.keys()) >= 6
    assert found.keys() & ORDINARY.keys()


@pytest.mark.parametrize("given", [{"kinds": ("rara",)}, {"count": -1}, {"mean_bytes": -1}])
def test_plan_that_cannot_be_is_refused(given) -> None:
    with pytest.raises(ValueError, match=r"rara|negative"):
        MailPlan(**given)


def test_mail_is_multipart_in_spanish_with_attachments(kinds) -> None:
    message = message_from_bytes(kinds["attachment"])

    types = [part.get_content_type() for part in message.walk()]
    text = next(part for part in message.walk() if part.get_content_type() == "text/plain").get_payload(decode=True)

    assert types[:2] == ["multipart/mixed", "multipart/alternative"]
    assert "application/pdf" in types
    assert any(part.get_filename() for part in message.walk())
    assert re.search("[áéíóúñ]", text.decode())


@pytest.mark.parametrize("kind", ["subject_quoted", "subject_base64", "subject_reversed"])
def test_headers_are_rfc_2047_words(kinds, kind) -> None:
    subject = message_from_bytes(kinds[kind])["Subject"]

    assert subject.isascii()
    assert "=?" in subject
    assert not "".join(
        part.decode(name or "ascii") for part, name in decode_header(subject) if isinstance(part, bytes)
    ).isascii()


def test_bodies_are_8_bit_and_headers_too(kinds) -> None:
    assert "niñez".encode("latin-1") in kinds["eight_bit"]
    assert "Señalización".encode() in kinds["subject_raw_utf8"]
    assert "Señalización".encode("latin-1") in kinds["subject_raw_latin1"]


def test_lines_begin_with_from(kinds) -> None:
    lines = kinds["from_lines"].split(b"\r\n")

    assert {line.split(b" ")[0] for line in lines if b"From " in line} == {b"From", b">From", b">>From"}


def test_line_ends_are_crlf_bare_lf_and_stray_cr(kinds) -> None:
    assert b"\n" not in kinds["plain"].replace(b"\r\n", b"")
    assert b"\r" not in kinds["bare_line_feeds"]
    assert b"\r" in kinds["stray_returns"].replace(b"\r\n", b"")


def test_messages_have_0_bytes_and_25_megabytes(kinds) -> None:
    huge = written(MailPlan(count=1, kinds=("huge",)))["huge"]

    assert kinds["empty"] == b""
    assert abs(len(huge) - HUGE) < HUGE // 50


def test_hostile_subjects_and_names_are_there(kinds) -> None:
    assert b"../../../../etc" in kinds["subject_path"]
    assert b"\r\nSubject: CON\r\n" in kinds["subject_device"]
    assert len(message_from_bytes(kinds["subject_long"])["Subject"].replace("\r\n", "")) > 300
    assert b"=HYPERLINK" in kinds["subject_formula"]
    assert b"\x00" in kinds["nul_bytes"]
    assert b"../../CON.txt" in kinds["climbing_file"]


def test_spam_trash_drafts_and_chats_have_their_labels() -> None:
    kinds = ("spam", "trash", "draft", "chat")

    found = {mail.kind: mail.labels for mail in plan_mail(MailPlan(count=4, kinds=kinds), OWNER)}

    assert found == {"spam": ("SPAM",), "trash": ("TRASH",), "draft": ("DRAFT",), "chat": ("CHAT",)}


def test_labels_are_nested_with_commas_accents_quotes_and_emoji() -> None:
    assert any(name.count("/") == 2 for name in USER_LABELS)
    for mark in (",", "ó", '"', "🎉", "«", "&", ";"):
        assert any(mark in name for name in USER_LABELS), mark
    used = {label for mail in plan_mail(MailPlan(count=400), OWNER) for label in mail.labels}
    assert {f"Label_{number}" for number in range(1, len(USER_LABELS) + 1)} <= used


def test_answers_refer_to_the_message_that_they_answer() -> None:
    plan = MailPlan(seed=2, count=40)
    mails = list(plan_mail(plan, OWNER))
    answer = next(mail for mail in mails if mail.thread != mail.number)
    before = mails[answer.position - 1]

    content = message_from_bytes(write_mail(plan, OWNER, position=answer.position, kind=answer.kind, date=answer.date))

    assert content["In-Reply-To"] == before.header_id
    assert content["Message-ID"] == answer.header_id
