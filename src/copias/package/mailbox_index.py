"""``indice.csv`` of a mailbox: a line a message, for people with Excel, and for whoever reads the package."""

from __future__ import annotations

import csv
import io
import typing as t
from datetime import UTC, datetime

from copias.errors import Altered
from copias.local_time import BOGOTA
from copias.package.message_entry import received_at
from copias.package.message_list import ListedMessage, State, join_labels, split_labels
from copias.package.texts import csv_chunks, read_cell, safe_cell

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

INDEX: t.Final = "indice.csv"
HEADER: t.Final = (
    "archivo",
    "id",
    "conversacion",
    "etiquetas",
    "estado",
    "recibido",
    "recibido_ms",
    "fecha_del_mensaje",
    "remitente",
    "destinatarios",
    "asunto",
    "message_id",
    "bytes",
    "sha256",
    "borrado_en_origen",
    "parte",
)
STATE_WORDS: t.Final[dict[State, str]] = {
    "": "",
    "draft": "borrador",
    "spam": "spam",
    "trash": "papelera",
    "chat": "chat",
}
_STATES: t.Final = {word: state for state, word in STATE_WORDS.items()}
_LONGEST_CELL: t.Final = 1 << 20
_LONGEST_LINE: t.Final = 4 << 20


def index_chunks(messages: Iterable[ListedMessage]) -> Iterator[bytes]:
    """Yield the file in chunks."""
    return csv_chunks(HEADER, map(_to_cells, messages))


def read_index(stream: t.BinaryIO) -> Iterator[ListedMessage]:
    """Yield the lines of the file.

    Raises:
        Altered: it is not such a file; the line is named.
    """
    csv.field_size_limit(_LONGEST_CELL)
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    rows = csv.reader(_lines(text), delimiter=";", strict=True)
    try:
        if tuple(next(rows, ())) != HEADER:
            raise _malformed("no tiene los títulos que escribe este programa")
        for cells in rows:
            yield _to_message(cells)
    except (ValueError, csv.Error, KeyError, OverflowError) as error:
        raise _malformed(f"la línea {rows.line_num} no se entiende") from error
    finally:
        text.detach()


def _lines(text: t.TextIO) -> Iterator[str]:
    """Yield the lines; one without an end is not read into memory to find that out."""
    while line := text.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise ValueError("line")
        yield line


def _to_cells(message: ListedMessage) -> tuple[str | int, ...]:
    return (
        message.entry,
        safe_cell(message.id),
        safe_cell(message.thread_id),
        safe_cell(join_labels(message.labels)),
        STATE_WORDS[message.state],
        format(received_at(message.internal_date), "%d/%m/%Y %H:%M:%S"),
        message.internal_date,
        safe_cell(message.date),
        safe_cell(message.sender),
        safe_cell(message.recipients),
        safe_cell(message.subject),
        safe_cell(message.message_id),
        message.bytes,
        message.sha256,
        _write_moment(message.deleted_at),
        message.part,
    )


def _to_message(cells: list[str]) -> ListedMessage:
    entry, key, thread, labels, state, _, internal_date, date, *headers, size, sha256, deleted, part = cells
    sender, recipients, subject, message_id = map(read_cell, headers)
    return ListedMessage(
        entry=entry,
        id=read_cell(key),
        thread_id=read_cell(thread),
        labels=split_labels(read_cell(labels)),
        state=_STATES[state],
        internal_date=int(internal_date),
        date=read_cell(date),
        sender=sender,
        recipients=recipients,
        subject=subject,
        message_id=message_id,
        bytes=int(size),
        sha256=sha256,
        deleted_at=_read_moment(deleted),
        part=int(part),
    )


def _write_moment(seconds: float | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds, BOGOTA).isoformat()


def _read_moment(text: str) -> float | None:
    return datetime.fromisoformat(text).astimezone(UTC).timestamp() if text else None


def _malformed(why: str) -> Altered:
    return Altered("el índice del paquete no se entiende", whose=INDEX, why=why, repair="use otra copia del paquete")
