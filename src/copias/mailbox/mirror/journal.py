"""The journal: what cannot be read back from the segments, one JSON line each, with a checksum."""

from __future__ import annotations

import typing as t
import zlib

import orjson

from copias.mailbox.mirror.layout import FORMAT, damaged

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Change: t.TypeAlias = "dict[str, t.Any]"
"""One of:

``{"mirror": {"account", "format"}}``
    the first line
``{"id", "labels": [...], "history"}``
    a message's labels changed
``{"id", "deleted": seconds or null}``
    it went, or is there again
``{"owner": id}``
    Google's id of the account whose mailbox it is
``{"names": {id: [name, type]}}``
    the labels of the mailbox
``{"commit": {"segments": [[number, length], ...], "state": {...}}}``
    all before this line is committed; ``state`` only when it changed
"""


def encode_change(change: Change) -> bytes:
    """Return a change's line: eight hexadecimal digits of CRC-32, a space, JSON."""
    body = orjson.dumps(change, option=orjson.OPT_SORT_KEYS)
    return b"%08x %b\n" % (zlib.crc32(body), body)


def first_line(account: str) -> bytes:
    """Return what each journal begins with."""
    return encode_change({"mirror": {"account": account, "format": FORMAT}})


def read_changes(path: Path, length: int) -> Iterator[Change]:
    """Yield the changes of the first ``length`` bytes.

    Raises:
        Altered: a line is damaged; its place is named.
    """
    done = 0
    for line, change in _read_lines(path, 0):
        if done >= length:
            return
        if change is None:
            raise damaged(f"{path}, byte {done}", "una línea no corresponde a su suma")
        done += len(line)
        yield change


def find_commits(path: Path, start: int = 0) -> Iterator[int]:
    """Yield where each commit ends, from ``start`` on; lines that are not whole are passed over."""
    if not path.exists():
        return
    done = start
    for line, change in _read_lines(path, start):
        done += len(line)
        if change is not None and "commit" in change:
            yield done


def _read_lines(path: Path, start: int) -> Iterator[tuple[bytes, Change | None]]:
    """Yield each line and what it says, ``None`` when it is damaged."""
    with path.open("rb") as stream:
        stream.seek(start)
        for line in stream:
            yield line, _decode(line)


def _decode(line: bytes) -> Change | None:
    checksum, _, body = line[:-1].partition(b" ")
    if not line.endswith(b"\n") or checksum != b"%08x" % zlib.crc32(body):
        return None
    try:
        change: Change = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return change
