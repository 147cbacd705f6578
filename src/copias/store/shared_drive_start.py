"""Where an upload to a shared drive begins: anew, or where the session of a dead run stopped."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from copias.store.contract import part_name
from copias.store.shared_drive_journal import UploadEntry
from copias.store.shared_drive_session import SessionLost, UploadSession

if t.TYPE_CHECKING:
    from copias.store.shared_drive_client import DriveClient, Item
    from copias.store.shared_drive_faults import DriveFaults
    from copias.store.shared_drive_journal import DriveJournal
    from copias.store.shared_drive_tree import DriveTree


@dataclass(frozen=True)
class DriveDesk:
    """What the parts of one store share. ``chunk`` is how many bytes are sent at a time."""

    client: DriveClient
    tree: DriveTree
    journal: DriveJournal
    faults: DriveFaults
    chunk: int

    def trash(self, item: Item) -> None:
        """Remove an item; to delete for good is a right that a content manager does not have."""
        self.client.update(item, trashed=True)


@dataclass(frozen=True)
class Start:
    """An upload in the journal and where its bytes go; ``session`` is ``None`` when the file is there already."""

    entry: UploadEntry
    session: UploadSession | None


def start_anew(desk: DriveDesk, top: str, name: str, *, total: int | None = None, sha256: str = "") -> Start:
    """Begin an upload; the parts that dead runs left go to the trash."""
    _clear_parts(desk, top, name)
    entry = UploadEntry(name, desk.client.generate_id(), desk.tree.make_folders(top, name), bytes=total, sha256=sha256)
    desk.journal.write(entry)
    return begin(desk, entry)


def go_on(desk: DriveDesk, top: str, name: str, *, total: int, sha256: str) -> Start:
    """Find where the upload of the journal stopped, or begin one when it is of another content or was lost."""
    entry = desk.journal.read(name)
    if entry is None or (entry.bytes, entry.sha256) != (total, sha256):
        return start_anew(desk, top, name, total=total, sha256=sha256)
    item = desk.client.get(entry.id)
    if item is not None and item.trashed:  # by a person: an id serves only once
        return start_anew(desk, top, name, total=total, sha256=sha256)
    session = UploadSession(desk.client, entry.session, whose=name)
    if item is not None or _is_alive(session, total):
        return Start(entry, None if item is not None or session.complete else session)
    return begin(desk, replace(entry, parent=desk.tree.make_folders(top, name)))


def begin(desk: DriveDesk, entry: UploadEntry) -> Start:
    """Open a session for an upload and remember it."""
    base = part_name(entry.name).rpartition("/")[2]
    address = desk.client.begin_upload(entry.id, base, parent=entry.parent, total=entry.bytes)
    if address is None:
        return Start(entry, None)
    entry = replace(entry, session=address)
    desk.journal.write(entry)
    return Start(entry, UploadSession(desk.client, address, whose=entry.name))


def _is_alive(session: UploadSession, total: int) -> bool:
    """Tell whether Google still takes bytes for a session, and ask from where on."""
    if not session.address:
        return False
    try:
        session.locate(total)
    except SessionLost:
        return False
    return True


def _clear_parts(desk: DriveDesk, top: str, name: str) -> None:
    base = part_name(name).rpartition("/")[2]
    parts = {item.id: item for item in desk.tree.files(top, part_name(name))}
    entry = desk.journal.read(name)
    own = desk.client.get(entry.id) if entry is not None else None
    if own is not None and own.name == base and not own.trashed:
        parts[own.id] = own  # a listing may show it late
    for item in parts.values():
        desk.trash(item)
