"""The Directory: who has an account, in which department, and whether it works."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime

from copias.google.errors import GoogleMissing
from copias.google.service import GoogleService

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from copias.google.settings import GoogleSettings

SCOPES: t.Final = ("https://www.googleapis.com/auth/admin.directory.user.readonly",)
PAGE: t.Final = 500
FEW: t.Final = 3
"""Accounts up to which each is asked for by itself, rather than all of the organisation."""
_FIELDS: t.Final = "id,primaryEmail,name/fullName,orgUnitPath,suspended,archived,isMailboxSetup,organizations"


@dataclass(frozen=True)
class DirectoryUser:
    """An account of the organisation.

    Args:
        address: the primary address, in lower case.
        name: of the person.
        org_unit: path of the organisational unit, ``/Secretaría de Hacienda``.
        department: of the person's primary organisation, else the last part of the unit.
        suspended: nobody can sign in, and no API reads it.
        archived: kept, but out of use.
        has_mailbox: Gmail is set up.
        id: Google's, which stays when the address changes, and is another one of who gets the address later.
    """

    address: str
    name: str
    org_unit: str
    department: str
    suspended: bool
    archived: bool
    has_mailbox: bool
    id: str = ""


@dataclass(frozen=True)
class DeletedUser:
    """An account that was deleted, and that Google can still give back.

    Args:
        address: the primary address that it had, in lower case.
        deleted_at: when it was deleted; Google keeps it for 20 days from then.
    """

    address: str
    deleted_at: datetime


class Directory:
    """Reads the Directory as an administrator.

    Args:
        settings: how Google is reached.
        administrator: the account that is acted for.
    """

    def __init__(self, settings: GoogleSettings, *, administrator: str) -> None:
        self._service = GoogleService(
            ("admin", "directory_v1"), settings.model_copy(update={"subject": administrator}), scopes=SCOPES
        )

    def user(self, address: str) -> DirectoryUser | None:
        """Return an account by its primary address, ``None`` when there is none.

        An alias finds nothing: what is copied is named by its own name only.

        Raises:
            GoogleRefused: the delegation lacks the scope, or the account is no administrator.
            GoogleUnavailable: Google does not answer.
        """
        request = self._service.resource.users().get(userKey=address, fields=_FIELDS)
        try:
            raw = self._service.call(request, what="no se pudo leer la cuenta en el directorio", whose=address)
        except GoogleMissing:
            return None
        found = _read(raw)
        return found if found.address == address else None

    def deleted_users(self) -> Iterator[DeletedUser]:
        """Yield the accounts that were deleted and can still be restored; an address may come twice.

        Raises:
            GoogleRefused: the delegation lacks the scope, or the account is no administrator.
            GoogleUnavailable: Google does not answer.
        """
        for raw in self._pages("primaryEmail,deletionTime", showDeleted="true"):
            if raw.get("deletionTime"):
                yield DeletedUser(str(raw["primaryEmail"]).lower(), datetime.fromisoformat(str(raw["deletionTime"])))

    def users(self, query: str = "") -> Iterator[DirectoryUser]:
        """Yield every account of the organisation that fits a search in the Directory's language, by address.

        Raises:
            GoogleBadRequest: the search makes no sense.
            GoogleRefused: the delegation lacks the scope, or the account is no administrator.
            GoogleUnavailable: Google does not answer.
        """
        search = {"query": query} if query else {}
        yield from map(_read, self._pages(_FIELDS, orderBy="email", **search))

    def _pages(self, fields: str, **asked: str) -> Iterator[dict[str, t.Any]]:
        users, token = self._service.resource.users(), None
        while True:
            request = users.list(
                customer="my_customer",
                maxResults=PAGE,
                pageToken=token,
                fields=f"nextPageToken,users({fields})",
                **asked,
            )
            page = self._service.call(request, what="no se pudo leer el directorio", whose="Google Workspace")
            yield from page.get("users", ())
            token = page.get("nextPageToken")
            if not token:
                return


def read_accounts(settings: GoogleSettings, administrator: str, query: str = "") -> list[DirectoryUser]:
    """Return the accounts of the organisation for somebody who waits at a terminal: with little patience.

    Args:
        settings: how Google is reached.
        administrator: the account that is acted for.
        query: a search in the Directory's language; empty is everybody.

    Raises:
        GoogleRefused: the delegation lacks the scope, or the account is no administrator.
        GoogleBadRequest: the search makes no sense.
        GoogleUnavailable: Google does not answer.
    """
    return list(Directory(_make_hasty(settings), administrator=administrator).users(query))


def read_ids(settings: GoogleSettings, administrator: str, addresses: Collection[str]) -> dict[str, str]:
    """Return Google's ids of the accounts that have these primary addresses now, with little patience.

    Each of a few is asked for by itself; of more, all accounts are listed.

    Raises:
        GoogleRefused: the delegation lacks the scope, or the account is no administrator.
        GoogleUnavailable: Google does not answer.
    """
    if len(addresses) > FEW:
        users: list[DirectoryUser | None] = [*read_accounts(settings, administrator)]
    else:
        directory = Directory(_make_hasty(settings), administrator=administrator)
        users = [directory.user(address) for address in addresses]
    return {user.address: user.id for user in users if user is not None and user.id and user.address in addresses}


def _make_hasty(settings: GoogleSettings) -> GoogleSettings:
    return settings.model_copy(update={"attempts": min(settings.attempts, 3), "patience": min(settings.patience, 15.0)})


def _read(raw: dict[str, t.Any]) -> DirectoryUser:
    organisations = [one for one in raw.get("organizations", ()) if one.get("department")]
    primary = next((one for one in organisations if one.get("primary")), organisations[0] if organisations else {})
    org_unit = str(raw.get("orgUnitPath") or "/")
    return DirectoryUser(
        address=str(raw["primaryEmail"]).lower(),
        name=str(raw.get("name", {}).get("fullName", "")),
        org_unit=org_unit,
        department=str(primary.get("department") or org_unit.rpartition("/")[2]),
        suspended=bool(raw.get("suspended")),
        archived=bool(raw.get("archived")),
        has_mailbox=bool(raw.get("isMailboxSetup", True)),
        id=str(raw.get("id", "")),
    )
