"""The part of a manifest that only the copy that a provider delivered has."""

from __future__ import annotations

import typing as t

from copias.package.facts import Count, Facts, Hash, TableFacts, Text


class LoadFacts(Facts):
    """What came of loading the delivered dump into a server that lived only for that; no source was compared with."""

    loaded: bool
    text: Text
    """What was done, or why it could not be."""
    server: Text = ""
    """Version of the server that it was loaded into."""
    method: Text = ""
    """How the digests were computed."""
    tables: tuple[TableFacts, ...] = ()
    """What was in the server afterwards."""


class DeliveredFacts(Facts):
    """What a provider delivered, as it was recognised by its content."""

    provider: Text
    contract: Text
    name: Text
    """As the provider called the file, made printable."""
    bytes: Count
    sha256: Hash
    checksum: Text
    """The algorithm of the provider's own checksum, which was equal; empty when none was delivered."""
    format: Text
    words: Text
    """The format for people."""
    engine: Text
    version: Text
    """Of the server that it was dumped from, as the dump says; empty when it does not."""
    layers: tuple[Text, ...]
    """Archives that the dump lies in, the outer one first."""
    dump: Text
    """Name of the dump in its archive, made printable; empty when it lies plain."""
    dump_bytes: Count
    dump_sha256: Hash
    scan: t.Literal["clean", "partial", "absent", "off"]
    """What ClamAV said, of all of it or of a part; whether it was there; whether it was asked for."""
    load: LoadFacts
