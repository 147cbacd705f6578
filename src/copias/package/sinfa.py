"""The package of a database: dump, roles, index, page, notes and manifest, in one pass."""

from __future__ import annotations

import typing as t

from copias.package.closing import close_package, tell_entries
from copias.package.dump_entry import DumpEntry
from copias.package.facts import Content
from copias.package.manifest import Manifest, sign_manifest
from copias.package.texts import render_csv
from copias.package.writer import PackageWriter
from copias.store.names import safe_part

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from copias.package.signing import SigningKey
    from copias.package.writer import SealedPackage

GLOBALS = "globals.sql"
INDEX = "indice.csv"
_HEADER = ("esquema", "tabla", "filas", "huella")


class SinfaPackage:
    """Packs a database: give :meth:`write` to the dump as its sink, then :meth:`seal`.

    Args:
        write: takes every chunk of the package, such as an upload's ``write``.
        database: its name; the entry's name is made safe from it.
        when: date of the entries, in Colombia's time.
    """

    def __init__(self, write: Callable[[bytes], object], *, database: str, when: datetime) -> None:
        self._package = PackageWriter(write, when=when)
        self._dump = DumpEntry(self._package.open_entry(f"{safe_part(database)}.dump.zst"))

    def write(self, chunk: bytes) -> int:
        """Take a chunk of the dump and return its length."""
        return self._dump.write(chunk)

    def seal(
        self, draft: Manifest, *, file_name: str, globals_sql: bytes, key: SigningKey
    ) -> tuple[SealedPackage, Manifest]:
        """Write the rest, and return the package and the signed manifest that goes beside it.

        Args:
            draft: the manifest but for ``content``, ``entries``, ``package`` and ``signature``.
            file_name: the last part of the name that the package is stored under.
            globals_sql: roles and the like, without passwords.
            key: signs both manifests.
        """
        packed = self._dump.close()
        entries = [packed.entry, self._package.add(GLOBALS, globals_sql)]
        content = Content(entry=packed.entry.name, encoding="zstd", bytes=packed.raw_bytes, sha256=packed.raw_sha256)
        known = sign_manifest(draft.with_facts(content=content, package=None, entries=tell_entries(entries)), key)
        entries.append(self._package.add(INDEX, _index(known)))
        known = sign_manifest(known.with_facts(entries=tell_entries(entries)), key)
        return close_package(self._package, known, entries, file_name=file_name, key=key)


def _index(manifest: Manifest) -> bytes:
    """Return ``indice.csv``; the digest is text, for Excel would round such long numbers."""
    tables = manifest.dump.tables if manifest.dump else ()
    rows = ((table.schema_name, table.table, table.rows, f"xor {table.xor} suma {table.total}") for table in tables)
    return render_csv(_HEADER, rows)
