"""A remote case that is reopened waits for another delivery: the old file, which lies there still, is no answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from copias.case.closing import plan_close
from copias.case.deciding import decide
from copias.case.starting import plan_start
from copias.case.states import State
from copias.case.story import SPOILT
from copias.errors import Doubtful
from copias.provider.asking import plan_request
from copias.provider.waiting import AwaitingProvider
from tests.integration.case.conftest import CASE, Desk
from tests.integration.case.delivering import SQL, deliver, drop, finish, take_in
from tests.integration.case.remote import ask, end_playbook, look, remote_office

NEW = SQL.replace(b"1:02:03", b"7:08:09")


@pytest.fixture
def resolved(home: Path, desk: Desk) -> Desk:
    """A desk whose demo case was resolved with what its provider delivered."""
    desk.office = remote_office(home, desk)
    ask(desk)
    deliver(desk, "sinfa.sql", SQL)
    finish(desk)
    plan_close(desk.office, CASE).run()
    return desk


def reopen(desk: Desk) -> None:
    """Reopen the case and ask its provider again, as the next run does."""
    decide(desk.office, CASE, "case.reopened", reason="la copia era del mes pasado")
    plan_start(desk.office, CASE).run()
    plan_request(desk.office, CASE).run()
    end_playbook(desk)


def test_file_of_the_copy_that_the_case_was_reopened_over_is_not_taken_again(resolved: Desk) -> None:
    reopen(resolved)

    (seen,) = look(resolved)
    with pytest.raises(AwaitingProvider) as caught:
        take_in(resolved)

    assert seen.what == "awaited"
    assert "antes de reabrir el caso: falta otra entrega" in seen.text
    assert "antes de reabrir" in caught.value.why
    assert resolved.office.book.story(CASE).copy is None


def test_new_file_beside_the_old_one_is_the_delivery(resolved: Desk) -> None:
    reopen(resolved)
    deliver(resolved, "sinfa-corregida.sql", NEW)

    finish(resolved)
    plan_close(resolved.office, CASE).run()

    first, second = resolved.office.book.story(CASE).copies
    assert resolved.office.book.story(CASE).state is State.RESOLVED
    assert first.data["delivered_sha256"] != second.data["delivered_sha256"]


def test_same_content_put_there_again_is_doubted(resolved: Desk) -> None:
    reopen(resolved)
    (drop(resolved) / "sinfa.sql").unlink()
    deliver(resolved, "sinfa-corregida.sql", SQL)

    with pytest.raises(Doubtful, match=f"byte por byte, la que se entregó para hacienda en el caso {CASE}"):
        finish(resolved)


def test_file_of_a_copy_that_its_store_spoilt_makes_it_anew(resolved: Desk) -> None:
    copy = resolved.office.book.story(CASE).copy
    assert copy is not None
    resolved.office.book.record(CASE, SPOILT, {"copy": copy.copy_id, "why": "no es lo que se guardó"})
    reopen(resolved)

    finish(resolved)

    assert resolved.office.book.story(CASE).state is State.VERIFIED
