"""Events are found by their name, and by nothing that their data say."""

from __future__ import annotations

from pathlib import Path

import pytest

from copias.errors import LedgerBroken
from copias.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    found = Ledger(tmp_path / "ledger.jsonl")
    with found.transaction() as page:
        page.append("copy.made", {"copy": "a"}, case="1")
        page.append("case.noted", {"reason": '"event":"copy.made"', "event": "copy.made"}, case="1")
        page.append("copy.stored", {"copy": "a"}, case="1")
    return found


def test_only_the_names_that_were_asked_for_are_yielded_in_order(ledger: Ledger) -> None:
    assert [event.n for event in ledger.events_of({"copy.stored", "copy.made"})] == [1, 3]
    assert [entry["n"] for entry in ledger.data_of({"copy.stored", "copy.made"})] == [1, 3]
    assert list(ledger.events_of({"copy"})) == []


def test_last_event_is_read_from_the_end(ledger: Ledger, tmp_path: Path) -> None:
    last = ledger.last()

    assert last is not None
    assert (last.n, last.event) == (3, "copy.stored")
    assert Ledger(tmp_path / "none.jsonl").last() is None


def test_line_that_is_no_event_is_named(ledger: Ledger) -> None:
    with ledger.path.open("ab") as stream:
        stream.write(b'{"n":4,"time":"","event":"copy.made"\n')

    with pytest.raises(LedgerBroken, match="línea 4"):
        list(ledger.events_of({"copy.made"}))
    with pytest.raises(LedgerBroken, match="línea 4"):
        list(ledger.data_of({"copy.made"}))
