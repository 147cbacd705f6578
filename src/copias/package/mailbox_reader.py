"""Reading a mailbox's package: its list, and any message by a few bytes of the zip file around it.

    with open_mailbox(path) as package:                     # or MailboxReader([stream, …], manifest)
        check_signature(package.manifest, trusted)
        package.check_index()                               # the list is the one that was signed
        for message in package.messages():                  # ListedMessage, the oldest first
            content = package.read(message)                 # only this message's bytes are read, and checked

Nothing but the package is needed: no ledger, mirror or deployment.
"""

from __future__ import annotations

import hashlib
import typing as t
from contextlib import contextmanager

from copias.errors import Altered, BadInput
from copias.package.mailbox_index import read_index
from copias.package.opening import open_package
from copias.package.reader import manifest_of
from copias.package.zip_directory import ZipDirectory, as_stream

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from copias.package.mailbox_facts import MessagesFacts
    from copias.package.manifest import Manifest
    from copias.package.message_list import ListedMessage


class MailboxReader:
    """The package of a mailbox, opened.

    Args:
        streams: its zip files in order, seekable, as :meth:`copias.store.Store.open` gives them; a file that is not
            at hand may be left out at the end, its messages cannot be read then.
        manifest: the one beside it; else the one inside is taken. Its signature is the caller's to check.

    Raises:
        Altered: a file is damaged or none of ours, or the package has more files than the manifest says.
        BadInput: it is no package of a mailbox.
    """

    def __init__(self, streams: Sequence[t.BinaryIO], manifest: Manifest | None = None) -> None:
        self.directories = [ZipDirectory(stream, name=f"parte {number}") for number, stream in enumerate(streams, 1)]
        self.manifest = manifest or manifest_of(self.directories[0])
        if len(streams) > 1 + len(self.manifest.parts):
            raise Altered("hay más archivos que los del paquete", why=f"son {1 + len(self.manifest.parts)}")

    @property
    def facts(self) -> MessagesFacts:
        """Return what the manifest says of the messages."""
        if self.manifest.messages is None:
            raise BadInput(
                "el paquete no es de un buzón",
                whose=f"{self.manifest.case.kind} {self.manifest.case.subject!a}",
                repair="use el paquete de un caso de correo",
            )
        return self.manifest.messages

    def check_index(self) -> None:
        """Make sure that the list of messages is the one that the manifest's signature covers.

        Raises:
            Altered: it is another.
        """
        directory, name, digest = self.directories[0], self.facts.index, hashlib.sha256()
        for chunk in directory.chunks(directory.find(name)):
            digest.update(chunk)
        expected = next((entry.sha256 for entry in self.manifest.entries if entry.name == name), "")
        if digest.hexdigest() != expected:
            raise Altered(
                "la lista de mensajes no es la que se selló",
                whose=name,
                why=f"se esperaba el SHA-256 {expected} y es {digest.hexdigest()}",
                repair="use otra copia del paquete",
            )

    def messages(self) -> Iterator[ListedMessage]:
        """Yield the messages of the list, the oldest first.

        Raises:
            Altered: the list is damaged.
        """
        directory = self.directories[0]
        with as_stream(directory.chunks(directory.find(self.facts.index))) as stream:
            yield from read_index(stream)

    def read(self, message: ListedMessage) -> bytes:
        """Return a message's exact bytes.

        Raises:
            Altered: they are not those of the list, or its part is not at hand.
        """
        if not 1 <= message.part <= len(self.directories):
            raise Altered("falta una parte del paquete", whose=message.id, why=f"está en la parte {message.part}")
        directory = self.directories[message.part - 1]
        entry = directory.find(message.entry)
        # Its declared size first: whoever can write there may have put a bomb in its place.
        content = directory.read(entry) if entry.bytes == message.bytes else b""
        if (len(content), hashlib.sha256(content).hexdigest()) != (message.bytes, message.sha256):
            raise Altered(
                "el mensaje no es el que se selló",
                whose=message.id,
                why="su tamaño o su SHA-256 es otro que el de la lista",
                repair="use otra copia del paquete",
            )
        return content


@contextmanager
def open_mailbox(path: Path) -> Iterator[MailboxReader]:
    """Open the package of a mailbox in a folder, as :func:`copias.package.open_package` does.

    Raises:
        Altered: it is damaged.
        BadInput: it is not there.
    """
    with open_package(path) as package:
        yield MailboxReader(package.streams, package.manifest)
