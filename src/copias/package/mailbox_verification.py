"""Comparing every message of a package with the list of them, and the list with the manifest."""

from __future__ import annotations

import hashlib
import typing as t

from copias.errors import Altered, BadInput
from copias.package.entry_names import is_entry_name
from copias.package.mailbox_index import read_index
from copias.package.mailbox_summary import describe
from copias.package.manifest import NAME
from copias.package.message_entry import say_entry
from copias.package.message_list import MessageList
from copias.package.zip_directory import as_stream

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from copias.package.manifest import Manifest
    from copias.package.message_list import ListedMessage
    from copias.package.zip_directory import ZipDirectory
    from copias.progress import Report

_PART_BITS: t.Final = 48
"""A place in a package is the part's number above so many bits, and the offset in it below."""


def find_message_problems(directories: Sequence[ZipDirectory], manifest: Manifest, *, report: Report) -> Iterator[str]:
    """Yield what is wrong with the messages, in Spanish.

    The zip files are read from the start to the end, whatever the order of the list; memory does not grow with it
    but for their directories.

    Raises:
        Altered: the list cannot be read.
    """
    with MessageList() as messages:
        try:
            yield from _take_list(directories, manifest, messages)
            facts = describe(messages.summary())
        except BadInput as error:
            yield f"la lista de mensajes nombra dos veces lo mismo: {error.why}"
            return
        yield from (
            f"la lista de mensajes no da {words} que dice el manifiesto"
            for name, words in {"messages": "el total", "counts": "los conteos", "period": "las fechas"}.items()
            if getattr(manifest, name) != facts[name]
        )
        yield from _find_strangers(directories, manifest, messages)
        for message in messages.in_order():
            yield from _find_content_problems(directories[message.part - 1], message, report)


def _take_list(directories: Sequence[ZipDirectory], manifest: Manifest, messages: MessageList) -> Iterator[str]:
    """Fill ``messages`` with what is there, by its place in the zip files; name what is missing."""
    index = t.cast("t.Any", manifest.messages).index
    with as_stream(directories[0].chunks(directories[0].find(index))) as stream:
        for message in read_index(stream):
            if not 1 <= message.part <= len(directories) or message.entry not in directories[message.part - 1]:
                yield f"falta el mensaje {message.id!a}"
                continue
            if not is_entry_name(message.entry):
                yield f"el mensaje {message.id!a} tiene un nombre de archivo peligroso"
            entry = directories[message.part - 1].find(message.entry)
            messages.add(message, place=message.part << _PART_BITS | entry.offset)


def _find_strangers(directories: Sequence[ZipDirectory], manifest: Manifest, messages: MessageList) -> Iterator[str]:
    """Name the files that are neither in the list nor in the manifest."""
    own = {entry.name for entry in manifest.entries} | {NAME}
    if sum(map(len, directories)) == messages.count + len(own):
        return
    known = {message.entry for message in messages.in_order()} | own
    for directory in directories:
        yield from (f"sobra el archivo {say_entry(entry.name)}" for entry in directory if entry.name not in known)


def _find_content_problems(directory: ZipDirectory, message: ListedMessage, report: Report) -> Iterator[str]:
    digest, size = hashlib.sha256(), 0
    try:
        for chunk in directory.chunks(directory.find(message.entry)):
            digest.update(chunk)
            size += len(chunk)
            report(len(chunk))
    except (Altered, OSError) as error:
        yield f"el mensaje {message.id!a} no se puede leer: {error}"
        return
    if (size, digest.hexdigest()) != (message.bytes, message.sha256):
        yield f"el mensaje {message.id!a} no es el que se selló: se esperaba el SHA-256 {message.sha256}"
