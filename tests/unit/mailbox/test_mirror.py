"""A mirror keeps what was committed, for one writer and any number of readers, and tells what it is asked."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from copias.errors import AlreadyRunning, Altered, NotReady
from copias.mailbox.mirror import Held, Mirror, MirrorReader, MirrorState, NewMessage, Search, count_live

ACCOUNT = "marta@example.test"
SENDERS = ("José Peña <jose@example.test>", "MARÍA <maria@example.test>", "Radicación <r@example.test>")


def message(number: int, *, labels: tuple[str, ...] = ("INBOX",), subject: str = "") -> NewMessage:
    sender = SENDERS[number % len(SENDERS)]
    content = f"From: {sender}\r\nSubject: {subject or f'Acta {number}'}\r\n\r\nCuerpo {number}\r\n".encode()
    return NewMessage(f"{number:016x}", f"{number // 2:016x}", labels, number, 1_700_000_000_000 - number, content)


@contextmanager
def opened(folder: Path, **options: int) -> Iterator[Mirror]:
    with Mirror.open(folder, account=ACCOUNT, **options) as mirror:
        yield mirror


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A mirror with ten messages."""
    with opened(tmp_path / "m") as mirror:
        for number in range(10):
            mirror.add(message(number))
        mirror.commit()
    return tmp_path / "m"


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != "lock"}


def test_what_is_added_is_there_at_once_and_for_others_after_the_commit(tmp_path: Path) -> None:
    with opened(tmp_path / "m") as mirror:
        mirror.add(message(1))
        row = mirror.message(message(1).id)
        assert row is not None
        assert mirror.has(row.id)
        assert mirror.ids() == mirror.live_ids() == {row.id}
        assert mirror.read(row) == message(1).content
        with mirror.view() as reader:
            assert reader.ids() == frozenset()
        mirror.commit()
        with mirror.view() as reader:
            assert list(reader.messages()) == [row]


def test_what_was_not_committed_is_dropped(folder: Path) -> None:
    with opened(folder) as mirror:
        mirror.add(message(99))
        mirror.mark_deleted(message(1).id, 5.0)

    with opened(folder) as mirror:
        assert not mirror.has(message(99).id)
        assert len(mirror.live_ids()) == 10


def test_an_error_drops_what_was_not_committed_and_frees_the_lock(folder: Path) -> None:
    def fail() -> None:
        with opened(folder) as mirror:
            mirror.add(message(99))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    with opened(folder) as mirror:
        assert not mirror.has(message(99).id)


def test_no_message_is_added_twice(folder: Path) -> None:
    with opened(folder) as mirror, pytest.raises(ValueError, match="is in the mirror already"):
        mirror.add(message(1))


def test_rows_lie_in_the_order_in_which_they_were_added(folder: Path) -> None:
    with opened(folder) as mirror:
        mirror.relabel(message(3).id, ["TRASH"], 99)
        mirror.commit()

    with MirrorReader.open(folder) as reader:
        assert [row.id for row in reader.messages()] == [message(number).id for number in range(10)]


def test_labels_change_and_messages_go_and_come_back(folder: Path) -> None:
    with opened(folder) as mirror:
        mirror.relabel(message(1).id, ["TRASH", "Label_1"], 77)
        mirror.mark_deleted(message(2).id, 123.5)
        mirror.mark_deleted(message(3).id, 123.5)
        mirror.revive(message(3).id)
        mirror.commit()

    with opened(folder) as mirror:
        row = mirror.message(message(1).id)
        assert row is not None
        assert (row.labels, row.history_id) == (("TRASH", "Label_1"), 77)
        assert mirror.ids() - mirror.live_ids() == {message(2).id}
    assert count_live(folder) == Held(9, sum(len(message(number).content) for number in range(10) if number != 2))


def test_a_change_of_a_message_that_is_not_here_is_refused(folder: Path) -> None:
    with opened(folder) as mirror:
        with pytest.raises(KeyError):
            mirror.relabel("x", [], 1)
        with pytest.raises(KeyError):
            mirror.mark_deleted("x", 1)
        with pytest.raises(KeyError):
            mirror.revive("x")


def test_state_and_names_of_labels_are_kept(folder: Path) -> None:
    names = {"INBOX": ("INBOX", "system"), "Label_1": ("Contratación/2026", "user")}
    with opened(folder) as mirror:
        assert mirror.state == MirrorState()
        mirror.set_labels(names)
        mirror.set_state(history_id=7, messages_total=10, full=True, when=100.0)
        mirror.set_state(history_id=8, messages_total=11, full=False, when=200.0)
        assert mirror.state == MirrorState(8, 11, synced_at=200.0, listed_at=100.0)
        mirror.commit()

    with MirrorReader.open(folder) as reader:
        assert reader.state == MirrorState(8, 11, synced_at=200.0, listed_at=100.0)
        assert reader.labels() == names
        assert reader.account == ACCOUNT


def test_an_unchanged_round_writes_nothing(folder: Path) -> None:
    with opened(folder) as mirror:
        mirror.set_labels({"A": ("Uno", "user")})
        mirror.commit()
    before = snapshot(folder)

    with opened(folder) as mirror:
        mirror.set_labels({"A": ("Uno", "user")})
        mirror.relabel(message(1).id, ["INBOX"], 1)
        mirror.revive(message(1).id)
        mirror.commit()

    assert snapshot(folder) == before


def test_a_night_without_mail_writes_no_segment_byte(folder: Path) -> None:
    segment = folder / "segments" / "000001.gz.seg"
    before = (segment.stat().st_mtime_ns, segment.read_bytes())

    with opened(folder) as mirror:
        mirror.relabel(message(1).id, ["TRASH"], 50)
        mirror.set_state(history_id=50, messages_total=10, full=False)
        mirror.commit()

    assert (segment.stat().st_mtime_ns, segment.read_bytes()) == before


def test_segments_are_rolled_and_closed_ones_never_change(tmp_path: Path) -> None:
    with opened(tmp_path / "m", segment_bytes=400) as mirror:
        for number in range(20):
            mirror.add(message(number))
        mirror.commit()
    segments = sorted((tmp_path / "m" / "segments").iterdir())
    assert len(segments) > 3
    closed = {path: path.read_bytes() for path in segments[:-1]}
    assert min(map(len, closed.values())) >= 400

    with opened(tmp_path / "m", segment_bytes=10_000) as mirror:
        mirror.add(message(99))
        mirror.commit()

    assert {path: path.read_bytes() for path in closed} == closed
    with MirrorReader.open(tmp_path / "m") as reader:
        assert reader.verify() == 21


def hold(folder: Path, ready: Connection) -> None:
    with opened(folder):
        ready.send(os.getpid())
        ready.recv()


def test_a_second_writer_is_told_who_the_first_is(folder: Path) -> None:
    ours, theirs = multiprocessing.Pipe()
    holder = multiprocessing.get_context("fork").Process(target=hold, args=(folder, theirs))
    holder.start()
    pid = ours.recv()

    try:
        with pytest.raises(AlreadyRunning, match=rf"marta@example.test.*proceso {pid} en .+ desde 20"), opened(folder):
            pass
        with MirrorReader.open(folder) as reader:  # who only looks needs no lock
            assert reader.verify() == 10
    finally:
        ours.send(None)
        holder.join()
    with opened(folder) as mirror:
        assert len(mirror.ids()) == 10


def test_the_mirror_of_another_account_is_refused(folder: Path) -> None:
    told = r"es de otra cuenta.*marta@example.test.*jose@example.test"
    with pytest.raises(Altered, match=told), Mirror.open(folder, account="jose@example.test"):
        pass


def test_a_mirror_that_is_not_there_is_not_ready_and_holds_nothing(tmp_path: Path) -> None:
    assert count_live(tmp_path / "x") == Held(0, 0)
    with pytest.raises(NotReady, match="no hay un espejo"), MirrorReader.open(tmp_path / "x"):
        pass
    assert not (tmp_path / "x").exists()


def test_nobody_else_may_enter_the_folder(folder: Path) -> None:
    assert folder.stat().st_mode & 0o077 == 0


def found(folder: Path, search: Search) -> list[int]:
    with MirrorReader.open(folder) as reader:
        return [int(row.id, 16) for row in reader.search(search)]


@pytest.mark.parametrize(
    ("search", "numbers"),
    [
        (Search(), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        (Search(sender="jose pena"), [9, 6, 3, 0]),
        (Search(sender="MARÍA@"), [7, 4, 1]),
        (Search(sender="maria@EXAMPLE"), [7, 4, 1]),
        (Search(subject="acta 3"), [3]),
        (Search(subject="%"), []),
        (Search(subject="ac_a"), []),
        (Search(since=1_700_000_000_000 - 4, until=1_700_000_000_000 - 1), [4, 3, 2]),
        (Search(label="Label_%"), []),
        (Search(label="INBOX"), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        (Search(label="Label_1"), []),
        (Search(sender="jose", subject="acta 6", label="INBOX"), [6]),
    ],
)
def test_messages_are_found_without_case_or_accents_oldest_first(
    folder: Path, search: Search, numbers: list[int]
) -> None:
    assert found(folder, search) == numbers


def test_a_label_is_found_whole_only(folder: Path) -> None:
    with opened(folder) as mirror:
        mirror.relabel(message(2).id, ['La "b" el', "Label_12"], 99)
        mirror.commit()

    assert found(folder, Search(label="Label_1")) == []
    assert found(folder, Search(label="Label_12")) == [2]
    assert found(folder, Search(label='La "b" el')) == [2]


def test_an_iterator_sees_one_moment_while_the_mirror_grows(folder: Path) -> None:
    with opened(folder) as mirror, MirrorReader.open(folder) as reader:
        rows = reader.messages()
        seen = [next(rows)]
        mirror.add(message(99))
        mirror.commit()
        seen += rows
        assert len(seen) == 10
        assert len(list(reader.messages())) == 11


def test_totals_are_those_of_the_rows(folder: Path) -> None:
    with opened(folder) as mirror:
        mirror.mark_deleted(message(1).id, 5.0)
        mirror.add(replace(message(50), content=b""))
        mirror.commit()

    with MirrorReader.open(folder) as reader:
        rows = list(reader.messages())
        assert reader.totals() == {
            "messages": 11,
            "deleted": 1,
            "bytes": sum(row.bytes for row in rows),
            "packed": (folder / "segments" / "000001.gz.seg").stat().st_size,
            "first": 1_700_000_000_000 - 50,
            "last": 1_700_000_000_000,
        }
