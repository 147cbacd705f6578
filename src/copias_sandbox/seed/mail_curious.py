"""Rare, broken and hostile messages: what a copy must keep to the byte, and show without harm."""

from __future__ import annotations

import typing as t

from copias_sandbox.seed.mail_letters import CRLF, Letter, Writer, attachment, encoded, head, mailbox, plain, with_file
from copias_sandbox.seed.mail_text import binary, text

MEGABYTE: t.Final = 2**20
HUGE: t.Final = 25 * MEGABYTE
TEXT: t.Final = b"Content-Type: text/plain; charset=UTF-8"
FROM_LINES: t.Final = b"Hola\r\n\r\nFrom ayer a hoy\r\nFrom x@y Mon Jan  1 00:00:00 2024\r\n>From z\r\n>>From w\r\n"

HOSTILE_SUBJECTS: t.Final[dict[str, bytes]] = {
    "subject_path": b"../../../../etc/cron.d/x",
    "subject_device": b"CON",
    "subject_long": b"\r\n ".join([b"Asunto interminable"] * 17),
    "subject_reversed": encoded("Factura \u202egpj.exe\u202c para pagar"),
    "subject_formula": b'=HYPERLINK("http://premios.example/gane";"Vea su premio")',
    "subject_markup": b"<script>alert(1)</script> {{ 7*7 }} ${HOME} %s `id`",
    "subject_quoted": encoded("Líquidación de cesantías: año 2025, ¿cuándo?", quoted=True),
    "subject_base64": encoded("Invitación 🎉 a la celebración del día de la niñez en el corregimiento"),
    "subject_raw_utf8": "Señalización vial en el área rural".encode(),
    "subject_raw_latin1": "Señalización vial en el área rural".encode("latin-1"),
    "subject_empty": b"",
}


def _with_subject(subject: bytes) -> Writer:
    return lambda letter: head(letter, TEXT, subject=subject) + text(letter.source, 400)


def _raw(*, headers: tuple[bytes, ...] = (TEXT,), body: bytes) -> Writer:
    return lambda letter: head(letter, *headers) + body


def _injected_name(letter: Letter) -> bytes:
    sender = mailbox("Gerencia\r\nBcc: todos@correo.example\r\n\r\n<b>ñ</b>", "gerencia@correo.example")
    return head(letter, TEXT, sender=sender) + text(letter.source, 300)


def _bare_line_feeds(letter: Letter) -> bytes:
    return plain(letter).replace(CRLF, b"\n")


def _stray_returns(letter: Letter) -> bytes:
    return head(letter, TEXT) + text(letter.source, 500).replace(CRLF, b"\r", 3).replace(CRLF, b"\n", 2)


def _no_date(letter: Letter) -> bytes:
    kept = [line for line in plain(letter).split(CRLF) if not line.startswith((b"Date:", b"Message-ID:"))]
    return CRLF.join(kept)


def _wrong_date(letter: Letter) -> bytes:
    return head(letter, TEXT).replace(b"\r\nDate: ", b"\r\nDate: ayer por la tarde, ", 1) + b"hola\r\n"


def _forwarded(letter: Letter) -> bytes:
    inner = attachment(letter)
    parts = (
        head(letter, b'Content-Type: multipart/mixed; boundary="fwd"'),
        b"--fwd\r\n" + TEXT + b"\r\n\r\nReenv\xc3\xado lo de abajo.\r\n",
        b"--fwd\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n" + inner,
        b"\r\n--fwd--\r\n",
    )
    return b"".join(parts)


def _unclosed(letter: Letter) -> bytes:
    whole = attachment(letter)
    return whole[: len(whole) * 2 // 3]


def _invitation(letter: Letter) -> bytes:
    lines = (
        b"BEGIN:VCALENDAR", b"METHOD:REQUEST", b"BEGIN:VEVENT", b"UID:reunion@correo.example",
        b"DTSTART:20260115T140000Z", "SUMMARY:Comité técnico".encode(), b"END:VEVENT", b"END:VCALENDAR", b"",
    )  # fmt: skip
    return head(letter, b"Content-Type: text/calendar; charset=UTF-8; method=REQUEST") + CRLF.join(lines)


def _chat(letter: Letter) -> bytes:
    return b"From: " + letter.owner.encode() + b"\r\nContent-Type: text/html\r\n\r\n<div>listo, gracias</div>"


def _inline_image(letter: Letter) -> bytes:
    parts = (
        head(letter, b'Content-Type: multipart/related; boundary="rel"'),
        b'--rel\r\nContent-Type: text/html; charset=UTF-8\r\n\r\n<p>Escudo: <img src="cid:escudo"></p>\r\n',
        b"--rel\r\nContent-Type: image/png\r\nContent-ID: <escudo>\r\nContent-Disposition: inline\r\n",
        b"Content-Transfer-Encoding: base64\r\n\r\n" + binary(letter.source, 800) + b"--rel--\r\n",
    )
    return b"".join(parts)


def _folded_tokens(letter: Letter) -> bytes:
    """Write a name of a file in RFC 2231 pieces, next to a path that climbs."""
    name = b"\"../../.ssh/authorized_keys\";\r\n filename*0*=UTF-8''Contrataci%C3%B3n;\r\n filename*1*=%20final.docx"
    return with_file(letter, name, b"application/octet-stream")


def _huge(letter: Letter) -> bytes:
    return (
        head(letter, b'Content-Type: multipart/mixed; boundary="mix"')
        + b'--mix\r\nContent-Type: application/zip; name="planos.zip"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        + binary(letter.source, HUGE - 1000)
        + b"--mix--\r\n"
    )


CURIOSITIES: t.Final[dict[str, Writer]] = {
    "from_lines": _raw(body=FROM_LINES),
    **{name: _with_subject(subject) for name, subject in HOSTILE_SUBJECTS.items()},
    "spam": plain,
    "trash": plain,
    "draft": plain,
    "chat": _chat,
    "eight_bit": _raw(headers=(b"Content-Type: text/plain",), body="Año, niñez, pingüino\r\n".encode("latin-1")),
    "bare_line_feeds": _bare_line_feeds,
    "stray_returns": _stray_returns,
    "nul_bytes": _raw(body=b"antes\x00despu\xc3\xa9s\x00\x00\r\n\x1a\r\n"),
    "no_last_line_end": _raw(body=b"sin fin de l\xc3\xadnea"),
    "no_body": lambda letter: head(letter, TEXT)[: -len(CRLF)],
    "no_headers": lambda _: b"\r\nsolo cuerpo\r\n",
    "empty": lambda _: b"",
    "long_line": _raw(body=b"x" * 20_000 + CRLF),
    "no_date": _no_date,
    "wrong_date": _wrong_date,
    "same_message_id": plain,
    "injected_name": _injected_name,
    "climbing_file": lambda letter: with_file(letter, b'"../../CON.txt\\"; x=\\"1"', b"text/plain"),
    "folded_file": _folded_tokens,
    "forwarded": _forwarded,
    "unclosed": _unclosed,
    "invitation": _invitation,
    "inline_image": _inline_image,
}

EXTRAS: t.Final[dict[str, Writer]] = {"huge": _huge}
"""Only on request."""
