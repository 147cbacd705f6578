"""A frozen copy is what was committed at one moment, whoever writes meanwhile, and costs what is new."""

from __future__ import annotations

from pathlib import Path

import pytest

from copias.errors import Altered, NotReady
from copias.mailbox.mirror import Mirror, MirrorReader, freeze
from tests.unit.mailbox.forged_mirror import ACCOUNT, add, files_of, make_mirror, message, rows_of, segments


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A mirror with forty messages in several segments, some changes, and a state."""
    return make_mirror(tmp_path / "m")


def check_frozen(folder: Path, frozen: Path) -> None:
    assert rows_of(frozen) == rows_of(folder)
    assert files_of(frozen) == files_of(folder)
    with MirrorReader.open(frozen) as reader:
        reader.verify()


def test_a_frozen_copy_is_a_mirror_of_its_own(folder: Path, tmp_path: Path) -> None:
    assert freeze(folder, tmp_path / "frozen")

    check_frozen(folder, tmp_path / "frozen")
    before = files_of(folder)
    add(tmp_path / "frozen", *range(50, 60))
    assert files_of(folder) == before


def test_a_frozen_copy_holds_what_is_committed_while_somebody_writes(folder: Path, tmp_path: Path) -> None:
    before = (rows_of(folder), files_of(folder))
    with Mirror.open(folder, account=ACCOUNT, segment_bytes=1000) as mirror:
        for number in range(50, 70):
            mirror.add(message(number))
        mirror.relabel(message(1).id, ["SPAM"], 100)

        freeze(folder, tmp_path / "frozen")

    assert (rows_of(tmp_path / "frozen"), files_of(tmp_path / "frozen")) == before


def test_an_unchanged_mirror_is_not_copied_again(folder: Path, tmp_path: Path) -> None:
    freeze(folder, tmp_path / "frozen")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "frozen").rglob("*")}

    assert not freeze(folder, tmp_path / "frozen")

    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "frozen").rglob("*")} == before


def test_a_frozen_copy_follows_its_mirror_night_by_night(folder: Path, tmp_path: Path) -> None:
    for night in range(5):
        freeze(folder, tmp_path / "frozen")
        check_frozen(folder, tmp_path / "frozen")
        add(folder, *range(100 * night + 100, 100 * night + 100 + night * 3))
        with Mirror.open(folder, account=ACCOUNT, segment_bytes=1000) as mirror:
            mirror.relabel(message(1).id, ["SPAM"], night)
            mirror.commit()


def test_closed_segments_of_a_frozen_copy_take_no_room(folder: Path, tmp_path: Path) -> None:
    freeze(folder, tmp_path / "frozen")

    *closed, newest = segments(tmp_path / "frozen")
    assert all(path.stat().st_nlink == 2 for path in closed)
    assert newest.stat().st_nlink == 1


def test_a_freeze_that_was_cut_short_is_not_taken_for_whole_and_the_next_ends_it(folder: Path, tmp_path: Path) -> None:
    freeze(folder, tmp_path / "frozen")
    add(folder, *range(50, 60))
    newest = segments(folder)[-1]
    newest.rename(tmp_path / "aside")
    with pytest.raises(Altered, match="falta el archivo"):
        freeze(folder, tmp_path / "frozen")

    with pytest.raises(NotReady), MirrorReader.open(tmp_path / "frozen"):
        pass
    (tmp_path / "aside").rename(newest)
    (tmp_path / "frozen" / "index.sqlite.part").write_bytes(b"half an index")
    assert freeze(folder, tmp_path / "frozen")
    check_frozen(folder, tmp_path / "frozen")


def test_a_mirror_begun_anew_is_frozen_anew(folder: Path, tmp_path: Path) -> None:
    freeze(folder, tmp_path / "frozen")
    folder.rename(tmp_path / "old")
    old = files_of(tmp_path / "old")
    add(folder, *range(200, 260))

    freeze(folder, tmp_path / "frozen")

    check_frozen(folder, tmp_path / "frozen")
    assert files_of(tmp_path / "old") == old


def test_a_file_that_somebody_links_to_is_never_written_into(folder: Path, tmp_path: Path) -> None:
    freeze(folder, tmp_path / "frozen")
    theirs = tmp_path / "theirs"
    theirs.hardlink_to(segments(tmp_path / "frozen")[-1])
    before = theirs.read_bytes()
    add(folder, 50)

    freeze(folder, tmp_path / "frozen")

    assert theirs.read_bytes() == before
    check_frozen(folder, tmp_path / "frozen")


def test_bytes_beyond_what_was_committed_are_copied_again(folder: Path, tmp_path: Path) -> None:
    frozen = tmp_path / "frozen"
    freeze(folder, frozen)
    add(folder, 60)
    newest = segments(folder)[-1]
    torn = frozen / "segments" / newest.name
    # As after a power cut in the middle of the freeze: the length is on the disk, and what should be there is not.
    torn.write_bytes((torn.read_bytes() if torn.exists() else b"").ljust(newest.stat().st_size, b"\0"))

    assert freeze(folder, frozen)

    check_frozen(folder, frozen)


@pytest.mark.parametrize("content", [b"", b"no es un indice" * 100])
def test_a_frozen_copy_whose_index_is_damaged_is_made_anew(folder: Path, tmp_path: Path, content: bytes) -> None:
    frozen = tmp_path / "frozen"
    freeze(folder, frozen)
    (frozen / "index.sqlite").write_bytes(content)

    assert freeze(folder, frozen)

    check_frozen(folder, frozen)
