"""The name and the date of a message's entry: what a person sees in Windows Explorer."""

from __future__ import annotations

import re
import typing as t
import unicodedata
from datetime import UTC, datetime, timedelta

from copias.errors import BadInput
from copias.local_time import BOGOTA
from copias.package.writer import NEWEST_YEAR, OLDEST_YEAR

SUBJECT_LIMIT: t.Final = 48
"""Characters of the subject in a name; with them a name has fewer than 120."""
FOLDER_LENGTH: t.Final = len("2026/11/20261120-080530-")
"""Characters of a name before the subject."""
_ID: t.Final = re.compile(r"[0-9a-z_-]{1,40}", re.ASCII)
_DATED: t.Final = re.compile(r"\d{4}/\d{2}/(\d{8}-\d{6}-)?", re.ASCII)
_NAMED: t.Final = re.compile(r"(?<=-)(?=[a-z_]*\d)[0-9a-z_]{1,40}(?=\.eml\Z)", re.ASCII)
_NOT_WORDS: t.Final = re.compile(r"[\W_]+")
_EPOCH: t.Final = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN: t.Final = range(400_000_000_000, 4_000_000_000_000)
"""Milliseconds since 1970 of which nothing can go wrong: from 1982 to 2096."""
_FIRST: t.Final = datetime(OLDEST_YEAR, 1, 1, tzinfo=BOGOTA)
_LAST: t.Final = datetime(NEWEST_YEAR, 12, 31, 23, 59, 58, tzinfo=BOGOTA)


def received_at(internal_date: int) -> datetime:
    """Return when a message was received, in Colombia's time; a date that zip cannot write becomes its nearest.

    Args:
        internal_date: milliseconds since 1970.
    """
    if internal_date in _PLAIN:
        return datetime.fromtimestamp(internal_date / 1000, BOGOTA)
    try:
        moment = (_EPOCH + timedelta(milliseconds=internal_date)).astimezone(BOGOTA)
    except OverflowError:
        return _FIRST if internal_date < 0 else _LAST
    return min(max(moment, _FIRST), _LAST)


def message_entry(message_id: str, *, subject: str, received: datetime) -> str:
    """Return ``2026/11/20261120-080530-Acta-de-reunión-18c5e1a2b3c4d5e6.eml``.

    The id makes it the only one; of the subject, letters and digits of any language are left.

    Raises:
        BadInput: the id is none that a source gives.
    """
    if not _ID.fullmatch(message_id):
        raise BadInput("el id de un mensaje no sirve para un nombre de archivo", whose=ascii(message_id[:80]))
    return f"{received:%Y/%m/%Y%m%d-%H%M%S}-{short_subject(subject)}{message_id}.eml"


def say_entry(name: str) -> str:
    """Return an entry's name for errors; of a message's, nothing of its subject: ``'2026/11/20261120-080530-*b2.eml'``.

    An error comes into the ledger, the help desk's sheet and mails, where nobody may read a subject.
    """
    if not name.lower().endswith(".eml"):
        return ascii(name)
    dated, named = _DATED.match(name), _NAMED.search(name)
    return ascii(f"{dated[0] if dated else ''}*{named[0] if named else ''}.eml")


def short_subject(subject: str) -> str:
    """Return a subject's words joined by hyphens, with one after the last; nothing when it has none."""
    plain = subject if subject.isascii() else unicodedata.normalize("NFKC", subject[:998])
    words = _NOT_WORDS.sub("-", plain).strip("-")[:SUBJECT_LIMIT].strip("-")
    return words + "-" if words else ""
