"""Whatever a message holds, its headers are read: decoded when that can be done, bounded and harmless always."""

from __future__ import annotations

import time
from email.header import Header

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from copias.mailbox.mirror.headers import LIMIT, Headers, read_headers

PRINTABLE = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=60)
WORDS = st.lists(PRINTABLE, min_size=1, max_size=6).map(" ".join)


def message(*lines: bytes) -> bytes:
    return b"\r\n".join((*lines, b"", b"Cuerpo\r\nSubject: del cuerpo\r\n"))


def test_the_headers_that_people_search_by_are_read() -> None:
    found = read_headers(
        message(
            b"Received: from a by b",
            b"From: Marta <marta@example.test>",
            b"TO: uno@example.test,",
            b"\tdos@example.test",
            b"cc: tres@example.test",
            b"Subject: Acta",
            b" de entrega",
            b"Date: Mon, 2 Mar 2026 10:11:12 -0500",
            b"Message-Id: <1@example.test>",
        )
    )

    assert found == Headers(
        date="Mon, 2 Mar 2026 10:11:12 -0500",
        sender="Marta <marta@example.test>",
        recipients="uno@example.test, dos@example.test, tres@example.test",
        subject="Acta de entrega",
        message_id="<1@example.test>",
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"=?UTF-8?B?UGV0aWNpw7Nu?=", "Petición"),
        (b"=?iso-8859-1?q?Se=F1ora_P=E9rez?= <p@example.test>", "Señora Pérez <p@example.test>"),
        (b"=?utf-8?Q?a?= =?utf-8?Q?b?=\r\n =?utf-8?Q?c?=", "abc"),
        (b"=?utf-8?B?w4M=?= y =?utf-8?Q?=C3=B1?=", "Ã y ñ"),
        (b"=?utf-8?B?4oI=?= =?utf-8?B?rA==?=", "€"),  # a character cut in two
        (b"=?utf-8*es?Q?a=C3=B1o?=", "año"),  # RFC 2231
        ("Petición".encode(), "Petición"),
        ("Petición".encode("latin-1"), "Petición"),
        (b"=?nothing?Q?a=F1o?=", "año"),
        (b"=?unicode_escape?Q?=5Cx41?=", "\\x41"),
        (b"=?utf-8?B?***?=", ""),
        (b"=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        (b"=?utf-8?Q?a", "=?utf-8?Q?a"),
        (b"2 + 2 =? 4", "2 + 2 =? 4"),
        (b"a\x00b\x1b[31m\xe2\x80\xaec", "ab[31mc"),
    ],
)
def test_a_value_is_decoded_as_far_as_it_can_be(value: bytes, said: str) -> None:
    assert read_headers(message(b"Subject: " + value)).subject == said


@given(WORDS)
def test_what_python_encodes_is_read_back(text: str) -> None:
    encoded = Header(text, "utf-8", maxlinelen=60, header_name="Subject").encode().encode()

    assert read_headers(message(b"Subject: " + encoded.replace(b"\n", b"\r\n"))).subject == " ".join(text.split())


@given(st.binary(max_size=400), st.sampled_from([b"", b"Subject: ", b"From: =?", b"To: =?utf-8?B?", b"Cc:=?utf-7?Q?+"]))
@example(b"=?idna?Q?" + b"xn--" * 90 + b"?=", b"Subject: ")
@example(b"=?utf-16?Q?=00=D8?=", b"Subject: ")
@example(b"\xff\xfe?=" * 100, b"From: =?")
def test_any_bytes_give_short_lines_without_control_characters(noise: bytes, start: bytes) -> None:
    for value in vars_of(read_headers(start + noise)):
        assert len(value) <= LIMIT
        assert value.isprintable() or all(letter.isprintable() or ord(letter) > 0xA0 for letter in value)
        assert not {"\n", "\r", "\x00", "\u202e"} & set(value)
        value.encode()  # no lone surrogate, which SQLite would refuse


def vars_of(headers: Headers) -> tuple[str, ...]:
    return (headers.date, headers.sender, headers.recipients, headers.subject, headers.message_id)


def test_a_body_is_never_read_as_headers() -> None:
    assert read_headers(b"\r\nSubject: del cuerpo\r\n\r\n") == Headers()
    assert read_headers(b"From: a\n\nSubject: del cuerpo\n\n").subject == ""
    assert read_headers(b"") == Headers()


def test_of_a_header_that_comes_twice_the_first_counts_and_recipients_are_joined() -> None:
    found = read_headers(message(b"Subject: uno", b"To: a@x", b"Subject: dos", b"To: b@x"))

    assert (found.subject, found.recipients) == ("uno", "a@x, b@x")


@pytest.mark.parametrize(
    "hostile",
    [
        b"Subject: " + b"=?utf-8?Q?" * 300_000,
        b"Subject: " + b"=?utf-8?Q?a?= " * 300_000,
        b"Subject:" + b"\r\n " * 1_000_000,
        b"Subject: " + b"=?" + b" " * 2_000_000,
        b"To: x\r\n" * 500_000,
        b"\n" + b"x" * 5_000_000,
        b"Subject: =?punycode?Q?" + b"a-" * 5_000 + b"?=",
    ],
)
def test_a_hostile_message_costs_no_more_than_a_moment(hostile: bytes) -> None:
    begun = time.process_time()

    read_headers(hostile)

    assert time.process_time() - begun < 0.5
