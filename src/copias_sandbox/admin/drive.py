"""What tests and the demo do to Drive: members of a shared drive, its limits, files put there by people."""

from __future__ import annotations

import typing as t
from collections.abc import Awaitable, Callable

import pybase64

from copias_sandbox.core.dispatch import Google
from copias_sandbox.core.errors import Json
from copias_sandbox.oauth.accounts import ACCOUNT
from copias_sandbox.rooms.drive.files import FileStore, is_drive, own_role, permission
from copias_sandbox.rooms.drive.limits import set_limits
from copias_sandbox.seed.drive import Planter
from copias_sandbox.seed.workspace import last_seeded

Handler: t.TypeAlias = Callable[[Json], Awaitable[Json]]


class DriveAdmin:
    """The admin port's part for Drive.

    Args:
        google: the sandbox.
    """

    def __init__(self, google: Google) -> None:
        self._google = google
        self._roles: dict[tuple[str, str], str] = {}

    def recover(self) -> None:
        """End what was made to go wrong: roles that were taken away, a drive that takes nothing."""
        for (drive, email), role in self._roles.items():
            if FileStore(self._google.state).find(drive):
                self._give(drive, email, role)
        self._roles.clear()
        set_limits(self._google.state, {"full": None})

    def routes(self) -> dict[tuple[str, str], Handler]:
        """Return what to listen for."""
        return {
            ("POST", "/share"): self._share,
            ("POST", "/member"): self._member,
            ("POST", "/full"): self._full,
            ("POST", "/drive/limits"): self._limits,
            ("POST", "/drive/file"): self._file,
        }

    async def _share(self, body: Json) -> Json:
        """Give ``email`` a ``role`` in ``spreadsheet``, or any file; the role ``none`` takes it away."""
        self._give(str(body["spreadsheet"]), str(body["email"]), str(body["role"]))
        return {}

    async def _member(self, body: Json) -> Json:
        """Give ``email`` (the service account) a ``role`` in ``drive`` (the seeded one); ``""`` takes it out.

        As a fault is: what was before comes back when the faults are cleared.
        """
        email = str(body.get("email") or next(key for key, _ in self._google.state.every(ACCOUNT)))
        drive = self._drive(body)
        before = FileStore(self._google.state).find(drive)
        self._roles.setdefault((drive, email), (own_role(before, {email.lower()}) if before else None) or "none")
        self._give(drive, email, str(body["role"]) or "none")
        return {}

    async def _full(self, body: Json) -> Json:
        """Take nothing new, for the ``reason`` that the answers give; ``""`` makes room again."""
        return await self._limits({"full": str(body["reason"])})

    async def _limits(self, body: Json) -> Json:
        """Set the fields of :class:`copias_sandbox.rooms.drive.limits.Limits`; null is Google's own again."""
        with self._google.state.transaction():
            return vars(set_limits(self._google.state, body))

    async def _file(self, body: Json) -> Json:
        """Put a file at ``path`` of somebody's drive (``owner``) or of a shared one.

        With ``content`` in base64; or ``text``, the lines of one of Google's documents, and ``picture``, bytes in it.
        """
        owner = str(body.get("owner") or "")
        planter = Planter(self._google, owner=owner, drive="" if owner else self._drive(body))
        with self._google.state.transaction():
            if "text" in body:
                return {"id": planter.document(str(body["path"]), body["text"], picture=int(body.get("picture", 0)))}
            return {"id": planter.file(str(body["path"]), pybase64.b64decode(str(body.get("content", ""))))}

    def _drive(self, body: Json) -> str:
        seeded = last_seeded(self._google)
        return str(body.get("drive") or (seeded.shared_drive if seeded else ""))

    def _give(self, identifier: str, email: str, role: str) -> None:
        files = FileStore(self._google.state)
        file = files.find(identifier)
        if file is None:
            raise ValueError(f"there is no file {identifier!r}")
        if role == "none" and is_drive(file) and not any(one["emailAddress"] != email for one in file["permissions"]):
            raise ValueError("a shared drive needs a member")
        others = [entry for entry in file["permissions"] if entry.get("emailAddress") != email]
        given = [] if role == "none" else [permission(email, role)]
        with self._google.state.transaction():
            files.put({**file, "permissions": others + given}, self._google.clock.now())
