"""Ordinary messages, as a town hall's mailbox has them: text, text with HTML, attachments."""

from __future__ import annotations

import base64
import functools
import random
import typing as t
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from copias_sandbox.seed.mail_text import SUBJECTS, binary, text
from copias_sandbox.seed.people import Person, agents, requesters

CRLF: t.Final = b"\r\n"
OUTSIDERS: t.Final = (
    ("Papelería Ficticia S.A.S.", "ventas@papeleria.example"),
    ("Consorcio Vías Inventadas", "correspondencia@vias.example"),
    ("Ciudadanía", "peticionario@correo.example"),
)


@dataclass
class Letter:
    """What a writer of messages is given. ``topic`` is the same for all of a conversation."""

    owner: str
    outgoing: bool
    date: int
    message_id: str
    answers: str
    topic: int
    mean_bytes: int
    source: random.Random

    @property
    def size(self) -> int:
        """Draw the bytes that the body should have, headers taken off."""
        drawn = self.source.lognormvariate(-0.5, 1.0) * self.mean_bytes
        return max(int(drawn) - 700, 80)

    @property
    def subject(self) -> str:
        """Return what the conversation is about."""
        return f"{SUBJECTS[self.topic % len(SUBJECTS)]} {1000 + self.topic // 97 % 9000}"


Writer: t.TypeAlias = Callable[[Letter], bytes]


@functools.cache
def correspondents() -> tuple[tuple[str, str], ...]:
    """Return names and addresses of those who write."""
    people: tuple[Person, ...] = (*agents(), *requesters(random.Random(0), 24))
    return (*((person.name, person.email) for person in people), *OUTSIDERS)


def encoded(words: str, *, quoted: bool = False) -> bytes:
    """Return RFC 2047 words, folded as needed, unless the text is ASCII."""
    if words.isascii():
        return words.encode()
    size = 12 if quoted else 30
    chunks = [words[start : start + size] for start in range(0, len(words), size)]
    return b"\r\n ".join(_word(chunk, quoted=quoted) for chunk in chunks)


def _word(chunk: str, *, quoted: bool) -> bytes:
    if not quoted:
        return b"=?UTF-8?B?" + base64.b64encode(chunk.encode()) + b"?="
    spelled = "".join(
        letter if letter.isascii() and letter.isalnum() else "".join(f"={byte:02X}" for byte in letter.encode())
        for letter in chunk
    )
    return f"=?utf-8?Q?{spelled}?=".encode()


def mailbox(name: str, address: str) -> bytes:
    """Return a name and an address for a header."""
    shown = encoded(name) if not name.isascii() else b'"' + name.encode() + b'"'
    return shown + b" <" + address.encode() + b">"


def parties(letter: Letter) -> tuple[bytes, bytes]:
    """Draw sender and recipient."""
    other = mailbox(*letter.source.choice(correspondents()))
    own = b"<" + letter.owner.encode() + b">"
    return (own, other) if letter.outgoing else (other, own)


def date_header(milliseconds: int) -> bytes:
    """Return a ``Date`` in Colombian time."""
    moment = datetime.fromtimestamp(milliseconds // 1000 - 5 * 3600, UTC)
    return format_datetime(moment).replace("+0000", "-0500").encode()


def head(letter: Letter, *more: bytes, subject: bytes | None = None, sender: bytes | None = None) -> bytes:
    """Return the headers, the empty line included; ``more`` are whole header lines, ``subject`` is as it goes out."""
    drawn, recipient = parties(letter)
    lines = [] if letter.outgoing else [_received(letter)]
    lines += [b"From: " + (sender or drawn), b"To: " + recipient, b"Date: " + date_header(letter.date)]
    shown = encoded(("Re: " if letter.answers else "") + letter.subject) if subject is None else subject
    lines.append(b"Subject: " + shown)
    if letter.message_id:
        lines.append(b"Message-ID: " + letter.message_id.encode())
    if letter.answers:
        lines += [b"In-Reply-To: " + letter.answers.encode(), b"References: " + letter.answers.encode()]
    return CRLF.join((*lines, b"MIME-Version: 1.0", *more, b"", b""))


def _received(letter: Letter) -> bytes:
    return (
        b"Received: from mx.correo.example by correo.example with ESMTPS id "
        + f"{letter.topic % 10**12:012d};".encode()
        + b"\r\n        "
        + date_header(letter.date)
    )


def plain(letter: Letter) -> bytes:
    """Write UTF-8 text, as it is."""
    more = (b"Content-Type: text/plain; charset=UTF-8", b"Content-Transfer-Encoding: 8bit")
    return head(letter, *more) + text(letter.source, letter.size)


def alternative(letter: Letter) -> bytes:
    """Write text and HTML, quoted-printable."""
    size = letter.size
    return head(letter, b'Content-Type: multipart/alternative; boundary="alt"') + both(letter, size)


def both(letter: Letter, size: int) -> bytes:
    """Return the parts of ``multipart/alternative``, whose boundary is ``alt``."""
    return b"".join(
        (
            b"--alt\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
            text(letter.source, size // 3, "quoted-printable"),
            b"--alt\r\nContent-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
            text(letter.source, 2 * size // 3, "html"),
            b"--alt--\r\n",
        )
    )


def attachment(letter: Letter) -> bytes:
    """Write text with a file, which is most of it."""
    name = f"Informe {letter.topic % 1000}.pdf".encode()
    return with_file(letter, b'"' + name + b'"', b"application/pdf")


def with_file(letter: Letter, name: bytes, kind: bytes) -> bytes:
    """Write text and HTML with one file; ``name`` is as it stands in the header."""
    size = letter.size
    return b"".join(
        (
            head(letter, b'Content-Type: multipart/mixed; boundary="mix"'),
            b'Varias partes.\r\n--mix\r\nContent-Type: multipart/alternative; boundary="alt"\r\n\r\n',
            both(letter, min(size // 4, 2000)),
            b"\r\n--mix\r\nContent-Type: " + kind + b"; name=" + name + b"\r\nContent-Transfer-Encoding: base64\r\n",
            b"Content-Disposition: attachment; filename=" + name + b"\r\n\r\n",
            binary(letter.source, size - min(size // 4, 2000)),
            b"--mix--\r\n",
        )
    )


ORDINARY: t.Final[dict[str, Writer]] = {"plain": plain, "alternative": alternative, "attachment": attachment}
