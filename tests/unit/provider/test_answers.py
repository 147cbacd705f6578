"""Whatever bytes come in as mail, they are passed over or kept, and only Google's own word makes a sender trusted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias.provider.answers import judge
from copias.provider.settings import Contact

CONTACT = Contact(name="Luisa", addresses=("soporte@nube-sur.example",))
HEADERS = b"From: soporte@nube-sur.example\r\nSubject: Re: [Caso 7] Solicitud\r\n"
PASSED = b"Authentication-Results: mx.google.com; dmarc=pass (p=NONE) header.from=nube-sur.example\r\n"
FAILED = PASSED.replace(b"dmarc=pass", b"dmarc=fail")
PARTS = st.sampled_from(
    [
        *(
            b"From: ",
            b"Subject: ",
            b"[Caso 7]",
            b"soporte@nube-sur.example",
            b"\r\n",
            b"\n\n",
            b"=?utf-8?q?",
            b"?=",
            b"<",
        ),
        *(b"Authentication-Results: mx.google.com; dmarc=pass header.from=", b",", b'"', b"\xff", b"\x00", b"(", b"\r"),
    ]
)


@given(content=st.one_of(st.binary(max_size=600), st.lists(PARTS, max_size=30).map(b"".join)))
def test_no_mail_stops_the_search_and_none_is_kept_of_somebody_else(content: bytes) -> None:
    found = judge("id", content, "7", CONTACT)

    assert found.why or (found.sender, found.content) == ("soporte@nube-sur.example", content)


@pytest.mark.parametrize(
    ("head", "trusted"),
    [
        (PASSED + HEADERS, True),
        (HEADERS, False),
        (FAILED + HEADERS, False),
        (FAILED + HEADERS + PASSED, False),
        (PASSED.replace(b"mx.google.com", b"mx.malo.example") + HEADERS, False),
        (PASSED.replace(b"=nube-sur.example", b"=malo.example") + HEADERS, False),
        (PASSED.replace(b"=nube-sur.example", b"=nube-sur.example.malo.example") + HEADERS, False),
        (HEADERS + b"\r\n" + PASSED, False),
    ],
    ids=[
        "verified",
        "nothing said",
        "refused",
        "forged below",
        "another server",
        "another domain",
        "longer",
        "in the text",
    ],
)
def test_only_the_uppermost_word_of_google_counts(head: bytes, trusted: bool) -> None:
    found = judge("id", head + b"\r\nHola", "7", CONTACT)

    assert (found.why, found.trusted) == ("", trusted)


@pytest.mark.parametrize(
    "content",
    [
        HEADERS + b"From: otro@malo.example\r\n\r\n",
        HEADERS.replace(b"[Caso 7]", b"[Caso 77]") + b"\r\n",
        HEADERS.replace(b"[Caso 7]", b"Caso 7") + b"\r\n",
        HEADERS.replace(b"soporte@", b"=?utf-8?q?soporte=40nube-sur.example?= <otro@malo.example>, x@") + b"\r\n",
        b"Subject: [Caso 7]\r\n\r\n",
    ],
    ids=["two senders", "longer number", "no brackets", "encoded name", "no sender"],
)
def test_mail_of_another_case_or_sender_is_passed_over(content: bytes) -> None:
    assert judge("id", content, "7", CONTACT).why


def test_an_encoded_subject_is_understood() -> None:
    content = HEADERS.replace(b"Re: [Caso 7] Solicitud", b"=?utf-8?b?UmU6IFtDYXNvIDddIFNvbGljaXR1ZA==?=") + b"\r\n"

    assert not judge("id", content, "7", CONTACT).why
