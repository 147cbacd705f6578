"""The labels of a Takeout: encoded, folded, quoted, and with the names of Gmail's own in the user's language."""

from __future__ import annotations

import csv
import re
import typing as t
from email.errors import HeaderParseError
from email.header import decode_header, make_header

from copias.package.mbox import SYSTEM_LABELS
from copias.package.message_list import split_labels

_FOLD: t.Final = re.compile(r"\r?\n[ \t]*")
_SPACES: t.Final = re.compile(r"[\s\u00a0]+")

_SPANISH: t.Final = {
    "recibidos": "INBOX",
    "bandeja de entrada": "INBOX",
    "enviados": "SENT",
    "enviado": "SENT",
    "no leídos": "UNREAD",
    "no leído": "UNREAD",
    "sin leer": "UNREAD",
    "destacados": "STARRED",
    "destacado": "STARRED",
    "importantes": "IMPORTANT",
    "importante": "IMPORTANT",
    "correo no deseado": "SPAM",
    "papelera": "TRASH",
    "borradores": "DRAFT",
    "borrador": "DRAFT",
    "chats": "CHAT",
    "categoría: personal": "CATEGORY_PERSONAL",
    "categoría: social": "CATEGORY_SOCIAL",
    "categoría: promociones": "CATEGORY_PROMOTIONS",
    "categoría: notificaciones": "CATEGORY_UPDATES",
    "categoría: actualizaciones": "CATEGORY_UPDATES",
    "categoría: foros": "CATEGORY_FORUMS",
}
"""Spanish names; which of them Google uses is not documented, and a name that is not here stays as it is."""
_IDS: t.Final = {**{name.lower(): key for key, name in SYSTEM_LABELS.items()}, **_SPANISH}
_SAID_ALREADY: t.Final = frozenset({"opened", "archived", "abiertos", "abierto", "archivados", "archivado"})
"""What Takeout adds and Gmail has no label for: not unread, not in the inbox."""


LONGEST: t.Final = 60_000
"""Characters of a message's labels; what is beyond is cut. Gmail has at most some hundred labels of 225 each."""


def read_labels(value: bytes) -> tuple[str, ...]:
    """Return the labels of a message: ids for Gmail's own, names for the user's; each once, in order.

    Args:
        value: of ``X-Gmail-Labels``, folds included; whatever it holds, something is returned.
    """
    text = _decode(_FOLD.sub(" ", value.decode("utf-8", "replace")).strip())
    text = text.encode("utf-8", "replace").decode()[:LONGEST]  # a charset may bring halves of characters
    try:
        names = split_labels(text)
    except (csv.Error, StopIteration):
        names = (text,)
    return tuple(dict.fromkeys(filter(None, map(_to_label, names))))


def _to_label(name: str) -> str:
    plain = _SPACES.sub(" ", name).strip().lower()
    return "" if plain in _SAID_ALREADY else _IDS.get(plain, name)


def _decode(text: str) -> str:
    """Decode RFC 2047; words of one charset are joined before, for they may share a character."""
    if "=?" not in text:
        return text
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, ValueError):
        return text
