from __future__ import annotations

import io
import mailbox
from email.header import decode_header, make_header

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from copias.errors import Altered, BadInput
from copias.package import open_mailbox
from copias.package.export import export_mbox
from copias.package.mbox import SYSTEM_LABELS, decimal_id, decode_labels, encode_labels, mbox_chunks, read_mbox
from copias.package.message_list import ListedMessage

OWN = frozenset(SYSTEM_LABELS.values())
"""Takeout's names of Gmail's own labels, which Gmail lets nobody give to another: ``Unread``."""
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30).filter(lambda name: name not in OWN)
pieces = st.sampled_from(
    [b"From ", b">From ", b">>From x", b"\n", b"\r\n", b"\r", b" ", b"a", b"X-GM-THRID: 1", b"\xff\0", b"=?utf-8?q?x?="]
)
contents = st.lists(pieces | st.binary(max_size=8), max_size=12).map(b"".join)


def listed(key: str = "18c5e1a2b3c4d5e6", *, labels=("INBOX",), internal_date: int = 1_744_036_262_000):
    return ListedMessage("a.eml", key, key, labels, "", internal_date, "", "", "", "", "", 0, "", None, 1)


def write(messages) -> bytes:
    return b"".join(mbox_chunks(messages))


@given(st.lists(st.tuples(contents, st.lists(names, max_size=3).map(tuple)), max_size=5))
@example([(b"", ()), (b"\n", ("",)), (b"\r\n", ()), (b"From \n", ()), (b"a\r", ()), (b" =?x", ("ñ" * 99,))])
def test_bytes_and_labels_come_back_as_they_went_in(messages) -> None:
    data = write((listed(labels=labels), content) for content, labels in messages)

    found = list(read_mbox(io.BytesIO(data)))

    assert [(message.content, message.labels) for message in found] == messages


def test_lines_are_those_of_takeout() -> None:
    message = listed(labels=("INBOX", "UNREAD", "CATEGORY_PERSONAL", "Archivo/2025, enero", 'El "grande"'))

    lines = write([(message, b"Subject: x\r\n\r\nFrom ana\r\n>From eva\r\n")]).split(b"\r\n")

    assert lines == [
        b"From 1785080916239242726@xxx Mon Apr 07 14:31:02 +0000 2025",
        b"X-GM-THRID: 1785080916239242726",
        b'X-Gmail-Labels: Inbox,Unread,Category Personal,"Archivo/2025, enero","El ""grande"""',
        b"Subject: x",
        b"",
        b">From ana",
        b">>From eva",
        b"",
        b"",
    ]


def test_labels_that_are_not_ascii_are_encoded_words_on_one_line() -> None:
    value = encode_labels(("INBOX", "Año 2025, reunión", "😀" * 50))

    assert value.isascii()
    assert "\n" not in value
    assert all(len(word) <= 75 for word in value.split(" "))
    assert str(make_header(decode_header(value))) == 'Inbox,"Año 2025, reunión",' + "😀" * 50


@given(st.lists(names, max_size=4).map(tuple))
def test_labels_read_back(labels) -> None:
    assert decode_labels(encode_labels(labels)) == labels


def test_python_finds_the_messages(tmp_path) -> None:
    content = b"Subject: acta\r\n\r\nFrom ana\r\n"
    (tmp_path / "x.mbox").write_bytes(
        write([(listed("a"), content), (listed("b"), b"Subject: sin fin"), (listed("c"), b"")])
    )

    found = [message["Subject"] for message in mailbox.mbox(tmp_path / "x.mbox")]

    assert found == ["acta", "sin fin", None]


@pytest.mark.parametrize(
    ("key", "decimal"), [("ff", "255"), ("18c5e1a2b3c4d5e6", "1785080916239242726"), ("no-hex", "no-hex")]
)
def test_ids_are_decimal(key, decimal) -> None:
    assert decimal_id(key) == decimal


@pytest.mark.parametrize(
    "content",
    [b"x", b"From x\n", b"From x\nX-GM-THRID: 1\nSubject: x\n\n\n", write([(listed(), b"abc\r\n")])[:-2], b"\n"],
)
def test_what_is_no_mbox_of_ours_is_told(content) -> None:
    with pytest.raises(BadInput):
        list(read_mbox(io.BytesIO(content)))


def test_export_gives_the_package_message_by_message(pack_mailbox, message, tmp_path) -> None:
    path, _ = pack_mailbox([message("a1", content=b"From x\n"), message("b2", content=b"", internal_date=5)])
    told, target = [], tmp_path / "correo.mbox"

    with open_mailbox(path) as package:
        export = export_mbox(package, target, before_publishing=lambda done: told.append((done, target.exists())))

    assert told == [(export, False)]
    assert (export.messages, export.bytes) == (2, target.stat().st_size)
    assert target.stat().st_mode & 0o777 == 0o600
    with target.open("rb") as stream:
        assert [one.content for one in read_mbox(stream)] == [b"", b"From x\n"]


def test_export_that_may_not_be_recorded_leaves_nothing(pack_mailbox, message, tmp_path) -> None:
    path, _ = pack_mailbox([message()])
    before = sorted(tmp_path.iterdir())

    def refuse(_) -> None:
        raise OSError("the ledger is full")

    with open_mailbox(path) as package, pytest.raises(OSError, match="ledger"):
        export_mbox(package, tmp_path / "x.mbox", before_publishing=refuse)

    assert sorted(tmp_path.iterdir()) == before


def test_export_of_a_damaged_package_leaves_nothing(pack_mailbox, message, tmp_path) -> None:
    path, _ = pack_mailbox([message("a1", content=bytes(range(256)) * 9)])
    content = bytearray(path.read_bytes())
    content[content.index(b"a1.eml") + 100] ^= 1
    path.write_bytes(content)

    with open_mailbox(path) as package, pytest.raises(Altered):
        export_mbox(package, tmp_path / "x.mbox", before_publishing=lambda _: None)

    assert not list(tmp_path.glob("x.mbox*"))


def test_export_never_replaces_a_file(pack_mailbox, message, tmp_path) -> None:
    path, _ = pack_mailbox([message()])
    (tmp_path / "x.mbox").write_bytes(b"mine")

    with open_mailbox(path) as package, pytest.raises(BadInput, match="ya existe"):
        export_mbox(package, tmp_path / "x.mbox", before_publishing=lambda _: None)

    assert (tmp_path / "x.mbox").read_bytes() == b"mine"


def test_export_that_is_refused_leaves_a_stranger_s_file_alone(pack_mailbox, message, tmp_path) -> None:
    path, _ = pack_mailbox([message()])
    (tmp_path / "x.mbox").write_bytes(b"de otro")
    (tmp_path / "x.mbox.part").write_bytes(b"tambien de otro")

    with open_mailbox(path) as package, pytest.raises(BadInput):
        export_mbox(package, tmp_path / "x.mbox", before_publishing=lambda _: None)

    assert (tmp_path / "x.mbox.part").read_bytes() == b"tambien de otro"
