"""A delivery that changes after it was taken is no copy that resolves a case: the new one is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from copias.case.states import State
from copias.case.storing import plan_storing
from copias.errors import NotReady
from copias.provider.proving import plan_proof
from tests.integration.case.conftest import CASE, Desk
from tests.integration.case.delivering import BAK, deliver, drop, finish, take_in
from tests.integration.case.remote import ask, remote_office


@pytest.fixture
def taken(home: Path, desk: Desk) -> Desk:
    """A desk whose demo case took in what looked whole, and stored it."""
    desk.office = remote_office(home, desk)
    ask(desk)
    deliver(desk, "sinfa.bak", BAK)
    take_in(desk)
    plan_storing(desk.office, CASE).run()
    return desk


def test_file_that_grew_after_it_was_taken_is_taken_anew(taken: Desk) -> None:
    deliver(taken, "sinfa.bak", BAK + bytes(4096))

    with pytest.raises(NotReady, match="cambió la entrega después de que se tomó") as caught:
        plan_proof(taken.office, CASE).run()
    finish(taken)

    first, second = taken.office.book.story(CASE).copies
    assert f"copias run {CASE}" in caught.value.repair
    assert (first.status, second.status) == ("void", "verified")
    assert taken.office.book.story(CASE).state is State.VERIFIED


def test_file_that_was_only_put_there_once_more_is_taken_anew_once(taken: Desk) -> None:
    (drop(taken) / "sinfa.bak").unlink()
    deliver(taken, "sinfa.bak", BAK)
    with pytest.raises(NotReady, match="cambió la entrega"):
        plan_proof(taken.office, CASE).run()

    finish(taken)

    assert [copy.status for copy in taken.office.book.story(CASE).copies] == ["void", "verified"]


@pytest.mark.parametrize("gone", ["file", "place"])
def test_file_that_is_tidied_away_after_it_was_taken_is_proven(taken: Desk, gone: str) -> None:
    (drop(taken) / "sinfa.bak").unlink()
    drop(taken).rmdir()
    if gone == "place":
        drop(taken).parent.rmdir()

    plan_proof(taken.office, CASE).run()

    assert taken.office.book.story(CASE).state is State.VERIFIED
