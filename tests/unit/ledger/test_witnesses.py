"""Heads that were kept outside name what a ledger that was written anew cannot hide."""

from __future__ import annotations

import io
from pathlib import Path

import orjson
import pytest

from copias.errors import LedgerBroken
from copias.ledger import Head, Ledger
from copias.ledger.witnesses import Witness, find_heads, find_unmet, heads_of_rows, read_head


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    for number in range(6):
        with ledger.transaction() as page:
            page.append("case.noted", {"reason": f"nota {number}"}, case="7")
    return ledger


def witnesses_of(ledger: Ledger) -> list[Witness]:
    return [Witness(head.count, head.sha256, f"fila {head.count}") for head in ledger.heads()]


def rewrite(ledger: Ledger, old: bytes, new: bytes) -> None:
    """Write the whole ledger anew, as who has everything of this machine can: it is a valid chain again."""
    lines = [orjson.loads(line) for line in ledger.path.read_bytes().replace(old, new).splitlines()]
    ledger.path.unlink()
    previous, content = "0" * 64, b""
    for line in lines:
        entry = orjson.dumps({**line, "previous": previous})
        content += entry + b"\n"
        previous = read_head(io.BytesIO(entry + b"\n")).sha256
    ledger.path.write_bytes(content)


def test_every_head_of_a_ledger_lies_on_it(ledger: Ledger) -> None:
    assert find_unmet(ledger, [Witness(0, "0" * 64, "vacía"), *witnesses_of(ledger)]) == []


def test_rewritten_history_is_caught_from_its_first_changed_line_on(ledger: Ledger) -> None:
    kept = witnesses_of(ledger)

    rewrite(ledger, b"nota 3", b"nada 3")

    assert ledger.verify().count == 6
    assert [one.kept_in for one in find_unmet(ledger, kept)] == ["fila 4", "fila 5", "fila 6"]


def test_cut_tail_is_caught(ledger: Ledger) -> None:
    kept = witnesses_of(ledger)
    ledger.path.write_bytes(b"".join(ledger.path.read_bytes().splitlines(keepends=True)[:4]))

    assert [one.count for one in find_unmet(ledger, kept)] == [5, 6]


def test_chain_that_does_not_hold_is_told_first(ledger: Ledger) -> None:
    kept = witnesses_of(ledger)
    ledger.path.write_bytes(ledger.path.read_bytes().replace(b"nota 3", b"nada 3"))

    with pytest.raises(LedgerBroken, match="línea 5"):
        find_unmet(ledger, kept)


@pytest.mark.parametrize("block", [1, 7, 1 << 20])
def test_copy_of_a_ledger_has_the_head_of_the_ledger(ledger: Ledger, block: int) -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(block, size or block))

    assert read_head(Slow(ledger.path.read_bytes())) == ledger.head()
    assert read_head(Slow(b"")) == Head()


def test_heads_are_found_in_mails_and_in_sheets_however_they_stand(ledger: Ledger) -> None:
    head = ledger.head()
    digest = head.sha256

    rows = [["Fecha", "Bitácora"], ["ayer", head.count, digest], [f"{head}"], ["7", "no"], [None, digest]]

    assert list(heads_of_rows(rows)) == [(2, head), (3, head)]
    assert list(find_heads(f"Testigo de la bitácora: {head}.\r\nx{head} {head}0")) == [head]
