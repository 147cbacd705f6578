"""Sum up the definitions of a database's objects, the same for every engine that gives them as text."""

from __future__ import annotations

import hashlib


def digest_of(definition: str) -> str:
    """Return the start of the SHA-256 of one definition."""
    return hashlib.sha256(definition.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def sum_of_schema(schema: dict[str, str]) -> str:
    """Return one SHA-256 over all definitions, in the order of their names."""
    lines = "".join(f"{name}\n{digest}\n" for name, digest in sorted(schema.items()))
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()
