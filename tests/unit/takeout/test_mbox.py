"""Takeout's mbox read back: every message, with its own bytes, wherever a block or a file ends."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from copias.errors import BadInput
from copias.package.mbox import mbox_chunks
from copias.package.message_list import ListedMessage
from copias.takeout.mbox import TakeoutMbox

KEY = 0x18C5E1A2B3C4D5E6
LARGEST = 1 << 20
pieces = st.sampled_from(
    [b"From ", b"From 5@xxx Mon Apr 07 14:31:02 +0000 2025\r\n", b">From ", b">>From x", b"\n", b"\r\n", b"\r", b"a"]
)
# A message whose first line begins with a space would go on in the header that Takeout writes before it.
contents = (
    st.lists(pieces | st.binary(max_size=8), max_size=12)
    .map(b"".join)
    .filter(lambda text: text[:1] not in (b" ", b"\t"))
)
names = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=30)


def read(data: bytes, *, block: int = 1 << 20, largest: int = LARGEST) -> TakeoutMbox:
    blocks = (data[start : start + block] for start in range(0, len(data), block))
    return TakeoutMbox([blocks], largest=largest, whose="entrega")


def listed(number: int, labels: tuple[str, ...] = ("INBOX",)) -> ListedMessage:
    key = f"{KEY + number:x}"
    return ListedMessage("a.eml", key, key, labels, "", 1_744_036_262_000, "", "", "", "", "", 0, "", None, 1)


def quote(content: bytes) -> bytes:
    """Return what our export makes of a message's bytes, line by line."""
    lines = content.split(b"\n")
    return b"\n".join(b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in lines)


@given(st.lists(contents, max_size=5), st.integers(7, 4096))
@example([b"", b"\n", b"\r\n", b"a\r", b"From \n", b"a\n\nFrom 5@xxx Mon Apr 07 14:31:02 +0000 2025\r\n"], 7)
def test_our_own_export_reads_back_message_by_message(bodies, block) -> None:
    data = b"".join(mbox_chunks((listed(number), body) for number, body in enumerate(bodies)))

    found = list(read(data, block=block))

    assert [(int(message.id, 16) - KEY, message.content) for message in found] == [
        (number, quote(body)) for number, body in enumerate(bodies)
    ]
    assert all(message.ended and message.internal_date == 1_744_036_262_000 for message in found)


@given(st.lists(names.map("Casos/{}".format), max_size=3, unique=True).map(tuple))
def test_labels_of_our_own_export_read_back(labels) -> None:
    data = b"".join(mbox_chunks([(listed(1, labels), b"Subject: x\r\n\r\nx\r\n")]))

    (message,) = read(data)

    assert (message.labels, message.content) == (labels, b"Subject: x\r\n\r\nx\r\n")


def test_blocks_of_any_size_give_the_same(takeout_message) -> None:
    data = takeout_message(1) + takeout_message(2, b"x\r\n\r\nFrom casa\r\n") + takeout_message(3, b"")
    whole = list(read(data))

    for block in range(1, 200):
        assert list(read(data, block=block)) == whole
    assert [message.id for message in whole] == ["1", "2", "3"]


def test_a_line_of_another_shape_is_text(takeout_message) -> None:
    body = b"Subject: x\r\n\r\nhola\r\n\r\nFrom Ana Mon Apr 07 14:31:02 2025\r\nadi\xf3s\r\n"
    mbox = read(takeout_message(1, body) + takeout_message(2))

    found = list(mbox)

    assert [message.content for message in found] == [body, b"Subject: acta\r\n\r\nHola\r\n"]
    assert mbox.doubtful == 1


def test_a_line_of_takeout_without_an_empty_line_before_it_is_text(takeout_message) -> None:
    body = b"cita:\r\nFrom 77@xxx Mon Apr 07 14:31:02 +0000 2025\r\nfin\r\n"
    mbox = read(takeout_message(1, body))

    assert [message.content for message in mbox] == [body]
    assert mbox.doubtful == 0


def test_no_quote_is_taken_away(takeout_message) -> None:
    body = b"\r\n>From ana\r\n>>From eva\r\n"

    (message,) = read(takeout_message(1, body))

    assert message.content == body
    assert message.quoted


@pytest.mark.parametrize(
    ("when", "moment"),
    [
        ("Mon Apr 07 14:31:02 +0000 2025", 1_744_036_262_000),
        ("Mon Apr 07 09:31:02 -0500 2025", 1_744_036_262_000),
        ("Thu Jan  1 00:00:01 +0000 1970", 1000),
        ("Mon Feb 31 00:00:00 +0000 2025", 0),
    ],
)
def test_the_date_has_its_offset_before_the_year(takeout_message, when, moment) -> None:
    (message,) = read(takeout_message(when=when))

    assert message.internal_date == moment


@pytest.mark.parametrize(
    ("value", "labels"),
    [
        (b"Inbox,Opened,Unread", ("INBOX", "UNREAD")),
        (b'Sent,"Actas, 2025/Concejo",Opened', ("SENT", "Actas, 2025/Concejo")),
        (b"Recibidos,No le\xc3\xaddos,Papelera", ("INBOX", "UNREAD", "TRASH")),
        (b"=?UTF-8?Q?=C3=85pnet,Kategori:_Reklame?=", ("Åpnet", "Kategori: Reklame")),
        (
            b'=?UTF-8?Q?"Secretar=C3=ADa,_de?=\r\n =?UTF-8?Q?_Hacienda",Borradores?=',
            ("Secretaría, de Hacienda", "DRAFT"),
        ),
        (b"=?UTF-8?B?QcOx?=\r\n =?UTF-8?B?b3M=?=", ("Años",)),
        (b"=?UTF-8?Q?Correo=C2=A0no_deseado?=", ("SPAM",)),
        (b'"sin cerrar, Inbox', ("sin cerrar, Inbox",)),
        (b"=?x-no-hay?Q?=C3?=", ("=?x-no-hay?Q?=C3?=",)),
        (b"", ()),
    ],
)
def test_labels_are_read_however_they_are_written(takeout_message, value, labels) -> None:
    (message,) = read(takeout_message(labels=value))

    assert message.labels == labels
    assert message.content == b"Subject: acta\r\n\r\nHola\r\n"


def test_headers_that_takeout_did_not_write_are_the_messages() -> None:
    body = b"Subject: x\r\nX-GM-THRID: 9\r\nX-Gmail-Labels: Inbox\r\n\r\n.\r\n"

    (message,) = read(b"From 255@xxx Mon Apr 07 14:31:02 +0000 2025\r\n" + body + b"\r\n")

    assert (message.id, message.thread_id, message.labels, message.content) == ("ff", "ff", (), body)


def test_line_ends_of_unix_are_read_too(takeout_message) -> None:
    data = (takeout_message(1) + takeout_message(2)).replace(b"\r\n", b"\n")

    assert [message.content for message in read(data)] == [b"Subject: acta\n\nHola\n"] * 2


def test_a_message_may_go_on_in_the_next_file(takeout_message) -> None:
    data = takeout_message(1) + takeout_message(2, b"largo\r\n" * 50)
    for cut in range(1, len(data)):
        mbox = TakeoutMbox([[data[:cut]], [data[cut:]]], largest=LARGEST, whose="entrega")

        assert [message.id for message in mbox] == ["1", "2"]


def test_a_file_that_begins_with_a_message_ends_the_one_before(takeout_message) -> None:
    first, second = takeout_message(1)[:-2], takeout_message(2)

    found = list(TakeoutMbox([[first], [second]], largest=LARGEST, whose="entrega"))

    assert [(message.id, message.ended) for message in found] == [("1", False), ("2", True)]


def test_a_file_of_another_program_is_refused_by_message_number(takeout_message) -> None:
    with pytest.raises(BadInput, match="entrega, mensaje 1: el archivo mbox no es de Google Takeout"):
        list(read(b"From MAILER-DAEMON Mon Apr  7 14:31:02 2025\nSubject: x\n\n.\n\n"))


def test_a_message_above_the_limit_is_refused_before_it_is_in_memory(takeout_message) -> None:
    read_blocks = []

    def blocks():
        yield takeout_message(1)
        yield b"From 2@xxx Mon Apr 07 14:31:02 +0000 2025\r\n"
        for number in range(1000):
            read_blocks.append(number)
            yield b"x" * 1000

    with pytest.raises(BadInput, match="entrega, mensaje 2: un mensaje del Takeout es más grande"):
        list(TakeoutMbox([blocks()], largest=10_000, whose="entrega"))

    assert len(read_blocks) < 12


@given(st.binary(max_size=300) | st.lists(pieces, max_size=30).map(b"".join))
def test_whatever_comes_is_read_or_refused(data) -> None:
    try:
        found = list(read(data, block=16))
    except BadInput:
        return
    assert bool(found) == bool(data)
