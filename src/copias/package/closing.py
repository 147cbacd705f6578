"""How a package of one file ends: page, notes and manifest, each of them telling what lies before it."""

from __future__ import annotations

import typing as t

from copias.package.facts import EntryFacts, PackageFacts
from copias.package.manifest import NAME, Manifest, sign_manifest
from copias.package.texts import render_index, render_readme

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from copias.package.signing import SigningKey
    from copias.package.writer import Entry, PackageWriter, SealedPackage


def close_package(
    package: PackageWriter, known: Manifest, entries: Iterable[Entry], *, file_name: str, key: SigningKey
) -> tuple[SealedPackage, Manifest]:
    """Write the rest of a package, and return it and the signed manifest that goes beside it.

    Args:
        package: with all its other entries written.
        known: the signed manifest as the page and the notes show it.
        entries: that were written, in order.
        file_name: the last part of the name that the package is stored under.
        key: signs both manifests.
    """
    written = [*entries, package.add("index.html", render_index(known)), package.add("LEEME.txt", render_readme(known))]
    inner = sign_manifest(known.with_facts(entries=tell_entries(written)), key)
    package.add(NAME, inner.to_json())
    sealed = package.close()
    facts = PackageFacts(name=file_name, bytes=sealed.bytes, sha256=sealed.sha256)
    return sealed, sign_manifest(inner.with_facts(package=facts), key)


def tell_entries(entries: Iterable[Entry]) -> tuple[EntryFacts, ...]:
    """Return what a manifest says of entries."""
    return tuple(EntryFacts(name=entry.name, bytes=entry.bytes, sha256=entry.sha256) for entry in entries)
