"""What lies where a store keeps its copies, seen and changed behind the store's back."""

from __future__ import annotations

import os
import shutil
import typing as t
from datetime import datetime
from pathlib import Path

from copias.google.settings import GoogleSettings
from copias.store.contract import MARKER
from copias.store.shared_drive_client import FOLDER, DriveClient, Item
from copias.store.shared_drive_session import UploadSession


class Medium(t.Protocol):
    """The place itself: a folder, or a folder of a shared drive."""

    def read(self, name: str) -> bytes:
        """Return a file's content."""

    def write(self, name: str, content: bytes) -> None:
        """Put a file there, in place of any of that name."""

    def age(self, name: str, moment: datetime) -> None:
        """Make a file look as if it was last changed then."""

    def names(self) -> tuple[str, ...]:
        """Return what is there but for the marker, folders with a slash at the end, sorted."""

    def lose(self) -> None:
        """Put an empty place where it was."""


class FolderMedium:
    """A folder of this machine; also what an SFTP server shows."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, name: str) -> bytes:
        return (self.root / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_bytes(content)

    def age(self, name: str, moment: datetime) -> None:
        os.utime(self.root / name, (moment.timestamp(), moment.timestamp()))

    def names(self) -> tuple[str, ...]:
        found = (f"{path.relative_to(self.root)}{'/' if path.is_dir() else ''}" for path in self.root.rglob("*"))
        return tuple(sorted(name for name in found if name != MARKER))

    def lose(self) -> None:
        shutil.move(self.root, self.root.with_name("unmounted"))
        self.root.mkdir()


class DriveMedium:
    """A folder at the top of a shared drive, made when something is put into it."""

    def __init__(self, google: GoogleSettings, drive: str, folder: str) -> None:
        self.client = DriveClient(google, drive, store="test")
        self.folder = folder

    @property
    def top(self) -> str:
        return self._folder(self.client.drive, self.folder)

    def items(self, name: str) -> list[Item]:
        """Return the files of a name, the oldest first."""
        *folders, base = name.split("/")
        parent = self.top
        for folder in folders:
            parent = self._folder(parent, folder)
        found = [item for item in self.client.children((parent,), name=base) if item.is_file]
        return sorted(found, key=lambda item: item.age)

    def read(self, name: str) -> bytes:
        (item,) = self.items(name)
        return self.client.read(item, 0, item.bytes)

    def write(self, name: str, content: bytes) -> None:
        for item in self.items(name):
            self.client.update(item, trashed=True)
        self.add(name, content)

    def add(self, name: str, content: bytes) -> str:
        """Put a file there beside any others of that name; return its id."""
        *folders, base = name.split("/")
        parent = self.top
        for folder in folders:
            parent = self._folder(parent, folder)
        identifier = self.client.generate_id()
        address = self.client.begin_upload(identifier, base, parent=parent, total=len(content))
        UploadSession(self.client, address, whose=name).push(memoryview(content), total=len(content))
        return identifier

    def age(self, name: str, moment: datetime) -> None:
        (item,) = self.items(name)
        self.client.update(item, modifiedTime=moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"))

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(name for name in self._below(self.top, "") if name != MARKER))

    def lose(self) -> None:
        self.client.update(self.client.get(self.top), trashed=True)
        assert self.top

    def _below(self, folder: str, above: str) -> t.Iterator[str]:
        for item in self.client.children((folder,)):
            if item.kind == FOLDER:
                yield f"{above}{item.name}/"
                yield from self._below(item.id, f"{above}{item.name}/")
            else:
                yield above + item.name

    def _folder(self, parent: str, name: str) -> str:
        found = [item for item in self.client.children((parent,), name=name) if item.kind == FOLDER]
        if found:
            return min(found, key=lambda item: item.age).id
        identifier = self.client.generate_id()
        self.client.create_folder(identifier, name, parent=parent)
        return identifier
