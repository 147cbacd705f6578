"""What the index keeps of a message's headers: read forgivingly, for mail is hostile and old."""

from __future__ import annotations

import binascii
import re
import typing as t
from dataclasses import dataclass
from functools import lru_cache

LIMIT: t.Final = 998
"""Characters that are kept of one header."""
_HEAD_BYTES: t.Final = 256 << 10
_VALUE_BYTES: t.Final = 12 * LIMIT  # encoded words are several times as long as what they say
_REMEMBERED_BYTES: t.Final = 256
_END: t.Final = re.compile(rb"(?:\A|\n)\r?\n")
_WANTED: t.Final = re.compile(
    rb"^(from|to|cc|subject|date|message-id)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE | re.MULTILINE
)
_WORD: t.Final = re.compile(r"=\?([^?\s]{1,40})\?([bBqQ])\?([^?\s]*)\?=")
_BETWEEN: t.Final = re.compile(r"(\?=)\s+(=\?[^?\s]{1,40}\?[bBqQ]\?)")
_LANGUAGE: t.Final = "*"  # RFC 2231: charset*language
_CHARSETS: t.Final = re.compile(
    r"utf|us-ascii|ascii|iso|latin|windows|cp|koi8|gb|hz|big5|euc|ks_c|shift|sjis|mac|tis|ibm", re.IGNORECASE
)
"""Charsets of mail: Python knows others that are none (``idna``, ``unicode_escape``) and cost time."""
_CONTROL: t.Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


@dataclass(frozen=True, slots=True)
class Headers:
    """The headers that people search by: decoded, on one line, without control characters."""

    date: str = ""
    sender: str = ""
    recipients: str = ""
    subject: str = ""
    message_id: str = ""


def read_headers(content: bytes) -> Headers:
    """Read the headers of a message; whatever it holds, something is returned.

    Of a header that comes twice the first counts; all the recipients are joined, To before Cc.
    """
    found: dict[bytes, list[bytes]] = {}
    for name, value in _WANTED.findall(_head(content)):
        found.setdefault(name.lower(), []).append(value)
    recipients = ", ".join(filter(None, map(_people, (*found.get(b"to", ()), *found.get(b"cc", ())))))
    return Headers(
        date=_first(found, b"date"),
        sender=next(map(_people, found.get(b"from", ())), ""),
        recipients=recipients[:LIMIT],
        subject=_first(found, b"subject"),
        message_id=_first(found, b"message-id"),
    )


def _head(content: bytes) -> bytes:
    """Return what is before the first empty line."""
    end = _END.search(content, 0, _HEAD_BYTES)
    return content[: end.start() if end else _HEAD_BYTES]


def _first(found: dict[bytes, list[bytes]], name: bytes) -> str:
    values = found.get(name)
    return _text(values[0]) if values else ""


def _people(value: bytes) -> str:
    """Decode a header of addresses: the same people write and get many messages."""
    return _remembered(value) if len(value) <= _REMEMBERED_BYTES else _text(value)


@lru_cache(maxsize=4096)
def _remembered(value: bytes) -> str:
    return _text(value)


def _text(value: bytes) -> str:
    """Decode a header: RFC 2047 where it is used, else UTF-8, else what old Windows programs wrote."""
    plain = _decode(value[:_VALUE_BYTES], "utf-8")
    if "=?" in plain:
        plain = _decode_words(plain)
    return _CONTROL.sub("", " ".join(plain.split()))[:LIMIT].strip()


def _decode_words(text: str) -> str:
    """Replace encoded words; neighbours of one charset are decoded together, for they may share a character."""
    said: list[str] = []
    pending, charset, end = b"", "", 0
    joined = _BETWEEN.sub(r"\1\2", text)
    for word in _WORD.finditer(joined):
        name = word[1].partition(_LANGUAGE)[0].lower()
        if word.start() != end or name != charset:
            said += [_decode(pending, charset), joined[end : word.start()]]
            pending, charset = b"", name
        pending += _word_bytes(word[2], word[3])
        end = word.end()
    return "".join((*said, _decode(pending, charset), joined[end:]))


def _word_bytes(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(data, header=True)
    try:
        return binascii.a2b_base64(data + b"==")
    except binascii.Error:
        return data


def _decode(value: bytes, charset: str) -> str:
    try:
        return value.decode(charset if _CHARSETS.match(charset) else "utf-8")
    except (UnicodeError, LookupError, ValueError):
        return value.decode("cp1252", "replace")
