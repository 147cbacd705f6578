"""The checksum that a provider delivers beside its file: when there is one, it must be equal."""

from __future__ import annotations

import hashlib
import re
import typing as t

from copias.provider.unfit import Unfit

if t.TYPE_CHECKING:
    from pathlib import Path

LARGEST: t.Final = 64 << 10
"""Bytes of a checksum file."""
_ALGORITHMS: t.Final = {128: "sha512", 64: "sha256", 40: "sha1", 32: "md5"}
"""By the number of hexadecimal digits."""
_HASH: t.Final = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{128}|[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})(?![0-9a-f])")
_BLOCK: t.Final = 1 << 20


class WrongChecksum(Unfit):
    """The file and its checksum do not go together; which of the two is wrong nobody knows here."""


def find_sum(content: bytes, name: str) -> tuple[str, str]:
    """Return algorithm and value of the checksum of a file in what its provider wrote: any tool's form will do.

    Args:
        content: of the checksum file.
        name: of the delivered file: where there are several lines, its own counts.

    Raises:
        WrongChecksum: there is none, or more than one that may be meant.
    """
    if len(content) > LARGEST:
        raise WrongChecksum("el archivo de la suma de verificación es demasiado grande")
    text = content.decode("utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "replace")
    lines = [line for line in text.lower().splitlines() if _HASH.search(line.replace(" ", ""))]
    named = [line for line in lines if name.lower() in line]
    chosen = named or lines
    if len(chosen) != 1:
        raise WrongChecksum(f"el archivo de la suma de verificación no tiene una sola suma, sino {len(chosen)}")
    # Old Windows tools put a space between the bytes.
    found = _HASH.search(chosen[0]) or _HASH.search(chosen[0].replace(" ", ""))
    value = found[0] if found else ""
    return _ALGORITHMS[len(value)], value


def check_sum(path: Path, content: bytes, name: str) -> str:
    """Return the algorithm by which a file has the checksum that its provider wrote.

    Raises:
        WrongChecksum: it has not, or the checksum cannot be read.
    """
    algorithm, expected = find_sum(content, name)
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    if digest.hexdigest() != expected:
        raise WrongChecksum(
            f"no da la suma {algorithm} que lo acompaña: dice {expected} y es {digest.hexdigest()}; llegó cambiado o "
            "incompleto"
        )
    return algorithm
