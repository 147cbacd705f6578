"""Mirrors as the tests of damage, crashes, full disks and freezing write them, and what lies in their folders."""

from __future__ import annotations

import typing as t
from contextlib import closing
from pathlib import Path

from copias.mailbox.mirror import Mirror, NewMessage
from copias.mailbox.mirror.index import Index

ACCOUNT = "marta@example.test"


def message(number: int, content: bytes | None = None, labels: tuple[str, ...] = ("INBOX",)) -> NewMessage:
    if content is None:
        content = f"Subject: Acta {number}\r\n\r\n".encode() + bytes(number) * 50
    return NewMessage(f"{number:016x}", f"{number // 2:016x}", labels, number, 1_700_000_000_000 + number, content)


def add(folder: Path, *numbers: int) -> None:
    with Mirror.open(folder, account=ACCOUNT, segment_bytes=1000) as mirror:
        for number in numbers:
            mirror.add(message(number))
        mirror.commit()


def make_mirror(folder: Path) -> Path:
    """Make a mirror with forty messages in several segments, some changes, and a state."""
    add(folder, *range(30))
    with Mirror.open(folder, account=ACCOUNT, segment_bytes=1000) as mirror:
        mirror.relabel(message(3).id, ["TRASH"], 99)
        mirror.mark_deleted(message(4).id, 12.5)
        mirror.set_labels({"Label_1": ("Uno", "user")})
        mirror.set_state(history_id=99, messages_total=30, full=True)
        mirror.commit()
    add(folder, *range(30, 40))
    return folder


def segments(folder: Path) -> list[Path]:
    return sorted((folder / "segments").iterdir())


def files_of(folder: Path) -> dict[str, bytes]:
    """What must be equal bit by bit: segments and journal."""
    return {path.name: path.read_bytes() for path in [*segments(folder), folder / "changes.jsonl"]}


def filled_files_of(folder: Path) -> dict[str, bytes]:
    """Those in which something was written: what dies may leave an empty one behind."""
    return {name: content for name, content in files_of(folder).items() if content}


def rows_of(folder: Path) -> dict[str, list[t.Any]]:
    """Everything that an index says."""
    with closing(Index(folder / "index.sqlite")) as index:
        tables = [name for (name,) in index.query("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {table: list(index.query(f"SELECT * FROM {table}")) for table in tables}  # noqa: S608
