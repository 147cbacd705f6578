"""Wherever a crash comes, the next run cuts what was not committed and ends as one that never crashed."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from copias.mailbox.mirror import Mirror, MirrorReader, rebuild_index
from tests.unit.mailbox.forged_mirror import ACCOUNT, filled_files_of, message, rows_of

SEGMENT_BYTES = 600
LABELS = st.lists(st.sampled_from(["INBOX", "TRASH", "Label_1", "Ñandú 2"]), max_size=3, unique=True)
FRACTIONS = st.floats(0, 1)
INDEX_FILES = ("index.sqlite", "index.sqlite-wal")

Change = Callable[[Mirror], None]


def replay(folder: Path, changes: list[Change]) -> None:
    with Mirror.open(folder, account=ACCOUNT, segment_bytes=SEGMENT_BYTES) as mirror:
        for change in changes:
            change(mirror)


class CrashingMirror(RuleBasedStateMachine):
    """Changes, commits and crashes in any order; what is committed is also kept as a list of changes."""

    @initialize()
    def begin(self) -> None:
        self.root = Path(tempfile.mkdtemp())
        self.folder = self.root / "crashed"
        self.count = 0
        self.known: list[str] = []
        self.committed: list[Change] = []
        self.pending: list[Change] = []
        self.open()

    def open(self) -> None:
        self.held = ExitStack()
        opening = Mirror.open(self.folder, account=ACCOUNT, segment_bytes=SEGMENT_BYTES)
        self.mirror = self.held.enter_context(opening)
        self.sizes = self.measure()
        self.known = sorted(self.mirror.ids())

    def measure(self) -> dict[Path, int]:
        """Return the length of each file that grows."""
        paths = [*(self.folder / "segments").iterdir(), self.folder / "changes.jsonl"]
        return {path: path.stat().st_size for path in paths}

    def do(self, change: Change) -> None:
        change(self.mirror)
        self.pending.append(change)

    @rule(content=st.binary(max_size=500), labels=LABELS)
    def add(self, content: bytes, labels: list[str]) -> None:
        new = message(self.count, content, tuple(labels))
        self.count += 1
        self.do(lambda mirror: mirror.add(new))
        self.known.append(new.id)

    @precondition(lambda self: self.known)
    @rule(data=st.data(), labels=LABELS, history=st.integers(0, 99))
    def relabel(self, data: st.DataObject, labels: list[str], history: int) -> None:
        key = data.draw(st.sampled_from(self.known))
        self.do(lambda mirror: mirror.relabel(key, labels, history))

    @precondition(lambda self: self.known)
    @rule(data=st.data(), when=st.none() | st.integers(0, 2**40).map(float))
    def mark(self, data: st.DataObject, when: float | None) -> None:
        key = data.draw(st.sampled_from(self.known))
        self.do(lambda mirror: mirror.revive(key) if when is None else mirror.mark_deleted(key, when))

    @rule(names=st.dictionaries(st.sampled_from("ABC"), st.text(max_size=3).map(lambda name: (name, "user"))))
    def name_labels(self, names: dict[str, tuple[str, str]]) -> None:
        self.do(lambda mirror: mirror.set_labels(names))

    @rule(history=st.integers(0, 99), full=st.booleans())
    def set_state(self, history: int, full: bool) -> None:
        self.do(lambda mirror: mirror.set_state(history_id=history, messages_total=1, full=full, when=float(history)))

    @rule()
    def commit(self) -> None:
        self.do(lambda mirror: mirror.commit())
        self.committed += self.pending
        self.pending = []
        self.sizes = self.measure()

    @rule()
    def close_and_open(self) -> None:
        self.held.close()
        self.pending = []
        self.open()

    @rule(data=st.data(), noise=st.binary(max_size=40))
    def crash(self, data: st.DataObject, noise: bytes) -> None:
        """The power fails between two commits: of what was not synced anything may be lost, or be noise."""
        self.held.close()
        self.lose(data, noise)
        self.pending = []
        self.open()

    @rule(data=st.data())
    def crash_in_commit(self, data: st.DataObject) -> None:
        """The power fails while a commit is on its way: the index does not have it, the rest in part."""
        index = {name: (self.folder / name).read_bytes() for name in INDEX_FILES if (self.folder / name).exists()}
        self.mirror.commit()
        self.held.close()
        for path in self.folder.glob("index.sqlite*"):
            path.unlink()
        for name, content in index.items():
            (self.folder / name).write_bytes(content)
        self.lose(data, b"")
        self.pending = []
        self.open()

    def lose(self, data: st.DataObject, noise: bytes) -> None:
        for path, size in self.measure().items():
            committed = self.sizes.get(path, 0)
            kept = committed + round(data.draw(FRACTIONS) * (size - committed))
            os.truncate(path, kept)
            if noise and path not in self.closed():
                path.write_bytes(path.read_bytes() + noise)

    def closed(self) -> list[Path]:
        """Return the segments that were closed at the last commit, where nothing is written any more."""
        segments = sorted(path for path in self.sizes if path.suffix == ".seg")
        return segments[:-1]

    def teardown(self) -> None:
        if not hasattr(self, "root"):
            return
        try:
            self.held.close()
            self.check()
        finally:
            shutil.rmtree(self.root)

    def check(self) -> None:
        """Compare with a mirror that never crashed, then with an index made anew."""
        with Mirror.open(self.folder, account=ACCOUNT, segment_bytes=SEGMENT_BYTES):
            pass  # cuts
        replay(self.root / "smooth", self.committed)
        assert filled_files_of(self.folder) == filled_files_of(self.root / "smooth")
        assert rows_of(self.folder) == rows_of(self.root / "smooth")
        with MirrorReader.open(self.folder) as reader:
            reader.verify()
        before = rows_of(self.folder)
        (self.folder / "index.sqlite").unlink()
        rebuild_index(self.folder)
        assert rows_of(self.folder) == before


TestCrashingMirror = CrashingMirror.TestCase
TestCrashingMirror.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


WRITER = """
import sys
from pathlib import Path
from copias.mailbox.mirror import Mirror, NewMessage

with Mirror.open(Path(sys.argv[1]), account="marta@example.test", segment_bytes=20_000) as mirror:
    print("open", flush=True)
    for number in range(len(mirror.ids()), int(sys.argv[2])):
        content = (f"Subject: {number}\\r\\n\\r\\n" + f"{number * 7919 % 104729} " * 200).encode()
        mirror.add(NewMessage(f"{number:08x}", "t", ("INBOX",), number, number, content))
        if number % 3 == 0:
            mirror.relabel(f"{number:08x}", ["TRASH"], number)
        if number % 10 == 9:
            mirror.commit()
"""


def write(folder: Path, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(count)], stdout=subprocess.PIPE, text=True, bufsize=1
    )


def kill_soon(folder: Path, count: int, after: float) -> bool:
    """Kill a writer so many seconds after it opened the mirror, and tell whether it was still at work."""
    with write(folder, count) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        try:
            process.wait(timeout=after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
    assert process.returncode in {0, -signal.SIGKILL}
    return process.returncode != 0


def test_a_killed_process_leaves_a_mirror_that_the_next_one_finishes(tmp_path: Path) -> None:
    chance, count = random.Random(7), 2000

    kills = sum(kill_soon(tmp_path / "killed", count, chance.uniform(0.0, 0.04)) for _ in range(12))

    assert kills >= 4
    for folder in ("killed", "smooth"):
        assert write(tmp_path / folder, count).communicate() is not None
    assert filled_files_of(tmp_path / "killed") == filled_files_of(tmp_path / "smooth")
    assert rows_of(tmp_path / "killed") == rows_of(tmp_path / "smooth")
    with MirrorReader.open(tmp_path / "killed") as reader:
        assert reader.verify() == count


def test_a_commit_syncs_segment_then_journal_and_only_then_shows_in_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, bool]] = []
    really_sync = os.fdatasync

    def sync(descriptor: int) -> None:
        really_sync(descriptor)
        with MirrorReader.open(tmp_path / "m") as reader:
            synced.append((Path(f"/proc/self/fd/{descriptor}").readlink().name, bool(reader.ids())))

    with Mirror.open(tmp_path / "m", account=ACCOUNT) as mirror:
        mirror.add(message(1, b"x"))
        monkeypatch.setattr(os, "fdatasync", sync)
        mirror.commit()

    assert synced == [("000001.gz.seg", False), ("changes.jsonl", False)]


def test_a_segment_is_on_the_disk_before_the_next_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    monkeypatch.setattr(os, "fdatasync", lambda number: synced.append(Path(f"/proc/self/fd/{number}").readlink().name))

    with Mirror.open(tmp_path / "m", account=ACCOUNT, segment_bytes=1) as mirror:
        for number in range(3):
            mirror.add(message(number, b"x"))
        mirror.commit()

    assert synced == [f"00000{n}.gz.seg" for n in (1, 2, 3)] + ["changes.jsonl"]


def test_whoever_never_commits_loses_no_more_than_an_opening_may_cut_off(tmp_path: Path) -> None:
    large = random.Random(1).randbytes(25 << 20)
    with Mirror.open(tmp_path / "m", account=ACCOUNT) as mirror:
        for number in range(12):
            mirror.add(message(number, large))

    with Mirror.open(tmp_path / "m", account=ACCOUNT) as mirror:
        assert len(mirror.ids()) == 10
