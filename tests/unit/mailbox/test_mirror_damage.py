"""Damage is found, named with its repair, and never answered by cutting off what is kept; a lost index is made anew."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from copias.errors import AlreadyRunning, Altered, NotReady
from copias.mailbox.mirror import Mirror, MirrorReader, rebuild_index
from copias.mailbox.mirror.index import Index
from tests.unit.mailbox.forged_mirror import ACCOUNT, add, files_of, make_mirror, message, rows_of, segments


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A mirror with forty messages in several segments, some changes, and a state."""
    return make_mirror(tmp_path / "m")


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)


# At the opening


@pytest.mark.parametrize("which", [0, 1, -1])
@pytest.mark.parametrize("harm", [cut, Path.unlink])
def test_a_short_or_missing_segment_is_named_with_its_repair(
    folder: Path, which: int, harm: Callable[[Path], None]
) -> None:
    path = segments(folder)[which]
    harm(path)

    with pytest.raises(Altered, match="dañado") as error:
        add(folder, 99)

    assert error.value.whose == str(path)
    assert "copia nocturna" in error.value.repair


def test_a_closed_segment_that_grew_is_named(folder: Path) -> None:
    path = segments(folder)[0]
    path.write_bytes(path.read_bytes() + b"x")

    with pytest.raises(Altered, match="creció") as error:
        add(folder, 99)

    assert error.value.whose == str(path)


@pytest.mark.parametrize("harm", [cut, Path.unlink])
def test_a_short_or_missing_journal_is_named(folder: Path, harm: Callable[[Path], None]) -> None:
    harm(folder / "changes.jsonl")

    with pytest.raises(Altered, match=r"changes\.jsonl"):
        add(folder, 99)


def test_a_lost_index_is_told_and_nothing_is_cut(folder: Path) -> None:
    before = files_of(folder)
    (folder / "index.sqlite").unlink()

    with pytest.raises(Altered, match=r"falta el índice.*copias mirror rebuild"):
        add(folder, 99)

    assert files_of(folder) == before


def test_an_index_of_an_older_copy_is_told_and_nothing_is_cut(folder: Path) -> None:
    old = (folder / "index.sqlite").read_bytes()
    add(folder, 50)
    add(folder, 51)
    before = files_of(folder)
    (folder / "index.sqlite").write_bytes(old)

    with pytest.raises(Altered, match=r"anterior a los últimos 2 cambios.*copias mirror rebuild"):
        add(folder, 99)

    assert files_of(folder) == before
    assert rebuild_index(folder) == 42


def test_more_than_a_crash_leaves_is_never_cut_off(folder: Path) -> None:
    path = segments(folder)[-1]
    os.truncate(path, 3 << 30)

    with pytest.raises(Altered, match=r"bytes que el índice no conoce.*no borre los segmentos"):
        add(folder, 99)

    assert path.stat().st_size == 3 << 30


@pytest.mark.parametrize("content", [b"", b"no es una base de datos" * 500])
def test_an_index_that_is_none_is_told_to_writers_and_readers(folder: Path, content: bytes) -> None:
    (folder / "index.sqlite").write_bytes(content)

    for act in (lambda: add(folder, 99), lambda: MirrorReader.open(folder).__enter__()):
        with pytest.raises(Altered, match=r"index\.sqlite.*copias mirror rebuild"):
            act()


def test_an_index_damaged_in_its_midst_is_told(folder: Path) -> None:
    path = folder / "index.sqlite"
    content = bytearray(path.read_bytes())
    content[8192:] = os.urandom(len(content) - 8192)
    path.write_bytes(content)

    with pytest.raises(Altered, match="copias mirror rebuild"), MirrorReader.open(folder) as reader:
        list(reader.messages())


def test_a_mirror_of_another_version_is_left_alone(folder: Path) -> None:
    index = Index(folder / "index.sqlite", "rw")
    index.put_fact("format", 2)
    index.commit()
    index.close()
    before = files_of(folder)

    for act in (lambda: add(folder, 99), lambda: MirrorReader.open(folder).__enter__()):
        with pytest.raises(NotReady, match="otra versión"):
            act()

    assert files_of(folder) == before


def test_a_crash_while_a_mirror_is_begun_leaves_one_that_can_be(tmp_path: Path) -> None:
    add(tmp_path / "m")
    (tmp_path / "m" / "index.sqlite").unlink()
    (tmp_path / "m" / "index.sqlite.part").write_bytes(b"half")

    add(tmp_path / "m", 1)

    with MirrorReader.open(tmp_path / "m") as reader:
        assert reader.verify() == 1


# Verification


def test_a_whole_mirror_is_verified_and_a_sample_too(folder: Path) -> None:
    with MirrorReader.open(folder) as reader:
        assert reader.verify() == 40
        assert reader.verify(sample=7) == 7
        assert reader.verify(sample=0) == 0
        assert reader.verify(sample=1000) == 40


def test_verification_names_each_altered_message_and_no_other(folder: Path) -> None:
    with MirrorReader.open(folder) as reader:
        rows = {int(row.id, 16): row for row in reader.messages()}
    for number in (5, 17, 39):
        row = rows[number]
        flip(folder / "segments" / f"{row.segment:06}.gz.seg", row.offset + row.length - 6)

    with pytest.raises(Altered, match="3 de 40 mensajes") as error, MirrorReader.open(folder) as reader:
        reader.verify()

    assert error.value.why.endswith(", ".join(message(number).id for number in (5, 17, 39)))
    with MirrorReader.open(folder) as reader:
        with pytest.raises(Altered, match=f"{ACCOUNT}, mensaje {message(17).id}"):
            reader.read(rows[17])
        assert reader.read(rows[16]) == message(16).content


def test_messages_that_changed_places_are_found(folder: Path) -> None:
    index = Index(folder / "index.sqlite", "rw")
    index._write("UPDATE message SET id = 'x' WHERE position = 1")
    index._write("UPDATE message SET sha256 = 'x' WHERE position = 2")
    index._write("UPDATE message SET crc = 1 WHERE position = 3")
    index.commit()
    index.close()

    with pytest.raises(Altered, match="3 de 40"), MirrorReader.open(folder) as reader:
        reader.verify()


@pytest.mark.parametrize("harm", [lambda path: os.truncate(path, 10), Path.unlink])
def test_reading_names_the_segment_that_is_cut_or_missing(folder: Path, harm: Callable[[Path], None]) -> None:
    path = segments(folder)[1]
    harm(path)

    for read in (MirrorReader.verify, lambda reader: list(reader.packed())):
        with pytest.raises(Altered) as error, MirrorReader.open(folder) as reader:
            read(reader)
        assert error.value.whose == str(path)


def test_packing_finds_what_does_not_belong_there(folder: Path) -> None:
    flip(segments(folder)[0], segments(folder)[0].stat().st_size - 1)

    with pytest.raises(Altered, match="mensaje"), MirrorReader.open(folder) as reader:
        list(reader.packed())


# Making the index anew


def test_the_index_made_anew_is_equal_row_for_row(folder: Path) -> None:
    before = rows_of(folder)
    (folder / "index.sqlite").unlink()

    assert rebuild_index(folder) == 40

    assert rows_of(folder) == before
    add(folder, 99)


def test_the_index_made_anew_replaces_a_damaged_one_and_its_log(folder: Path) -> None:
    before = rows_of(folder)
    (folder / "index.sqlite").write_bytes(b"x" * 5000)
    (folder / "index.sqlite-wal").write_bytes(b"y" * 5000)
    (folder / "index.sqlite.part").write_bytes(b"z" * 5000)

    rebuild_index(folder)

    assert rows_of(folder) == before


def test_what_was_not_committed_is_not_in_the_index_made_anew(folder: Path) -> None:
    before = rows_of(folder)
    with Mirror.open(folder, account=ACCOUNT, segment_bytes=1000) as mirror:
        for number in range(50, 70):
            mirror.add(message(number))
        mirror.relabel(message(1).id, ["SPAM"], 100)

    rebuild_index(folder)

    assert rows_of(folder) == before


def test_an_empty_mirror_can_be_made_anew(tmp_path: Path) -> None:
    add(tmp_path / "m")
    before = rows_of(tmp_path / "m")

    assert rebuild_index(tmp_path / "m") == 0

    assert rows_of(tmp_path / "m") == before


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        (lambda folder: flip(segments(folder)[1], 200), "000002.gz.seg, byte "),
        (lambda folder: cut(segments(folder)[-1]), ".gz.seg"),
        (lambda folder: segments(folder)[0].unlink(), "000001.gz.seg"),
        (lambda folder: flip(folder / "changes.jsonl", 5), "changes.jsonl"),
        (lambda folder: flip(folder / "changes.jsonl", 150), "changes.jsonl, byte "),
        (lambda folder: (folder / "changes.jsonl").unlink(), "changes.jsonl"),
    ],
)
def test_from_damaged_parts_no_index_is_made_and_the_old_one_stays(
    folder: Path, harm: Callable[[Path], None], named: str
) -> None:
    before = rows_of(folder)
    harm(folder)

    with pytest.raises(Altered) as error:
        rebuild_index(folder)

    assert named in error.value.whose
    assert rows_of(folder) == before


def test_the_index_is_not_made_anew_while_somebody_writes(folder: Path) -> None:
    with Mirror.open(folder, account=ACCOUNT, segment_bytes=1000), pytest.raises(AlreadyRunning):
        rebuild_index(folder)
