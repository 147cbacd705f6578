"""Files as Drive lists them: name, type, sharing; the content of a spreadsheet is the Sheets room's."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from datetime import UTC, datetime

from copias_sandbox.core.errors import Json
from copias_sandbox.state import State

KIND: t.Final = "file"
SPREADSHEET: t.Final = "application/vnd.google-apps.spreadsheet"
_RANK: t.Final = ("reader", "commenter", "writer", "fileOrganizer", "organizer", "owner")


def rfc3339(moment: float) -> str:
    """Write a time as Drive does: UTC, milliseconds."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(moment * 1000) % 1000:03}Z"


class FileStore:
    """Reads and changes the files in the state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def find(self, identifier: str) -> Json | None:
        """Return a file."""
        return self._state.get(KIND, identifier)

    def every(self) -> Iterator[Json]:
        """Yield all files."""
        for _, file in self._state.every(KIND):
            yield file

    def put(self, file: Json) -> None:
        """Keep a file."""
        self._state.put(KIND, file["id"], file)

    def remove(self, identifier: str) -> None:
        """Delete a file's entry."""
        self._state.remove(KIND, identifier)

    def touch(self, identifier: str, now: float) -> None:
        """Note that the content changed."""
        file = self.find(identifier)
        if file is not None:
            self.put({**file, "modifiedTime": rfc3339(now)})

    @staticmethod
    def role(file: Json, email: str) -> str | None:
        """Return the strongest role of an account in a file, or nothing."""
        roles = [
            permission["role"]
            for permission in file["permissions"]
            if permission["type"] == "anyone" or permission.get("emailAddress", "").lower() == email.lower()
        ]
        return max(roles, key=_RANK.index, default=None)


def new_file(identifier: str, name: str, *, owner: str, now: float, mime_type: str = SPREADSHEET) -> Json:
    """Return a file that only its owner sees."""
    return {
        "kind": "drive#file",
        "id": identifier,
        "name": name,
        "mimeType": mime_type,
        "createdTime": rfc3339(now),
        "modifiedTime": rfc3339(now),
        "trashed": False,
        "parents": ["root"],
        "owners": [{"kind": "drive#user", "emailAddress": owner, "displayName": owner.partition("@")[0], "me": False}],
        "permissions": [permission(owner, "owner")],
    }


def permission(email: str, role: str) -> Json:
    """Return the sharing of a file with one account."""
    number = sum(ord(letter) * 31**place for place, letter in enumerate(email)) % 10**20
    return {"kind": "drive#permission", "id": f"{number:020}", "type": "user", "role": role, "emailAddress": email}
