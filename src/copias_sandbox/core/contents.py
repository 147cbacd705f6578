"""Content of files, on disk in the sandbox's folder, by the SHA-256 of what it holds."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import typing as t
from dataclasses import dataclass
from pathlib import Path

from copias.files import make_private_directory
from copias_sandbox.state import State

PIECE: t.Final = 2**20
"""Bytes read at a time, so that a large file is never in memory."""


@dataclass(frozen=True)
class Kept:
    """Content that is kept: bytes and digests in hexadecimal, as Drive tells them."""

    size: int
    md5: str
    sha1: str
    sha256: str


class Contents:
    """Keeps content; the same bytes are kept once, and never thrown away: a snapshot may need them.

    Args:
        state: whose folder it is.
    """

    def __init__(self, state: State) -> None:
        self._folder = state.folder / "kept"

    def keep(self, content: bytes | Path) -> Kept:
        """Keep bytes, or those of a file, which stays; and tell their digests."""
        kept = _digests(content)
        place = self.path(kept.sha256)
        if place.exists():
            return kept
        part = make_private_directory(place.parent) / f"{secrets.token_hex(8)}.part"
        if isinstance(content, Path):
            _link_or_copy(content, part)
        else:
            part.write_bytes(content)
        part.replace(place)
        return kept

    def path(self, sha256: str) -> Path:
        """Return the file that holds content that was kept."""
        return self._folder / sha256[:2] / sha256


def _digests(content: bytes | Path) -> Kept:
    # Drive tells MD5 and SHA-1 too: they identify, nothing is trusted to them.
    digests = [hashlib.new(name, usedforsecurity=False) for name in ("md5", "sha1", "sha256")]
    size = 0
    for piece in pieces(content):
        size += len(piece)
        for digest in digests:
            digest.update(piece)
    return Kept(size, *(digest.hexdigest() for digest in digests))


def pieces(content: bytes | Path, start: int = 0, length: int | None = None) -> t.Iterator[bytes]:
    """Yield ``length`` bytes (all that follow, without it) from ``start``, in pieces."""
    if isinstance(content, bytes):
        yield content[start : None if length is None else start + length]
        return
    left = content.stat().st_size - start if length is None else length
    with content.open("rb") as file:
        file.seek(start)
        while left > 0 and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece


def read_all(content: bytes | Path) -> bytes:
    """Return all of it."""
    return content.read_bytes() if isinstance(content, Path) else content


def first_half(content: bytes | Path) -> bytes:
    """Return the bytes that were here when the line broke in the middle."""
    return b"".join(pieces(content, 0, size_of(content) // 2))


def size_of(content: bytes | Path) -> int:
    """Return the number of bytes."""
    return content.stat().st_size if isinstance(content, Path) else len(content)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)
