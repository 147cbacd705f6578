"""The story of a case says of a proof how far it goes, and no further."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from copias.case.story import Story
from copias.case.telling import tell_events
from copias.ledger import Event


def tell(data: dict[str, Any], *, event: str = "copy.verified") -> str:
    moment = datetime(2026, 11, 26, 12, tzinfo=UTC).isoformat()
    who = {"name": "Ana"}
    told = Event(n=1, time=moment, event=event, case="7", run=None, actor=who, data=data, previous="")
    ((_, _, words),) = tell_events(Story("7", events=(told,)))
    return words


@pytest.mark.parametrize(
    ("level", "words"),
    [
        ("received", "tal como llegó"),
        ("intact", "restauración no probada"),
        ("loaded", "sin comparar con el origen"),
        ("delivered", "conciliación con el origen no posible"),
    ],
)
def test_copy_that_was_compared_with_no_source_is_not_told_equal_to_it(level: str, words: str) -> None:
    said = tell({"copy": "sinfa-hacienda-7", "level": level})

    assert words in said
    assert "igual al origen" not in said


def test_restored_copy_is_told_equal_and_what_was_not_compared_too() -> None:
    assert tell({"copy": "c", "level": "restored"}) == "Copia c probada e igual al origen"
    assert tell({"copy": "c", "level": "restored", "not_compared": 2}).endswith("2 tablas no se pudieron comparar")


def test_mail_that_left_and_copy_that_moved_are_told_in_the_story() -> None:
    exported = {"messages": 26, "account": "o'neil+ñ@valle.example", "bytes": 99_500, "sha256": "a" * 64}

    left = tell(exported, event="copy.exported")
    moved = tell({"copy": "c", "store": "nas_nueva"}, event="copy.moved")

    assert left.startswith("Exportó 26 mensajes de o'neil+ñ@valle.example a un archivo mbox")
    assert "a" * 64 in left
    assert moved == "Copia c pasada al destino nas_nueva, releída e igual"


def test_one_message_is_told_as_one() -> None:
    facts = {"restore": "r1", "account": "ana@valle.example", "source": "espejo local", "messages": 1, "compared": 1}

    assert tell({**facts, "found": 1}, event="recovery.searched").endswith("(espejo local): 1 mensaje")
    assert tell(facts, event="restore.planned") == "Eligió 1 mensaje de ana@valle.example para devolver"
    assert tell({**facts, "now": 1}, event="restore.given") == "Devolvió 1 mensaje, de 1"


def test_day_on_which_an_account_was_deleted_is_told_as_people_write_it() -> None:
    facts = {"account": "ana@valle.example", "deleted_at": "2026-11-25T03:15:00+00:00"}

    assert tell(facts, event="account.deleted").endswith("fue eliminada el 24/11/2026 22:15")


def test_recovery_that_lacks_labels_is_told_so_in_each_event() -> None:
    facts = {
        "restore": "r1",
        "messages": 9,
        "now": 9,
        "compared": 9,
        "unlabelled": 3,
        "labels": 2,
        "reason": "Así sirve",
    }

    said = [tell(facts, event=event) for event in ("restore.given", "restore.accepted", "restore.verified")]

    assert all("a 3 les falta alguna de 2 etiquetas que Gmail no recibió" in words for words in said)
    assert said[1].endswith(": Así sirve")
    assert "etiquetas" not in tell({**facts, "unlabelled": 0}, event="restore.given")
