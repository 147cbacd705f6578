"""Making the index anew from segments and journal."""

from __future__ import annotations

import typing as t

from copias.mailbox.mirror.failures import telling_disk_errors
from copias.mailbox.mirror.folder_lock import hold_folder
from copias.mailbox.mirror.index import new_row, remove_database
from copias.mailbox.mirror.journal import find_commits, first_line, read_changes
from copias.mailbox.mirror.layout import FORMAT, INDEX, JOURNAL, damaged, require_length, segment_path
from copias.mailbox.mirror.opening import make_index, publish_index
from copias.mailbox.mirror.scan import scan_members

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.mailbox.mirror.index import Index
    from copias.mailbox.mirror.journal import Change


def rebuild_index(folder: Path) -> int:
    """Make the index of a mirror anew, equal row for row to the one that was lost, and return how many messages it has.

    What was written after the last commit is left out, and cut off when the mirror is opened for writing.

    Raises:
        AlreadyRunning: somebody writes the mirror now.
        Altered: a segment or the journal is damaged; the index that is there, if any, stays.
        StoreFull: the disk is full.
    """
    journal = folder / JOURNAL
    if not journal.is_file():
        raise damaged(str(journal), "falta el archivo")
    with telling_disk_errors(folder), hold_folder(folder, folder.name):
        account = _read_account(journal)
        # A mirror without a commit has its first line, as a new one has.
        length = max(find_commits(journal), default=len(first_line(account)))
        index = make_index(folder, account)
        try:
            count = _fill(index, folder, length)
            remove_database(folder / INDEX)
            publish_index(index)
        finally:
            index.close()
    return count


def _read_account(journal: Path) -> str:
    first = next(read_changes(journal, 1), {}).get("mirror")
    if not first or first["format"] != FORMAT:
        raise damaged(str(journal), "no dice de quién es el espejo, o lo escribió otra versión de copias")
    return str(first["account"])


def _fill(index: Index, folder: Path, length: int) -> int:
    segments: dict[int, int] = {}
    for change in read_changes(folder / JOURNAL, length):
        segments |= dict(change.get("commit", {}).get("segments", ()))
    for number, size in sorted(segments.items()):
        _add_segment(index, folder, number, size)
    for change in read_changes(folder / JOURNAL, length):
        _apply(index, change)
    index.put_fact("journal", length)
    ((count,),) = index.query("SELECT count(*) FROM message")
    return int(count)


def _add_segment(index: Index, folder: Path, number: int, size: int) -> None:
    path = segment_path(folder, number)
    require_length(path, size)
    for found in scan_members(path, size):
        if index.has(found.message.id):
            raise damaged(f"{path}, byte {found.offset}", f"el mensaje {found.message.id} está dos veces")
        index.add(new_row(found.message, found.member, segment=number, offset=found.offset))
    index.put_segment(number, size)


def _apply(index: Index, change: Change) -> None:
    if "names" in change:
        index.put_labels(change["names"])
    elif "labels" in change:
        index.relabel(change["id"], change["labels"], change["history"])
    elif "owner" in change:
        index.put_owner(change["owner"])
    elif "deleted" in change:
        index.mark_deleted(change["id"], change["deleted"])
    elif "state" in change.get("commit", {}):
        index.put_fact("state", change["commit"]["state"])
