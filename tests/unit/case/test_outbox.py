"""A row reaches the help desk once, whatever happens on the way."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias.case.book import CaseBook
from copias.case.outbox import Outbox, queue
from copias.errors import HelpDeskUnavailable
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

    assert sorted(outbox.deliver_all()) == ["7", "8"]
    assert sorted(desk.rows) == ["row-7", "row-8"]
