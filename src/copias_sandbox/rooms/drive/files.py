"""Files as Drive keeps them: name, type, place, sharing; and a log of what changed.

A shared drive is the folder at its top, whose id is the drive's and whose sharing are its members. What Google does not
show of a file has a name that begins with an underscore.
"""

from __future__ import annotations

import base64
import hashlib
import typing as t
from collections.abc import Collection, Iterator
from datetime import UTC, datetime

import orjson

from copias_sandbox.core.errors import Json
from copias_sandbox.rooms.directory.groups import GROUP
from copias_sandbox.state import State

NATIVE: t.Final = "application/vnd.google-apps."
"""Beginning of the type of what Google has no bytes of."""
FOLDER: t.Final = f"{NATIVE}folder"
SHORTCUT: t.Final = f"{NATIVE}shortcut"
SPREADSHEET: t.Final = f"{NATIVE}spreadsheet"
DOCUMENT: t.Final = f"{NATIVE}document"
PRESENTATION: t.Final = f"{NATIVE}presentation"
RANK: t.Final = ("reader", "commenter", "writer", "fileOrganizer", "organizer", "owner")
"""Roles, the weakest first."""
TABLES: t.Final = ("drive_file", "drive_change")
SCHEMA: t.Final = """
CREATE TABLE IF NOT EXISTS drive_file (
    id TEXT PRIMARY KEY, parent TEXT NOT NULL, drive TEXT NOT NULL, body BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS drive_file_parent ON drive_file (parent);
CREATE INDEX IF NOT EXISTS drive_file_drive ON drive_file (drive);
CREATE TABLE IF NOT EXISTS drive_change (
    number INTEGER PRIMARY KEY AUTOINCREMENT, file TEXT NOT NULL, drive TEXT NOT NULL, time REAL NOT NULL,
    viewers TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS drive_change_file ON drive_change (file);
"""


def rfc3339(moment: float) -> str:
    """Write a time as Drive does: UTC, milliseconds."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(moment * 1000) % 1000:03}Z"


def root_id(email: str) -> str:
    """Return the id of the folder at the top of somebody's own drive."""
    return "0A" + base64.urlsafe_b64encode(hashlib.sha256(email.lower().encode()).digest())[:17].decode()


class FileStore:
    """Reads and changes the files in the state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def find(self, identifier: str) -> Json | None:
        """Return a file."""
        row = self._state.connection.execute("SELECT body FROM drive_file WHERE id = ?", (identifier,)).fetchone()
        return orjson.loads(row[0]) if row else None

    def every(self) -> Iterator[Json]:
        """Yield all files."""
        yield from self._select("1", ())

    def children(self, folders: Collection[str]) -> Iterator[Json]:
        """Yield what lies in some folders."""
        for folder in folders:
            yield from self._select("parent = ?", (folder,))

    def in_drive(self, drive: str) -> Iterator[Json]:
        """Yield what lies in a shared drive, trash included, but not its top."""
        yield from self._select("drive = ? AND id != drive", (drive,))

    def count(self, drive: str) -> int:
        """Return how many items a shared drive holds."""
        query = "SELECT COUNT(*) FROM drive_file WHERE drive = ? AND id != drive"
        return int(self._state.connection.execute(query, (drive,)).fetchone()[0])

    def drives(self) -> list[Json]:
        """Return the tops of all shared drives."""
        return list(self._select("drive = id", ()))

    def _select(self, condition: str, arguments: tuple[str, ...]) -> Iterator[Json]:
        query = f"SELECT body FROM drive_file WHERE {condition} ORDER BY id"  # noqa: S608 -- fixed conditions
        for (body,) in self._state.connection.execute(query, arguments).fetchall():
            yield orjson.loads(body)

    def put(self, file: Json, now: float | None = None) -> None:
        """Keep a file, and log that it changed."""
        viewers = self.accounts(self.find(file["id"])) | self.accounts(file)
        file = {**file, "version": file.get("version", 0) + 1}
        parent, drive = next(iter(file["parents"]), ""), file.get("driveId", "")
        self._state.connection.execute(
            "INSERT OR REPLACE INTO drive_file VALUES (?, ?, ?, ?)", (file["id"], parent, drive, orjson.dumps(file))
        )
        self._log(file, viewers, now)

    def remove(self, identifier: str, now: float | None = None) -> None:
        """Delete a file's entry, and log it."""
        file = self.find(identifier)
        if file is not None:
            viewers = self.accounts(file)
            self._state.connection.execute("DELETE FROM drive_file WHERE id = ?", (identifier,))
            self._log(file, viewers, now)

    def _log(self, file: Json, viewers: Collection[str], now: float | None) -> None:
        time = datetime.fromisoformat(file["modifiedTime"]).timestamp() if now is None else now
        self._state.connection.execute(
            "INSERT INTO drive_change (file, drive, time, viewers) VALUES (?, ?, ?, ?)",
            (file["id"], file.get("driveId", ""), time, " ".join(sorted(viewers))),
        )

    def touch(self, identifier: str, now: float) -> None:
        """Note that the content changed."""
        file = self.find(identifier)
        if file is not None:
            self.put({**file, "modifiedTime": rfc3339(now)}, now)

    def above(self, file: Json) -> Iterator[Json]:
        """Yield a file and the folders in which it lies, the nearest first."""
        here: Json | None = file
        while here is not None:
            yield here
            here = self.find(here["parents"][0]) if here["parents"] else None

    def accounts(self, file: Json | None) -> set[str]:
        """Return the addresses with which a file is shared, by a folder or drive too."""
        if file is None:
            return set()
        return {shared_with(entry) for folder in self.above(file) for entry in folder["permissions"]}

    def role(self, file: Json, email: str) -> str | None:
        """Return the strongest role of an account in a file, by a folder or drive too; or nothing."""
        names = self.names_of(email)
        found = [own_role(folder, names) for folder in self.above(file)]
        return strongest(found[:1] + [inherited(role) for role in found[1:]])

    def names_of(self, email: str) -> frozenset[str]:
        """Return the names by which sharing reaches an account: its address, its domain, its groups, and everybody."""
        email = email.lower()
        groups = [
            address.lower()
            for address, body in self._state.every(GROUP)
            if email in {str(member).lower() for member in body["members"]}
        ]
        return frozenset({email, f"@{email.partition('@')[2]}", "*", *groups})

    def ensure_root(self, email: str, now: float) -> Json:
        """Return the top of somebody's own drive, made now if it never was asked for."""
        identifier = root_id(email)
        if self.find(identifier) is None:
            made = new_file(identifier, "Mi unidad", owner=email, now=now, mime_type=FOLDER)
            self.put({**made, "parents": []}, now)
        return t.cast("Json", self.find(identifier))


def own_role(file: Json, names: Collection[str]) -> str | None:
    """Return the strongest role that a file's own sharing gives to an account of these names."""
    return strongest([entry["role"] for entry in file["permissions"] if shared_with(entry) in names])


def inherited(role: str | None) -> str | None:
    """Return what a role in a folder is worth in what lies in it: its owner may change what others put there."""
    return "writer" if role == "owner" else role


def strongest(roles: Collection[str | None]) -> str | None:
    """Return the strongest of some roles, or nothing."""
    return max((role for role in roles if role), key=RANK.index, default=None)


def shared_with(entry: Json) -> str:
    """Return whom a permission is for, as one word: an address, ``@`` and a domain, or ``*``."""
    if entry["type"] == "anyone":
        return "*"
    return f"@{entry['domain']}".lower() if entry["type"] == "domain" else str(entry["emailAddress"]).lower()


def new_file(identifier: str, name: str, *, owner: str, now: float, mime_type: str = SPREADSHEET) -> Json:
    """Return a file that only its owner sees, at the top of the owner's drive."""
    return {
        "id": identifier,
        "name": name,
        "mimeType": mime_type,
        "createdTime": rfc3339(now),
        "modifiedTime": rfc3339(now),
        "trashed": False,
        "parents": [root_id(owner)],
        "permissions": [permission(owner, "owner")],
        "_owner": owner.lower(),
        "_modified_by": owner.lower(),
    }


def in_shared_drive(file: Json, drive: str) -> Json:
    """Return a new file as one that belongs to a shared drive and to nobody."""
    kept = {name: value for name, value in file.items() if name != "_owner"}
    return {**kept, "driveId": drive, "permissions": []}


def new_drive(identifier: str, name: str, *, member: str, now: float) -> Json:
    """Return a shared drive with one member, who manages it."""
    top = new_file(identifier, name, owner=member, now=now, mime_type=FOLDER)
    top = {**in_shared_drive(top, identifier), "parents": [], "_restrictions": {}, "_hidden_for": []}
    return {**top, "permissions": [permission(member, "organizer")]}


def is_drive(file: Json) -> bool:
    """Tell whether a file is the top of a shared drive."""
    return bool(file.get("driveId") == file["id"])


def is_root(file: Json) -> bool:
    """Tell whether a file is the top of a drive, which no list shows."""
    return not file["parents"]


def permission(email: str, role: str, *, kind: str = "user") -> Json:
    """Return the sharing of a file with one account."""
    number = sum(ord(letter) * 31**place for place, letter in enumerate(email)) % 10**20
    return {"kind": "drive#permission", "id": f"{number:020}", "type": kind, "role": role, "emailAddress": email}
