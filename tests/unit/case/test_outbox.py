"""A row reaches the help desk once, whatever happens on the way."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias.case.book import CaseBook
from copias.case.outbox import Outbox, TooSoon, queue
from copias.errors import BadSheet, HelpDeskUnavailable
from copias.google.errors import GoogleBadRequest, GoogleUnavailable
from copias.helpdesk import WriteUncertain
from copias.ledger import Ledger
from copias.people import Actor, Identity, Person, Role

ACTOR = Actor(Identity("ana", "test"), Person(name="Ana", role=Role.AGENT))


class Desk:
    """A help desk by plan: ``ok``, ``down``, ``lost`` (written, no answer) or ``cut`` (not written, no answer)."""

    def __init__(self, plan: list[str]) -> None:
        self.plan = plan
        self.rows: list[str] = []

    def __call__(self, row: Mapping[str, t.Any], *, attempted_at: str | None) -> dict[str, t.Any]:
        key = row["key"]
        if attempted_at is not None and key in self.rows:
            return {"range": "found"}
        step = self.plan.pop(0) if self.plan else "ok"
        if step == "down":
            raise HelpDeskUnavailable("no responde")
        if step in {"ok", "lost"}:
            self.rows.append(key)
        if step != "ok":
            raise WriteUncertain("sin respuesta")
        return {"range": "appended"}


def make(folder: Path, desk: Desk) -> tuple[CaseBook, Outbox]:
    book = CaseBook(Ledger(folder / "ledger.jsonl"), ACTOR)
    return book, Outbox(book, folder, desk)


@given(st.lists(st.sampled_from(["ok", "down", "lost", "cut"]), max_size=8))
def test_each_row_is_written_once_whatever_the_desk_does(
    tmp_path_factory: pytest.TempPathFactory, plan: list[str]
) -> None:
    desk = Desk(list(plan))
    book, outbox = make(tmp_path_factory.mktemp("outbox"), desk)
    for key in ("a", "b"):
        queue(book, "7", key, {"kind": "response"})

    for _ in range(len(plan) + 1):
        outcome = outbox.deliver_case("7")

    assert outcome.waiting == ()
    assert sorted(desk.rows) == ["a", "b"]
    assert book.story("7").waiting == ()


def test_queueing_the_same_key_again_changes_nothing(tmp_path: Path) -> None:
    book, _ = make(tmp_path, Desk([]))
    queue(book, "7", "a", {"kind": "response"})
    before = book.ledger.head()

    queue(book, "7", "a", {"kind": "response"})

    assert book.ledger.head() == before


def test_a_row_surely_refused_is_not_looked_for(tmp_path: Path) -> None:
    asked: list[str | None] = []

    def desk(row: Mapping[str, t.Any], *, attempted_at: str | None) -> dict[str, t.Any]:
        asked.append(attempted_at)
        if len(asked) == 1:
            raise HelpDeskUnavailable("no responde")
        return {"range": row["key"]}

    book, outbox = make(tmp_path, t.cast("Desk", desk))
    queue(book, "7", "a", {"kind": "response"})

    outbox.deliver_case("7")
    outbox.deliver_case("7")

    assert asked == [None, None]


def test_all_cases_are_delivered(tmp_path: Path) -> None:
    desk = Desk([])
    book, outbox = make(tmp_path, desk)
    for number in ("7", "8"):
        queue(book, number, f"row-{number}", {"kind": "response"})

    assert sorted(outbox.deliver_all_rows()) == ["7", "8"]
    assert sorted(desk.rows) == ["row-7", "row-8"]


class Mail:
    """A sender by plan: ``ok``, ``down``, ``lost`` (sent, no answer), ``cut`` (not sent, no answer) or ``refused``."""

    def __init__(self, plan: list[str]) -> None:
        self.plan = plan
        self.sent: list[str] = []

    def __call__(self, row: Mapping[str, t.Any], *, attempted_at: str | None) -> dict[str, t.Any]:
        key = row["key"]
        if attempted_at is not None and key in self.sent:
            return {"message": "found"}
        step = self.plan.pop(0) if self.plan else "ok"
        if step == "refused":
            raise GoogleBadRequest("no se envió")
        if step in {"ok", "lost"}:
            self.sent.append(key)
        if step != "ok":
            raise GoogleUnavailable("no se envió", maybe_done=step != "down")
        return {"message": "sent"}


def make_mail(folder: Path, mail: Mail, desk: Desk | None = None, *, settle: float = 0) -> tuple[CaseBook, Outbox]:
    book = CaseBook(Ledger(folder / "ledger.jsonl"), ACTOR)
    for key in ("a", "b"):
        queue(book, "7", key, {"kind": "notice", "what": "failed"})
    queue(book, "7", "r", {"kind": "response"})
    return book, Outbox(book, folder, desk or Desk([]), post=mail, settle=settle)


@given(st.lists(st.sampled_from(["ok", "down", "lost", "cut", "refused"]), max_size=8))
def test_each_notice_is_sent_once_or_refused_for_good(
    tmp_path_factory: pytest.TempPathFactory, plan: list[str]
) -> None:
    mail = Mail(list(plan))
    book, outbox = make_mail(tmp_path_factory.mktemp("outbox"), mail)

    for _ in range(len(plan) + 1):
        outbox.deliver_case("7")

    story = book.story("7")
    assert story.unsent == ()
    assert sorted([*mail.sent, *story.rejected]) == ["a", "b"]


def test_rows_and_notices_do_not_wait_for_each_other(tmp_path: Path) -> None:
    mail, desk = Mail(["down", "down"]), Desk(["down"])
    book, outbox = make_mail(tmp_path, mail, desk)

    first = outbox.deliver_case("7")
    second = outbox.deliver_case("7")

    assert first.waiting == ("r", "a", "b")
    assert second.delivered == ("r",)
    assert book.story("7").waiting == ()


def test_a_notice_without_an_answer_is_left_alone_until_it_can_be_found(tmp_path: Path) -> None:
    mail = Mail(["lost"])
    book, outbox = make_mail(tmp_path, mail, settle=3600)
    outbox.deliver_notices("7")

    again = outbox.deliver_notices("7")

    assert isinstance(again.trouble, TooSoon)
    assert again.waiting == ("a",)
    assert mail.sent == ["a", "b"]  # the other did not wait for it
    assert book.story("7").unsent == ("a",)


def test_after_an_outage_of_mail_no_other_case_is_tried(tmp_path: Path) -> None:
    mail = Mail(["down"] * 5)
    book, outbox = make_mail(tmp_path, mail)
    queue(book, "8", "c", {"kind": "notice", "what": "failed"})

    outbox.deliver_all_notices()

    assert len(mail.plan) == 4
    assert book.story("8").unsent == ("c",)


def test_a_row_that_its_sheet_has_no_place_for_keeps_no_other_case_back(tmp_path: Path) -> None:
    desk = Desk([])

    def choosy(row: Mapping[str, t.Any], *, attempted_at: str | None) -> dict[str, t.Any]:
        if row["kind"] == "control":
            raise BadSheet("no está la pestaña «Control»")
        return desk(row, attempted_at=attempted_at)

    book, outbox = make(tmp_path, t.cast("Desk", choosy))
    queue(book, "7", "row-7", {"kind": "control"})
    queue(book, "8", "row-8", {"kind": "response"})

    found = outbox.deliver_all_rows()

    assert desk.rows == ["row-8"]
    assert found["8"].delivered == ("row-8",)
    assert found["7"].waiting == ("row-7",)
    assert isinstance(found["7"].fault, BadSheet)
