"""Who may do what to a file: roles, what they allow, and the refusals in Google's words."""

from __future__ import annotations

import typing as t

from copias_sandbox.core.errors import GoogleError, Json
from copias_sandbox.core.room import Call
from copias_sandbox.oauth.accounts import Accounts
from copias_sandbox.rooms.drive.files import FOLDER, RANK, FileStore, inherited, is_drive, own_role, strongest

READER, COMMENTER, WRITER, MANAGER, ORGANIZER, OWNER = range(len(RANK))
_OF_DRIVES: t.Final = {
    "canListChildren": READER,
    "canDownload": READER,
    "canCopy": READER,
    "canComment": COMMENTER,
    "canAddChildren": WRITER,
    "canEdit": WRITER,
    "canRename": WRITER,
    "canReadRevisions": WRITER,
    "canShare": WRITER,
    "canTrashChildren": MANAGER,
    "canDeleteChildren": ORGANIZER,
    "canManageMembers": ORGANIZER,
    "canRenameDrive": ORGANIZER,
    "canDeleteDrive": ORGANIZER,
    "canChangeDriveBackground": ORGANIZER,
    "canChangeCopyRequiresWriterPermissionRestriction": ORGANIZER,
    "canChangeDomainUsersOnlyRestriction": ORGANIZER,
    "canChangeDriveMembersOnlyRestriction": ORGANIZER,
}
_IN_DRIVES: t.Final = {
    "canDownload": READER,
    "canCopy": READER,
    "canReadDrive": READER,
    "canComment": COMMENTER,
    "canEdit": WRITER,
    "canRename": WRITER,
    "canModifyContent": WRITER,
    "canReadRevisions": WRITER,
    "canShare": WRITER,
    "canTrash": MANAGER,
    "canUntrash": MANAGER,
    "canMoveItemWithinDrive": MANAGER,
    "canMoveItemOutOfDrive": ORGANIZER,
    "canDelete": ORGANIZER,
}
_IN_MY_DRIVE: t.Final = {
    "canDownload": READER,
    "canCopy": READER,
    "canComment": COMMENTER,
    "canEdit": WRITER,
    "canRename": WRITER,
    "canModifyContent": WRITER,
    "canReadRevisions": WRITER,
    "canShare": WRITER,
    "canMoveItemWithinDrive": WRITER,
    "canTrash": OWNER,
    "canUntrash": OWNER,
    "canDelete": OWNER,
    "canMoveItemOutOfDrive": OWNER,
}
_OF_FOLDERS: t.Final = {"canListChildren": READER, "canAddChildren": WRITER}
_OF_DRIVE_FOLDERS: t.Final = {
    "canTrashChildren": MANAGER,
    "canMoveChildrenWithinDrive": MANAGER,
    "canMoveChildrenOutOfDrive": ORGANIZER,
    "canDeleteChildren": ORGANIZER,
}
_OF_MY_FOLDERS: t.Final = {"canRemoveChildren": WRITER, "canMoveChildrenWithinDrive": WRITER}


class View:
    """What one account sees of Drive during one call; it remembers the folders that it passed.

    Args:
        call: of whom.
    """

    def __init__(self, call: Call) -> None:
        self.store = FileStore(call.state)
        self.email = call.principal.email
        self.names = self.store.names_of(self.email)
        self._roles: dict[str, str | None] = {"": None}
        self._trashed: dict[str, bool] = {"": False}

    def role(self, file: Json) -> str | None:
        """Return the account's strongest role in a file, or nothing."""
        return strongest([own_role(file, self.names), inherited(self._role_in(_parent(file)))])

    def trashed(self, file: Json) -> bool:
        """Tell whether a file lies in the trash, by itself or with a folder."""
        return bool(file["trashed"]) or self._trashed_in(_parent(file))

    def _role_in(self, identifier: str) -> str | None:
        if identifier not in self._roles:
            folder = self.store.find(identifier)
            self._roles[identifier] = self.role(folder) if folder else None
        return self._roles[identifier]

    def _trashed_in(self, identifier: str) -> bool:
        if identifier not in self._trashed:
            folder = self.store.find(identifier)
            self._trashed[identifier] = self.trashed(folder) if folder else False
        return self._trashed[identifier]

    def sees_parent(self, file: Json) -> bool:
        """Tell whether the account sees the folder in which a file lies."""
        return self._role_in(_parent(file)) is not None

    def capabilities(self, file: Json) -> Json:
        """Return what the account may do to a file: Google's words, true or false."""
        role = self.role(file)
        rank = RANK.index(role) if role else -1
        least_of = _needed(file)
        if self._keeps_from_readers(file):
            least_of |= {name: WRITER for name in ("canCopy", "canDownload") if name in least_of}
        return {name: rank >= least for name, least in least_of.items()}

    def _keeps_from_readers(self, file: Json) -> bool:
        """Tell whether readers may not download a file, by its own or its drive's setting."""
        if file.get("copyRequiresWriterPermission"):
            return True
        drive = self.store.find(file["driveId"]) if "driveId" in file else None
        return bool(drive and drive["_restrictions"].get("copyRequiresWriterPermission"))


def drive_capabilities(view: View, drive: Json) -> Json:
    """Return what an account may do to a shared drive."""
    role = view.role(drive)
    rank = RANK.index(role) if role else -1
    return {name: rank >= least for name, least in _OF_DRIVES.items()}


def _parent(file: Json) -> str:
    return str(next(iter(file["parents"]), ""))


def _needed(file: Json) -> dict[str, int]:
    drive, folder = "driveId" in file, file["mimeType"] == FOLDER
    needed = _IN_DRIVES if drive else _IN_MY_DRIVE
    if folder:
        needed = {**needed, **_OF_FOLDERS, **(_OF_DRIVE_FOLDERS if drive else _OF_MY_FOLDERS)}
        needed = {name: least for name, least in needed.items() if name not in {"canCopy", "canDownload"}}
    return dict(needed)


def is_administrator(call: Call) -> bool:
    """Tell whether who asks acts as an administrator of the domain, and is one."""
    user = Accounts(call.state).user(call.principal.email) if call.query.get("useDomainAdminAccess") else None
    return bool(user and user.get("isAdmin"))


def absent(identifier: str) -> GoogleError:
    """Return the 404 of a file that there is not, or that who asks cannot see: Google tells no difference."""
    return GoogleError(404, f"File not found: {identifier}.", reason="notFound")


def denied() -> GoogleError:
    """Return the 403 of a role too small."""
    return GoogleError(
        403, "The user does not have sufficient permissions for this file.", reason="insufficientFilePermissions"
    )


def resolve(call: Call, identifier: str) -> Json | None:
    """Return a file by its id or by ``root``, whoever may see it."""
    store = FileStore(call.state)
    if identifier == "root":
        return store.ensure_root(call.principal.email, call.clock.now())
    return store.find(identifier)


def supports_drives(call: Call) -> bool:
    """Tell whether the client says that it knows of shared drives; who only wants the content need not say so."""
    if call.query.get("alt") == "media":
        return True  # rclone downloads without it, and Google lets it
    return bool(call.query.get("supportsAllDrives") or call.query.get("supportsTeamDrives"))


def find_file(call: Call, view: View, identifier: str, *needed: str) -> Json:
    """Return a file that the account sees and to which it may do all that is ``needed``.

    Raises:
        GoogleError: 404 when who asks cannot see it, or does not know of shared drives; 403 when it may not do that.
    """
    file = resolve(call, identifier)
    if file is None or ("driveId" in file and not supports_drives(call)):
        raise absent(identifier)
    administers = is_drive(file) and is_administrator(call)
    if view.role(file) is None and not administers:
        raise absent(identifier)
    allowed = view.capabilities(file)
    if not administers and not all(allowed.get(name, False) for name in needed):
        raise denied()
    return file


def find_parent(call: Call, view: View, identifier: str) -> Json:
    """Return a folder into which the account may put something.

    Raises:
        GoogleError: 404 or 403, as :func:`find_file`, in the words for parents.
    """
    folder = find_file(call, view, identifier)
    if folder["mimeType"] != FOLDER:
        raise GoogleError(403, "The specified parent is not a folder.", reason="parentNotAFolder")
    if not view.capabilities(folder)["canAddChildren"]:
        raise GoogleError(
            403, "Insufficient permissions for the specified parent.", reason="insufficientParentPermissions"
        )
    return folder
