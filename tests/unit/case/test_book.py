"""What a case may be called, and that nothing illegal is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from copias.case.book import CaseBook, check_number
from copias.case.states import State
from copias.errors import BadInput, NotReady
from copias.ledger import Ledger
from copias.people import Actor, Identity, Person, Role


@pytest.fixture
def book(tmp_path: Path) -> CaseBook:
    return CaseBook(
        Ledger(tmp_path / "ledger.jsonl"), Actor(Identity("ana", "test"), Person(name="Ana", role=Role.AGENT))
    )


@pytest.mark.parametrize("number", ["0", "7", "1234", "1234567890"])
def test_a_number_is_taken(number: str) -> None:
    assert check_number(number) == number


@pytest.mark.parametrize(
    "number",
    ["", " 7", "7 ", "-7", "7.0", "12345678901", "../7", "{{ 7 }}", "7\n", "٧", "７", "0x7", "seven", "00", "007"],
)
def test_anything_else_is_refused(number: str) -> None:
    with pytest.raises(BadInput):
        check_number(number)


def test_zeros_before_a_number_are_said_to_be_the_fault() -> None:
    with pytest.raises(BadInput, match="sin ellos: 12"):
        check_number("0012")


def test_a_refused_event_leaves_no_line(book: CaseBook) -> None:
    with pytest.raises(NotReady):
        book.record("7", "case.resolved")

    assert book.ledger.head().count == 0


def test_stories_are_the_same_as_each_story(book: CaseBook) -> None:
    for number in ("7", "70"):
        book.record(number, "case.assigned", {"agent": "Ana"})
    book.record("7", "case.started", {"kind": "sinfa", "authorisation": {"authoriser": "Mariela"}})

    stories = book.stories()

    assert stories["7"] == book.story("7")
    assert stories["70"].state is State.ASSIGNED
    assert book.story("7").state is State.IN_PROGRESS


def test_a_refused_event_in_the_middle_keeps_those_before(book: CaseBook) -> None:
    with book.adding("7") as page:
        page.add("case.assigned")
        with pytest.raises(NotReady):
            page.add("case.resolved")

    assert [event.event for event in book.ledger.events()] == ["case.assigned"]
