"""Whose a mailbox and its mirror are: an address may be given to another person, Google's id of an account may not.

The first round that learns the id from the Directory leaves it in the mirror; from then on the mirror takes nothing of
another account, whatever address that has. Where the Directory is closed (mailboxes by consent) or does not answer, a
history that went back, in a mailbox without one message of the mirror, is told as what it is.
"""

from __future__ import annotations

import typing as t

from copias.errors import BackupError, NotReady

if t.TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from copias.mailbox.mirror import Mirror
    from copias.office import Office


class OtherOwner(NotReady):
    """The address has another owner than the copy that is kept of it."""


def read_owners(office: Office, accounts: Collection[str]) -> dict[str, str]:
    """Return Google's ids of the accounts that have these addresses now; what the Directory does not tell is left out.

    A Directory that is closed or does not answer stops no copy.
    """
    from copias.google.directory import read_ids

    settings = office.deployment.mailboxes
    if settings is None or not accounts:
        return {}
    try:
        return read_ids(office.deployment.google, settings.administrator, frozenset(accounts))
    except BackupError:
        return {}


def claim_mirror(mirror: Mirror, account: str, folder: Path, *, owner: str) -> bool:
    """Leave in a mirror whose it is, and tell whether it was known before and is the same.

    Args:
        mirror: open for writing; it is committed with what comes next.
        account: its address.
        folder: where it is.
        owner: Google's id of the account that has the address now; empty when nobody knows.

    Raises:
        OtherOwner: the mirror is another's.
    """
    had = mirror.owner
    require_same(had, account, folder, owner=owner)
    if owner and not had:
        mirror.set_owner(owner)
    return bool(owner) and owner == had


def require_same(had: str, account: str, folder: Path, *, owner: str) -> None:
    """Refuse the mirror of an id for the account of another; either may be empty, when nobody knows.

    Raises:
        OtherOwner: they differ.
    """
    if had and owner and had != owner:
        raise refuse(account, folder, "el directorio dice que la dirección es ahora de otra cuenta")


def refuse(account: str, folder: Path, why: str) -> OtherOwner:
    """Return the error of a mirror that is of who had the address before."""
    return OtherOwner(
        "el espejo es de quien tuvo antes esta dirección",
        whose=account,
        why=f"{why}; no se mezcla el correo de dos personas",
        repair=f"un administrador pasa la carpeta {folder} a otra protegida, fuera de {folder.parent}, y decide con el "
        "área de archivo qué se hace con ese correo; después repita, y el buzón nuevo se copia desde cero",
    )
