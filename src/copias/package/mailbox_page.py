"""``index.html`` of a mailbox: one file that finds a message among 100,000 without a network or a program.

The messages stand in it as blocks of JSON columns, the newest first; people and sets of labels are
numbers into lists. The one script is fixed and allowed by its hash, so nothing that a message says can run.
"""

from __future__ import annotations

import base64
import hashlib
import json
import typing as t
from importlib import resources
from itertools import islice, pairwise

from markupsafe import Markup

from copias.package.message_entry import FOLDER_LENGTH, received_at
from copias.package.texts import render

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from copias.package.manifest import Manifest
    from copias.package.message_list import MessageList, PageRow

_ROWS: t.Final = 2000
"""Messages in a block."""
_SHOWN: t.Final = 120
"""Characters of a subject, or of people, that the page shows and searches; all are in ``indice.csv``."""
_DATA: t.Final = "<!-- datos -->"
_ESCAPES: t.Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def page_chunks(manifest: Manifest, messages: MessageList) -> Iterator[bytes]:
    """Yield the page in chunks."""
    script = resources.files("copias.package").joinpath("templates", "mailbox.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    # The script is ours and fixed; the marker cannot come from data, whose ``<`` is escaped.
    page = render("mailbox.html.j2", manifest, script=Markup(script), script_hash=digest)  # noqa: S704
    before, _, after = page.partition(_DATA)
    yield before.encode()
    for people in _batches(messages.people()):
        yield _block('class="personas"', [_shorten(person) for person in people])
    yield _block('id="etiquetas"', _label_lists(messages))
    for rows in _batches(messages.page_rows()):
        yield _block('class="mensajes"', _columns(rows))
    yield after.encode()


def _label_lists(messages: MessageList) -> dict[str, t.Any]:
    numbers: dict[str, int] = {}
    sets = [[numbers.setdefault(name, len(numbers)) for name in names] for names in messages.label_sets()]
    return {"names": list(numbers), "sets": sets}


def _columns(rows: list[PageRow]) -> dict[str, t.Any]:
    """Return a block of messages; dates are seconds, each but the first as the step down from the one before."""
    seconds = [int(received_at(row.internal_date).timestamp()) for row in rows]
    steps = [before - after for before, after in pairwise(seconds)]
    columns: dict[str, t.Any] = {
        "dates": [seconds[0], *steps],
        "senders": [row.sender for row in rows],
        "recipients": [row.recipients for row in rows],
        "labels": [row.labels for row in rows],
        "sizes": [row.bytes for row in rows],
        "subjects": [_shorten(row.subject) for row in rows],
        "files": [row.entry[FOLDER_LENGTH : -len(".eml")] for row in rows],
        "gone": [place for place, row in enumerate(rows) if row.deleted],
    }
    if any(row.part > 1 for row in rows):
        columns["parts"] = [row.part for row in rows]
    return columns


def _block(attributes: str, data: t.Any) -> bytes:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for letter, escape in _ESCAPES.items():
        text = text.replace(letter, escape)
    return f'<script type="application/json" {attributes}>{text}</script>\n'.encode()


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


T = t.TypeVar("T")


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, _ROWS)):
        yield batch
