"""A disk that fills loses nothing that was committed, says so, and the next run goes on."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from copias.errors import StoreFull
from copias.mailbox.mirror import Mirror, MirrorReader
from tests.unit.mailbox.forged_mirror import ACCOUNT, filled_files_of, message, rows_of

BIG = 40_000


def noise(number: int) -> bytes:
    return random.Random(number).randbytes(BIG)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB."""
    path = tmp_path / "small"
    path.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(path)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"this root may not mount: {done.stderr.strip()}")
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True, timeout=30)


def fill(path: Path, room: int) -> None:
    """Take all the room but so many blocks of 4 KiB."""
    with path.open("wb", buffering=0) as stream:
        with suppress(OSError):
            while stream.write(b"x" * 4096):
                pass
        stream.truncate(stream.tell() - room * 4096)


def continue_to(folder: Path, count: int) -> None:
    with Mirror.open(folder, account=ACCOUNT) as mirror:
        for number in range(len(mirror.ids()), count):
            mirror.add(message(number, noise(number)))
            if number % 5 == 4:
                mirror.commit()
        mirror.commit()


@pytest.mark.root
def test_a_disk_that_fills_loses_nothing_and_the_next_run_goes_on(small_disk: Path, tmp_path: Path) -> None:
    (small_disk / "ballast").write_bytes(bytes(1 << 20))

    with pytest.raises(StoreFull, match=r"no cabe.*libere espacio"):
        continue_to(small_disk / "m", 30)

    with MirrorReader.open(small_disk / "m") as reader:
        committed = reader.verify()
        assert 5 <= committed < 30
        assert committed % 5 == 0
    (small_disk / "ballast").unlink()
    continue_to(small_disk / "m", 30)
    continue_to(tmp_path / "smooth", 30)
    assert filled_files_of(small_disk / "m") == filled_files_of(tmp_path / "smooth")
    assert rows_of(small_disk / "m") == rows_of(tmp_path / "smooth")


def add_many(mirror: Mirror) -> None:
    for number in range(6, 40):
        mirror.add(message(number, noise(number)))


@pytest.mark.root
@pytest.mark.parametrize("room", [0, 1, 4, 8, 12, 16, 24])
def test_after_a_full_disk_nothing_is_written_and_what_was_committed_stays(small_disk: Path, room: int) -> None:
    """Wherever the room ends, what was committed before stays."""
    folder = small_disk / "m"
    continue_to(folder, 5)
    with Mirror.open(folder, account=ACCOUNT) as mirror:
        mirror.add(message(5, noise(5)))
        fill(small_disk / "ballast", room)
        with pytest.raises(StoreFull) as first:
            add_many(mirror)
        with pytest.raises(StoreFull) as second:
            mirror.commit()
        with pytest.raises(StoreFull) as third:
            mirror.add(message(99, b""))
        assert first.value is second.value is third.value

    (small_disk / "ballast").unlink()
    with MirrorReader.open(folder) as reader:
        assert reader.verify() == 5
    continue_to(folder, 6)


def name_labels(folder: Path) -> None:
    with Mirror.open(folder, account=ACCOUNT) as mirror:
        for number in range(1000):
            mirror.set_labels({f"Label_{number}_{each}": ("x" * 50, "user") for each in range(100)})
            mirror.commit()


@pytest.mark.root
@pytest.mark.parametrize("room", [0, 1, 2, 4, 8])
def test_no_room_for_index_or_journal_is_full_too(small_disk: Path, room: int) -> None:
    folder = small_disk / "m"
    continue_to(folder, 5)
    fill(small_disk / "ballast", room)

    with pytest.raises(StoreFull, match="libere espacio"):
        name_labels(folder)

    (small_disk / "ballast").unlink()
    continue_to(folder, 6)
    with MirrorReader.open(folder) as reader:
        assert reader.verify() == 6


LIMITED = """
import resource, signal, sys
from pathlib import Path
from copias.errors import StoreFull
from copias.mailbox.mirror import Mirror, NewMessage
import random

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
with Mirror.open(Path(sys.argv[1]), account="marta@example.test") as mirror:
    for number in range(30):
        mirror.add(NewMessage(f"{number:016x}", f"{number // 2:016x}", ("INBOX",), number, 1_700_000_000_000 + number,
                              random.Random(number).randbytes(40_000)))
        if number % 5 == 4:
            mirror.commit()
"""


def test_a_limit_on_the_size_of_files_is_told_as_full(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path / "m")], capture_output=True, text=True)

    assert done.returncode == 1
    assert "StoreFull" in done.stderr
    continue_to(tmp_path / "m", 30)
    continue_to(tmp_path / "smooth", 30)
    assert filled_files_of(tmp_path / "m") == filled_files_of(tmp_path / "smooth")
    assert rows_of(tmp_path / "m") == rows_of(tmp_path / "smooth")
