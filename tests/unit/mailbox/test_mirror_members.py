"""A segment is ordinary gzip, and each member is what a zip entry needs and what the index can be made from."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
import zipfile
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias.errors import Altered
from copias.mailbox.mirror import Mirror, MirrorReader, NewMessage, rebuild_index
from copias.mailbox.mirror.member import decode_header, decode_member, encode_member
from copias.mailbox.mirror.scan import scan_members
from copias.package.writer import PackageWriter

ACCOUNT = "marta@example.test"
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
MESSAGES = st.builds(
    NewMessage,
    id=TEXTS,
    thread_id=TEXTS,
    labels=st.lists(TEXTS, max_size=5).map(tuple),
    history_id=st.integers(0, 2**63 - 1),
    internal_date=st.integers(-(2**62), 2**62),
    content=st.binary(max_size=5000),
)


def message(number: int, content: bytes) -> NewMessage:
    return NewMessage(f"{number:016x}", f"{number:016x}", ("INBOX",), number, 1_700_000_000_000 + number, content)


def filled(folder: Path, *contents: bytes) -> Path:
    with Mirror.open(folder, account=ACCOUNT) as mirror:
        for number, content in enumerate(contents):
            mirror.add(message(number, content))
        mirror.commit()
    return folder / "segments" / "000001.gz.seg"


@given(MESSAGES)
def test_a_member_is_gzip_and_says_whose_it_is(new: NewMessage) -> None:
    member, data = encode_member(new)

    assert gzip.decompress(data) == decode_member(data, whose="x") == new.content
    facts = (new.id, new.thread_id, new.labels, new.history_id, new.internal_date)
    assert decode_header(data[: member.header_length], whose="x") == facts
    assert (member.length, member.crc) == (len(data), zlib.crc32(new.content))
    assert zlib.decompress(data[member.header_length : -8], wbits=-15) == new.content


@given(st.lists(MESSAGES, max_size=8), st.binary(max_size=30))
def test_the_members_of_a_segment_are_found_without_its_index(
    tmp_path_factory: pytest.TempPathFactory, found: list[NewMessage], uncommitted: bytes
) -> None:
    path = tmp_path_factory.mktemp("scan") / "segment"
    members = [encode_member(new) for new in found]
    length = sum(member.length for member, _ in members)
    path.write_bytes(b"".join(data for _, data in members) + uncommitted)

    scanned = list(scan_members(path, length))

    assert [each.message for each in scanned] == found
    assert [each.member for each in scanned] == [member for member, _ in members]


@given(MESSAGES, st.data())
def test_a_changed_bit_is_never_read_as_another_message(new: NewMessage, data: st.DataObject) -> None:
    member, whole = encode_member(new)
    place = data.draw(st.integers(member.header_length, len(whole) - 1))
    broken = bytearray(whole)
    broken[place] ^= 1 << data.draw(st.integers(0, 7))

    # A bit that deflate does not look at (the padding of its last byte) changes nothing.
    with suppress(Altered):
        assert decode_member(bytes(broken), whose="x") == new.content


@given(MESSAGES, st.data())
def test_a_cut_member_is_found(tmp_path_factory: pytest.TempPathFactory, new: NewMessage, data: st.DataObject) -> None:
    _, whole = encode_member(new)
    length = data.draw(st.integers(1, len(whole) - 1))
    path = tmp_path_factory.mktemp("cut") / "segment"
    path.write_bytes(whole[:length])

    with pytest.raises(Altered):
        decode_member(whole[:length], whose="x")
    with pytest.raises(Altered, match="byte 0"):
        list(scan_members(path, length))


def test_zcat_gives_the_messages_one_after_the_other(tmp_path: Path) -> None:
    contents = (b"From: a\r\n\r\nuno\r\n", b"", b"From: b\r\n\r\ndos\r\n" * 9999)
    segment = filled(tmp_path / "m", *contents)

    assert subprocess.run(["zcat", segment], capture_output=True, check=True).stdout == b"".join(contents)


def test_an_empty_and_a_25_mb_message_come_back(tmp_path: Path) -> None:
    large = b"From: a\r\n\r\n" + bytes(range(256)) * (25 << 12)
    filled(tmp_path / "m", b"", large, b"x")

    with MirrorReader.open(tmp_path / "m") as mirror:
        rows = list(mirror.messages())
        assert [mirror.read(row) for row in rows] == [b"", large, b"x"]
        assert [row.bytes for row in rows] == [0, len(large), 1]
        assert mirror.verify() == 3


def test_the_deflate_streams_of_a_mirror_make_a_zip(tmp_path: Path) -> None:
    contents = [b"", *(b"Subject: %d\r\n\r\n" % number + bytes(number) * 99 for number in range(200))]
    filled(tmp_path / "m", *contents)

    with MirrorReader.open(tmp_path / "m") as mirror, (tmp_path / "p.zip").open("wb") as out:
        writer = PackageWriter(out.write, when=datetime(2026, 11, 24, tzinfo=UTC))
        for row, packed in mirror.packed():
            assert packed == mirror.read_deflate(row)
            writer.add_deflated(f"{row.id}.eml", packed, crc=row.crc, content_bytes=row.bytes, sha256=row.sha256)
        writer.close()

    with zipfile.ZipFile(tmp_path / "p.zip") as package:
        assert package.testzip() is None
        assert [package.read(name) for name in package.namelist()] == contents


def test_messages_are_packed_in_any_order_and_choice(tmp_path: Path) -> None:
    contents = [bytes([number]) * number * 700 for number in range(100)]
    filled(tmp_path / "m", *contents)

    with MirrorReader.open(tmp_path / "m") as mirror:
        rows = list(mirror.messages())
        for chosen in (rows[::-1], rows[::7], rows[50:] + rows[:50], []):
            packed = list(mirror.packed(chosen))
            assert [row for row, _ in packed] == chosen
            assert [zlib.decompress(data, wbits=-15) for _, data in packed] == [contents[int(r.id, 16)] for r in chosen]


def test_labels_that_do_not_fit_into_the_header_outlive_the_index(tmp_path: Path) -> None:
    labels = tuple(f"Label_{number:020}" for number in range(5000))
    with Mirror.open(tmp_path / "m", account=ACCOUNT) as mirror:
        mirror.add(NewMessage("1", "1", labels, 5, 0, b"x"))
        mirror.commit()
    (tmp_path / "m" / "index.sqlite").unlink()
    rebuild_index(tmp_path / "m")

    with MirrorReader.open(tmp_path / "m") as reader:
        (row,) = reader.messages()
        assert row.labels == labels
        assert row.sha256 == hashlib.sha256(b"x").hexdigest()


def test_an_id_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    with Mirror.open(tmp_path / "m", account=ACCOUNT) as mirror:
        with pytest.raises(ValueError, match="70000 characters"):
            mirror.add(NewMessage("1" * 70000, "1", (), 5, 0, b"x"))
        mirror.add(message(1, b"x"))
        mirror.commit()
        assert mirror.ids() == {message(1, b"").id}
