"""The index of a mirror that is about to be written: made for a new one, checked for an old one."""

from __future__ import annotations

import typing as t

from copias.errors import Altered, NotReady
from copias.files import sync_directory, write_atomically
from copias.mailbox.mirror.index import Index, remove_database
from copias.mailbox.mirror.journal import find_commits, first_line
from copias.mailbox.mirror.layout import FORMAT, INDEX, JOURNAL, REBUILD, damaged, find_segments, require_length

if t.TYPE_CHECKING:
    from pathlib import Path

_MOST_BEYOND: t.Final = 1
"""Commits that a crash leaves in the journal and not in the index: the one that was under way."""


def open_index(folder: Path, account: str) -> Index:
    """Open the index of an account's mirror for writing, and make it when the mirror is new.

    Raises:
        Altered: it is another account's, is missing, or is older than the segments and the journal.
        NotReady: another version of copias wrote it.
    """
    if not (folder / INDEX).exists():
        _begin(folder, account)
    index = Index(folder / INDEX, "rw")
    try:
        _check_owner(index, folder, account)
        _check_age(index, folder)
    except BaseException:
        index.close()
        raise
    return index


def _begin(folder: Path, account: str) -> None:
    """Make an empty mirror: the journal first, then the index, whole or not at all."""
    kept = [path for path in find_segments(folder).values() if path.stat().st_size]
    if kept or any(find_commits(folder / JOURNAL)):
        # To begin anew here would cut off all that the segments hold.
        raise damaged(str(folder / INDEX), "falta el índice y hay mensajes guardados", repair=REBUILD)
    line = first_line(account)
    write_atomically(folder / JOURNAL, line)
    part = make_index(folder, account)
    part.put_fact("journal", len(line))
    publish_index(part)


def make_index(folder: Path, account: str) -> Index:
    """Begin an index beside its place, to be filled and published."""
    path = folder / f"{INDEX}.part"
    remove_database(path)
    index = Index(path, "rwc")
    index.put_fact("account", account)
    index.put_fact("format", FORMAT)
    return index


def publish_index(part: Index) -> None:
    """Commit an index that was made, and put it in its place, where none is now."""
    part.commit()
    part.close()
    part.path.replace(part.path.with_name(INDEX))
    sync_directory(part.path.parent)


def _check_owner(index: Index, folder: Path, account: str) -> None:
    check_format(index, folder)
    owner = index.fact("account")
    if owner != account:
        raise Altered(
            "el espejo es de otra cuenta",
            whose=str(folder),
            why=f"es de {owner} y se pidió {account}",
            repair="no mueva ni renombre las carpetas de los espejos",
        )


def check_format(index: Index, folder: Path) -> None:
    """Refuse an index that another version wrote.

    Raises:
        NotReady: naming both versions.
    """
    version = index.fact("format")
    if version != FORMAT:
        raise NotReady(
            "el espejo es de otra versión de copias",
            whose=str(folder),
            why=f"su formato es {version} y este programa entiende {FORMAT}",
            repair="use la versión de copias que lo escribió",
        )


def _check_age(index: Index, folder: Path) -> None:
    """Refuse an index that was put back from an older copy: what it does not know would be cut off."""
    path, length = folder / JOURNAL, index.fact("journal")
    require_length(path, length)
    beyond = sum(1 for _ in find_commits(path, length))
    if beyond > _MOST_BEYOND:
        raise damaged(str(index.path), f"el índice es anterior a los últimos {beyond} cambios", repair=REBUILD)
