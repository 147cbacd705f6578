"""A mirror follows its mailbox: first in full, then by the history, and in full again when the history is gone."""

from __future__ import annotations

import pytest

from copias.mailbox.mirror import MirrorReader
from tests.integration.mailbox.office import GET, HISTORY, LIST, Office


def test_first_copy_holds_every_message_to_the_byte_with_its_labels(office: Office) -> None:
    office.fill(kinds="all")

    copied = office.copy()

    assert copied.reconciliation.complete
    assert office.mirror() == office.mailbox()
    assert set(copied.reconciliation.copied) == set(office.ids())


def test_mailbox_without_messages_is_copied(office: Office) -> None:
    office.fill(0)

    copied = office.copy()

    assert copied.reconciliation.complete
    assert copied.reconciliation.copied == ()
    assert office.mirror() == {}
    assert copied.history_id > 0


def test_each_message_is_read_once_and_an_old_one_never_again(office: Office) -> None:
    office.fill(20)

    office.copy()
    first = len(office.calls(GET))
    office.copy()
    office.night()

    assert first == len(office.calls(GET)) == 20


def test_ordinary_night_of_an_unchanged_mailbox_costs_three_calls_and_writes_nothing(office: Office) -> None:
    office.fill(20)
    office.copy()
    before = office.segments()
    office.admin.clear_calls()

    report = office.night()

    assert not report.changed
    assert len(office.admin.calls()) - len(office.calls("oauth.token")) == 3
    assert office.segments() == before


def test_history_brings_what_came_went_and_changed_its_labels(office: Office) -> None:
    ids = office.fill(30)
    office.copy()
    office.admin.clear_calls()
    came = office.admin.deliver(office.account, 4)
    office.admin.delete_mail(office.account, ids[:3])
    office.admin.relabel_mail(office.account, ids[5:7], add=["Contratos, actas/2026 «ñ»"], remove=["UNREAD"])

    report = office.night()

    assert (report.full, report.fetched, report.deleted, report.relabelled) == (False, 4, 3, 2)
    assert len(office.calls(GET)) == 4
    assert office.calls(LIST) == []
    assert office.mirror() == office.mailbox()
    assert set(came) <= set(office.mirror())
    assert set(office.mirror(deleted=True)) == set(ids[:3])


def test_trash_spam_and_drafts_follow_their_labels(office: Office) -> None:
    ids = office.fill(10)
    office.copy()
    office.admin.relabel_mail(office.account, ids[:2], add=["TRASH"], remove=["INBOX"])
    office.admin.deliver(office.account, kind="draft", labels=["DRAFT"])
    office.admin.deliver(office.account, kind="chat", labels=["CHAT"])
    office.admin.deliver(office.account, kind="spam", labels=["SPAM"])

    office.night()

    assert office.mirror() == office.mailbox()


def test_expired_history_is_followed_by_a_full_listing_that_reads_only_what_is_new(office: Office) -> None:
    ids = office.fill(30)
    office.copy()
    office.admin.deliver(office.account, 2)
    office.admin.delete_mail(office.account, ids[:1])
    office.admin.relabel_mail(office.account, ids[3:5], add=["STARRED", "Nueva"], remove=["INBOX"])
    office.admin.expire_history(office.account)
    office.admin.clear_calls()

    report = office.night()

    assert report.full
    assert (report.fetched, report.deleted) == (2, 1)
    assert len(office.calls(GET)) == 2
    assert office.mirror() == office.mailbox()


def test_renamed_and_deleted_labels_are_known_the_next_night(office: Office) -> None:
    ids = office.fill(6)
    office.admin.relabel_mail(office.account, ids[:2], add=["Vieja"])
    office.copy()
    office.admin.relabel_mail(office.account, ids[:1], remove=["Vieja"], add=["Otra"])

    office.night()

    assert office.mirror() == office.mailbox()


def test_list_that_repeats_items_is_no_longer_mailbox(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copias.google.gmail.PAGE", 5)
    office.fill(23)
    office.admin.fault("repeated", LIST, times=0)

    copied = office.copy()

    assert copied.reconciliation.listed_start == 23
    assert len(office.calls(GET)) == 23
    assert office.mirror() == office.mailbox()


def test_history_of_many_pages_is_read_to_its_end(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.fill(10)
    office.copy()
    monkeypatch.setattr("copias.google.gmail.PAGE", 2)
    for _ in range(3):
        office.admin.deliver(office.account, 3)
        office.admin.relabel_mail(office.account, office.ids()[:4], add=["STARRED"])
        office.admin.delete_mail(office.account, office.ids()[1:2])

    report = office.night()

    assert not report.full
    assert len(office.calls(HISTORY)) > 3
    assert office.mirror() == office.mailbox()


def test_label_names_are_kept_as_they_are(office: Office) -> None:
    names = [
        "A/B/C",
        "uno, dos",
        'con "comillas"',
        "fiesta 🎉",
        "línea\u2028rara",
        "x\r\nBcc: todos@example.test",
        "../../etc",
    ]
    ids = office.fill(len(names))
    for key, name in zip(ids, names, strict=True):
        office.admin.relabel_mail(office.account, [key], add=[name])

    office.copy()

    assert office.mirror() == office.mailbox()
    with MirrorReader.open(office.folder / "m") as reader:
        assert set(names) <= {name for name, _ in reader.labels().values()}


def test_message_that_comes_back_under_its_id_is_of_the_mailbox_again(office: Office) -> None:
    office.fill(8)
    office.admin.snapshot("before")
    office.copy()
    key = office.ids()[2]
    office.admin.delete_mail(office.account, [key])
    office.night()
    assert key in office.mirror(deleted=True)
    office.admin.restore("before")
    office.admin.relabel_mail(office.account, [key], add=["De vuelta"])
    office.admin.expire_history(office.account)

    office.night()

    assert office.mirror() == office.mailbox()
    assert office.mirror(deleted=True) == {}
