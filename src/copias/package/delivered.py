"""The package of what a provider delivered: the file byte by byte, the mails, index, page, notes and manifest."""

from __future__ import annotations

import typing as t

from copias.package.closing import close_package, tell_entries
from copias.package.facts import Content
from copias.package.manifest import Manifest, sign_manifest
from copias.package.texts import render_csv
from copias.package.writer import PackageWriter
from copias.store.names import safe_part

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from copias.package.signing import SigningKey
    from copias.package.writer import Entry, EntryWriter, SealedPackage

INDEX = "indice.csv"
FOLDER = "entrega"
MAILS = "correos"
_HEADER = ("archivo", "qué es", "tamaño en bytes", "SHA-256")


class DeliveredPackage:
    """Packs a delivered file: give :meth:`write` its bytes, then :meth:`seal`.

    Args:
        write: takes every chunk of the package, such as an upload's ``write``.
        name: of the delivered file, hostile; the entry's name is made safe from it.
        when: date of the entries, in Colombia's time.
    """

    def __init__(self, write: Callable[[bytes], object], *, name: str, when: datetime) -> None:
        self._package = PackageWriter(write, when=when)
        # It is compressed as its provider made it: stored, so that it can be taken out and compared as it came.
        self._file: EntryWriter = self._package.open_entry(f"{FOLDER}/{safe_part(name)}")

    def write(self, chunk: bytes) -> int:
        """Take a chunk of the delivered file and return its length."""
        return self._file.write(chunk)

    def seal(
        self, draft: Manifest, *, file_name: str, mails: tuple[tuple[str, bytes], ...], key: SigningKey
    ) -> tuple[SealedPackage, Manifest]:
        """Write the rest, and return the package and the signed manifest that goes beside it.

        Args:
            draft: the manifest but for ``content``, ``entries``, ``package`` and ``signature``.
            file_name: the last part of the name that the package is stored under.
            mails: with the provider: a safe name and the content of each.
            key: signs both manifests.
        """
        delivered = self._file.close()
        entries = [delivered, *(self._package.add(f"{MAILS}/{name}", content) for name, content in mails)]
        content = Content(entry=delivered.name, encoding="none", bytes=delivered.bytes, sha256=delivered.sha256)
        entries.append(self._package.add(INDEX, _index(entries)))
        known = sign_manifest(draft.with_facts(content=content, package=None, entries=tell_entries(entries)), key)
        return close_package(self._package, known, entries, file_name=file_name, key=key)


def _index(entries: list[Entry]) -> bytes:
    rows = ((entry.name, _describe(entry.name), entry.bytes, entry.sha256) for entry in entries)
    return render_csv(_HEADER, rows)


def _describe(name: str) -> str:
    return "Lo que entregó el proveedor, como llegó" if name.startswith(f"{FOLDER}/") else "Correo con el proveedor"
