"""Cases that only wait for their rows are resolved by whoever delivers them, each by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from copias.case.closing import finish_waiting
from copias.case.rows import row_key
from copias.case.states import State
from copias.errors import NotReady
from copias.office import Office
from tests.deployment import describe_deployment, office_of

LEAVE = {"authoriser": "Mariela Ejemplo", "post": "Secretaria", "document": "1 de 2026", "motive": "Retiro"}


def add_answered(office: Office, number: str, *, delivered: bool = True) -> str:
    """Add a case whose copy is proven and whose rows arrived, and that nobody resolved yet; return its copy."""
    copy, book, moment = f"sinfa-hacienda-{number}", office.book, "2026-11-01T00:00:00+00:00"
    made = {"copy": copy, "generation": 1, "kind": "sinfa", "subject": "hacienda", "record_series": "S", "store": "nas"}
    made |= {"package": "p.zip", "bytes": 1, "sha256": "ab" * 32, "started": moment, "finished": moment}
    book.record(number, "case.assigned")
    book.record(number, "case.started", {"kind": "sinfa", "subject": "hacienda", "authorisation": LEAVE})
    book.record(number, "copy.made", made)
    book.record(number, "copy.stored", {"copy": copy})
    book.record(number, "copy.verified", {"copy": copy, "level": "restored"})
    for kind in ("control", "resolved"):
        key = row_key(book.story(number), kind)
        book.record(number, "outbox.queued", {"key": key, "kind": kind})
        if delivered:
            book.record(number, "outbox.delivered", {"key": key})
    return copy


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return office_of(describe_deployment(tmp_path), tmp_path)


def test_case_whose_copy_was_spoilt_before_it_was_resolved_keeps_no_other_back_and_says_the_way_out(
    office: Office,
) -> None:
    office.book.record("1", "copy.spoilt", {"copy": add_answered(office, "1"), "why": "no es lo que se guardó"})
    add_answered(office, "2")

    with pytest.raises(NotReady, match="caso 1") as caught:
        finish_waiting(office)

    assert office.book.story("2").state is State.RESOLVED
    assert "no es lo que se guardó" in caught.value.why
    assert "copias reopen 1" in caught.value.repair


def test_case_whose_copy_was_spoilt_is_copied_anew_by_the_way_that_is_told(office: Office) -> None:
    office.book.record("1", "copy.spoilt", {"copy": add_answered(office, "1"), "why": "x"})

    for event in ("case.cancelled", "case.reopened"):
        office.book.record("1", event, {"reason": "la copia se dañó"})

    story = office.book.story("1")
    assert (story.state, story.copy) == (State.ASSIGNED, None)


def test_result_that_waited_to_be_told_is_told_to_nobody_once_its_copy_is_spoilt(office: Office) -> None:
    copy, book = add_answered(office, "1", delivered=False), office.book
    for what in ("notice-resolved", "notice-released-3", "notice-provider_thanks", "notice-on_hold-2"):
        book.record("1", "outbox.queued", {"key": f"copias-1-1-{what}", "kind": "notice"})
    book.record("1", "outbox.queued", {"key": "copias-1-1-on_hold-2", "kind": "response"})

    book.record("1", "copy.spoilt", {"copy": copy, "why": "no es lo que se guardó"})

    story = book.story("1")
    assert story.waiting == ("copias-1-1-on_hold-2",)
    assert story.unsent == ("copias-1-1-notice-on_hold-2",)


def test_case_whose_answer_was_withdrawn_is_told_with_the_way_out(office: Office) -> None:
    office.book.record("1", "copy.spoilt", {"copy": add_answered(office, "1", delivered=False), "why": "x"})

    with pytest.raises(NotReady, match="su copia se dañó") as caught:
        finish_waiting(office)

    assert office.book.story("1").state is State.VERIFIED
    assert "copias reopen 1" in caught.value.repair


def test_answer_of_the_new_copy_is_told_after_one_was_withdrawn(office: Office) -> None:
    office.book.record("1", "copy.spoilt", {"copy": add_answered(office, "1", delivered=False), "why": "x"})
    for event in ("case.cancelled", "case.reopened"):
        office.book.record("1", event, {"reason": "la copia se dañó"})

    key = row_key(office.book.story("1"), "resolved")
    office.book.record("1", "outbox.queued", {"key": key, "kind": "response"})

    assert office.book.story("1").waiting == (key,)
