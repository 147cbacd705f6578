"""What is looked for is found as people type it, and a number stays one message's."""

from __future__ import annotations

import typing as t
from pathlib import Path
from types import SimpleNamespace

import pytest

from copias.errors import BadInput
from copias.mailbox.restore.numbering import Numbering, read_numbers
from copias.mailbox.restore.opening import SourceName
from copias.mailbox.restore.search import Query, query_of_days
from copias.package.message_list import ListedMessage

NOON = 1_795_021_200_000
"""18/11/2026, 12:00 in Colombia."""
MIRROR, COPY = SourceName("mirror", "ana@example.test"), SourceName("copy", "correo-ana-1234")


def listed(**facts: t.Any) -> ListedMessage:
    ordinary: dict[str, t.Any] = {
        "entry": "2026/11/20261118-120000-18c5.eml",
        "id": "18c5",
        "thread_id": "18c5",
        "labels": ("INBOX", "Contratos, actas"),
        "state": "",
        "internal_date": NOON,
        "date": "",
        "sender": "Rosalba Quintana Ñáñez <rosalba@example.test>",
        "recipients": "",
        "subject": "Acta de REUNIÓN",
        "message_id": "",
        "bytes": 1,
        "sha256": "0" * 64,
        "deleted_at": None,
        "part": 1,
    }
    return ListedMessage(**{**ordinary, **facts})


@pytest.mark.parametrize(
    "query",
    [
        Query(),
        Query(sender="quintana nanez"),
        Query(subject="reunion"),
        Query(label="contratos, ACTAS"),
        query_of_days(since="18/11/2026", until="18/11/2026"),
        query_of_days(since="2026-11-01", sender="rosalba", subject="acta"),
    ],
    ids=str,
)
def test_message_is_taken(query: Query) -> None:
    assert query.takes(listed())


@pytest.mark.parametrize(
    "query",
    [
        Query(sender="pedro"),
        Query(label="contratos"),
        query_of_days(since="19/11/2026"),
        query_of_days(until="17/11/2026"),
        Query(subject="acta", label="SPAM"),
    ],
    ids=str,
)
def test_message_is_left(query: Query) -> None:
    assert not query.takes(listed())


def test_day_counts_whole_in_colombia() -> None:
    day = query_of_days(since="18/11/2026", until="18/11/2026")

    assert day.since is not None
    assert day.until is not None
    assert day.until - day.since == 86_400_000
    assert day.takes(listed(internal_date=day.since))
    assert not day.takes(listed(internal_date=day.until))


@pytest.mark.parametrize("text", ["11/18/2026", "ayer", "", "2026-13-01", "18-11-26"])
def test_what_is_no_day_is_a_usage_error(text: str) -> None:
    with pytest.raises(BadInput, match="no se entiende"):
        query_of_days(since=text)


def test_days_the_wrong_way_round_are_a_usage_error() -> None:
    with pytest.raises(BadInput, match="después"):
        query_of_days(since="19/11/2026", until="18/11/2026")


def test_only_the_names_of_what_was_asked_are_known_of_a_query() -> None:
    assert Query(sender="Rosalba", until=5).used == ("sender", "until")


@pytest.fixture
def numbering(tmp_path: Path) -> Numbering:
    office: t.Any = SimpleNamespace(deployment=SimpleNamespace(state=tmp_path))
    return Numbering(office, "1236")


def test_number_stays_the_same_message_however_often_one_searches(numbering: Numbering) -> None:
    first = numbering.add(MIRROR, ["aa", "bb"])

    second = numbering.add(MIRROR, ["cc", "bb"])

    assert first == {"aa": 1, "bb": 2}
    assert second == {"cc": 3, "bb": 2}
    assert numbering.pick([3, 1]) == (MIRROR, frozenset({"aa", "cc"}))


def test_same_message_in_another_copy_has_another_number(numbering: Numbering) -> None:
    numbering.add(MIRROR, ["aa"])

    assert numbering.add(COPY, ["aa"]) == {"aa": 2}
    with pytest.raises(BadInput, match="copias distintas"):
        numbering.pick([1, 2])


@pytest.mark.parametrize("numbers", [[0], [3], [1, 99]])
def test_number_that_was_never_given_is_a_usage_error(numbering: Numbering, numbers: list[int]) -> None:
    numbering.add(MIRROR, ["aa", "bb"])

    with pytest.raises(BadInput, match="no hay un mensaje con ese número"):
        numbering.pick(numbers)


def test_before_a_search_there_are_no_numbers(numbering: Numbering) -> None:
    with pytest.raises(BadInput, match="todavía no se ha buscado"):
        numbering.pick([1])


def test_numbering_is_private_and_holds_no_more_than_ids(numbering: Numbering, tmp_path: Path) -> None:
    numbering.add(COPY, ["aa"])

    (file,) = tmp_path.glob("recoveries/*.found.json")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert file.read_bytes() == (
        b'{"sources":[{"kind":"copy","name":"correo-ana-1234","keys":[]}],"messages":[[0,"aa"]]}'
    )


@pytest.mark.parametrize(("text", "numbers"), [("3", (3,)), ("3, 7", (3, 7)), ("1-3,2,9", (1, 2, 3, 9))])
def test_numbers_are_read(text: str, numbers: tuple[int, ...]) -> None:
    assert read_numbers(text) == numbers


@pytest.mark.parametrize("text", ["", "0", "a", "3-1", "1,,2", "-1", "1-999999999", "٣", "1.5"])
def test_what_are_no_numbers_is_a_usage_error(text: str) -> None:
    with pytest.raises(BadInput, match="no se entienden"):
        read_numbers(text)
