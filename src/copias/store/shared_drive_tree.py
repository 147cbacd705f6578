"""Names with ``/`` on a shared drive, which knows only ids and lets several items have one name.

Two machines may make the same folder at once. Then there are two: readers look into both, writers use the oldest
(then the smallest id), so nothing is ever hidden and everybody chooses the same. On one machine the journal's lock and
ids leave no second.
"""

from __future__ import annotations

import typing as t
from itertools import islice

from copias.store import faults
from copias.store.contract import StoredFile
from copias.store.listing import Found, leads_to
from copias.store.names import is_safe
from copias.store.shared_drive_client import FOLDER, Item

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from copias.store.shared_drive_client import DriveClient
    from copias.store.shared_drive_journal import DriveJournal

_PARENTS: t.Final = 40
"""Folders that one query asks about; Google limits the length of a query."""


class DriveTree:
    """Folders and files of a store by their names.

    Args:
        client: of the drive.
        journal: of this machine.
        folder: name of the folder at the top that holds the store; empty is the drive itself.
        store: the logical name, for messages.
    """

    def __init__(self, client: DriveClient, journal: DriveJournal, *, folder: str, store: str) -> None:
        self._client = client
        self._journal = journal
        self._folder = folder
        self._store = store

    def top(self) -> str:
        """Return the id of the store's folder.

        Raises:
            NotReady: there is none.
        """
        if not self._folder:
            return self._client.drive
        found = self._folders((self._client.drive,), self._folder)
        if not found:
            raise faults.not_prepared(self._store, f"la unidad compartida: no hay carpeta «{self._folder}»")
        return found[0]

    def make_top(self) -> str:
        """Return the id of the store's folder, made when there is none."""
        return self._make(self._client.drive, self._folder) if self._folder else self._client.drive

    def make_folders(self, top: str, name: str) -> str:
        """Return the id of the folder that a file of that name goes to, made with those above it when absent."""
        parent = top
        for part in name.split("/")[:-1]:
            parent = self._make(parent, part)
        return parent

    def files(self, top: str, name: str) -> tuple[Item, ...]:
        """Return the files of a name, the one that counts first."""
        *folders, base = name.split("/")
        parents: tuple[str, ...] = (top,)
        for part in folders:
            parents = self._folders(parents, part)
            if not parents:
                return ()
        found = (item for item in self._client.children(parents, name=base) if item.is_file and item.name == base)
        return tuple(sorted(found, key=lambda item: item.age))

    def walk(self, top: str, prefix: str) -> Iterator[Found]:
        """Yield files and parts whose names start with ``prefix``, each name once, in no order."""
        level: dict[str, str] = {top: ""}
        while level:
            files: dict[str, Item] = {}
            below: dict[str, str] = {}
            for item, name in self._level(level):
                if item.kind == FOLDER and leads_to(name, prefix):
                    below[item.id] = f"{name}/"
                elif item.is_file and name.startswith(prefix) and is_safe(name):
                    files[name] = min(item, files.get(name, item), key=lambda one: one.age)
            yield from ((StoredFile(name, item.bytes or 0), item.modified.timestamp()) for name, item in files.items())
            level = below

    def _level(self, folders: dict[str, str]) -> Iterator[tuple[Item, str]]:
        """Yield what lies in some folders, given as id → name with its ``/``."""
        for some in _groups(folders):
            for item in self._client.children(some):
                above = next((folders[parent] for parent in item.parents if parent in folders), None)
                if above is not None:
                    yield item, above + item.name

    def _folders(self, parents: Iterable[str], name: str) -> tuple[str, ...]:
        """Return the folders of a name, the oldest first."""
        found: list[Item] = []
        for some in _groups(parents):
            found += (item for item in self._client.children(some, name=name) if item.kind == FOLDER)
        return tuple(item.id for item in sorted(found, key=lambda item: item.age) if item.name == name)

    def _make(self, parent: str, name: str) -> str:
        found = self._folders((parent,), name)
        if found:
            return found[0]
        with self._journal.folder_ids() as ids:
            # Another process may have made it while we waited; a listing may show it late, its own id does not.
            found = self._folders((parent,), name)
            if found:
                return found[0]
            identifier = ids.get(parent, name)
            item = self._client.get(identifier) if identifier else None
            if item is not None and not item.trashed and (item.name, item.parents) == (name, (parent,)):
                return item.id
            if identifier is None or item is not None:  # renamed, moved or in the trash: that one is not ours any more
                identifier = self._client.generate_id()
                ids.put(parent, name, identifier)
            self._client.create_folder(identifier, name, parent=parent)
        return next(iter(self._folders((parent,), name)), identifier)


def _groups(folders: Iterable[str]) -> Iterator[tuple[str, ...]]:
    rest = iter(folders)
    while some := tuple(islice(rest, _PARENTS)):
        yield some
