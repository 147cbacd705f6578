"""The ledger's promises: order, chain, no half line, nothing changed unseen."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias.errors import LedgerBroken
from copias.ledger import GENESIS, Head, Ledger

VERIFIER = Path(__file__).parents[3] / "scripts" / "verify_ledger.py"


def write(ledger: Ledger, *names: str) -> None:
    for name in names:
        with ledger.transaction({"account": "ana"}) as transaction:
            transaction.append(name, {"n": name}, case="7")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "state" / "ledger.jsonl")


def test_events_come_back_in_order_with_their_actor(ledger: Ledger) -> None:
    write(ledger, "a", "b", "c")

    events = list(ledger.events())

    assert [event.event for event in events] == ["a", "b", "c"]
    assert [event.n for event in events] == [1, 2, 3]
    assert events[0].previous == GENESIS
    assert events[0].actor == {"account": "ana"}


def test_only_the_owner_can_read_it(ledger: Ledger) -> None:
    write(ledger, "a")

    assert ledger.path.stat().st_mode & 0o777 == 0o600
    assert ledger.path.parent.stat().st_mode & 0o777 == 0o700


def test_head_is_the_one_that_verification_finds(ledger: Ledger) -> None:
    assert ledger.head() == Head()

    write(ledger, "a", "b")

    assert ledger.head() == ledger.verify()
    assert ledger.head().count == 2


def test_events_of_one_case_leave_others_out(ledger: Ledger) -> None:
    with ledger.transaction() as transaction:
        transaction.append("a", {"text": '"case":"7"'}, case="8")
        transaction.append("b", case="7")
        transaction.append("c")

    assert [event.event for event in ledger.events("7")] == ["b"]


@given(st.lists(st.binary(min_size=1, max_size=40).filter(lambda tail: b"\n" not in tail), min_size=1, max_size=3))
def test_torn_tail_never_counts_and_is_kept_aside(tmp_path_factory: pytest.TempPathFactory, tails: list[bytes]) -> None:
    ledger = Ledger(tmp_path_factory.mktemp("ledger") / "ledger.jsonl")
    write(ledger, "first")

    for number, tail in enumerate(tails):
        with ledger.path.open("ab") as stream:
            stream.write(tail)
        assert ledger.head().count == number + 1
        write(ledger, f"after {number}")

    assert ledger.verify().count == len(tails) + 1
    assert {path.read_bytes() for path in ledger.path.parent.glob("*.torn-*")} <= set(tails)


@given(data=st.data())
def test_any_changed_byte_is_found(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    ledger = Ledger(tmp_path_factory.mktemp("ledger") / "ledger.jsonl")
    write(ledger, "a", "b", "c")
    witness = ledger.head()
    content = bytearray(ledger.path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    ledger.path.write_bytes(content)

    with pytest.raises(LedgerBroken):
        ledger.verify(witness)


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_line_taken_out_is_named(ledger: Ledger, gone: int) -> None:
    write(ledger, "a", "b", "c")
    witness = ledger.head()
    lines = ledger.path.read_bytes().splitlines(keepends=True)
    del lines[gone]
    ledger.path.write_bytes(b"".join(lines))

    with pytest.raises(LedgerBroken, match=f"línea {gone + 1 if gone < 2 else 2}"):
        ledger.verify(witness)


def test_history_rewritten_with_a_valid_chain_is_caught_by_a_witness_kept_elsewhere(ledger: Ledger) -> None:
    write(ledger, "a", "b")
    witness = ledger.head()
    ledger.path.unlink()
    write(ledger, "a", "forged")

    assert ledger.verify().count == 2
    with pytest.raises(LedgerBroken, match="testigo"):
        ledger.verify(witness)


def test_full_disk_leaves_the_ledger_as_it_was(tmp_path: Path) -> None:
    code = """
import resource, signal, sys
from pathlib import Path
from copias.errors import StoreFull
from copias.ledger import Ledger
ledger = Ledger(Path(sys.argv[1]))
with ledger.transaction() as transaction:
    transaction.append("a")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
size = ledger.path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, size + 20))
try:
    with ledger.transaction() as transaction:
        transaction.append("b")
except StoreFull:
    pass
else:
    sys.exit("it was written")
"""
    path = tmp_path / "ledger.jsonl"

    subprocess.run([sys.executable, "-c", code, str(path)], check=True)

    assert Ledger(path).verify().count == 1
    assert path.read_bytes().endswith(b"\n")


def _append_many(path: Path, count: int) -> None:
    write(Ledger(path), *(f"{os.getpid()} {number}" for number in range(count)))


def test_parallel_writers_lose_nothing(ledger: Ledger) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_append_many, args=(ledger.path, 20)) for _ in range(4)]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert ledger.verify().count == 80
    assert len({event.event for event in ledger.events()}) == 80


def test_the_standalone_script_agrees(ledger: Ledger) -> None:
    write(ledger, "a", "b")

    good = subprocess.run([sys.executable, "-I", VERIFIER, ledger.path], capture_output=True, text=True, check=True)
    ledger.path.write_bytes(ledger.path.read_bytes().replace(b'"a"', b'"z"'))
    bad = subprocess.run([sys.executable, "-I", VERIFIER, ledger.path], capture_output=True, text=True, check=False)

    assert ledger.head().count == 2
    assert str(orjson.loads(ledger.path.read_bytes().splitlines()[1])["previous"])[:8] not in good.stdout
    assert bad.returncode == 1
    assert "2" in bad.stdout + bad.stderr
