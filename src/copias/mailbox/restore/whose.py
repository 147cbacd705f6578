"""Whose mail a copy holds: an address may be another person's now than when the copy was made.

Whoever authorises a recovery of ``ana@…`` means who has that address today. Mail of who had it before is given, and
even shown, only where the authorisation names who is to receive it: that says that somebody decided it. An owner's own
request never does.
"""

from __future__ import annotations

import typing as t

from copias.case.catalogue import list_copies
from copias.errors import NotReady
from copias.google.errors import GoogleRefused
from copias.mailbox.mirror import MirrorReader
from copias.mailbox.status import mirror_folder

if t.TYPE_CHECKING:
    from copias.authorisation import Authorisation
    from copias.mailbox.restore.opening import SourceName
    from copias.office import Office


def require_same_person(
    office: Office, number: str, grant: Authorisation | None, source: SourceName, *, account: str, to: str = ""
) -> None:
    """Refuse a copy of who had the address before, unless the authorisation names who receives its mail.

    Of a copy that does not say whose it is (one of version 0.6 or before, a Takeout, a package's file), and where the
    Directory is closed, nothing is known, and nothing is refused. An address that nobody has now has no other owner.

    Args:
        office: of this installation.
        number: the case.
        grant: its authorisation.
        source: the copy.
        account: the address.
        to: the account that is to get the messages; empty when none does.

    Raises:
        NotReady: it is another person's, and nobody decided that.
        GoogleUnavailable: the Directory does not answer.
    """
    had = find_owner(office, source, account=account)
    recipient = grant.recipient if grant else None
    if not had or (recipient and to in {"", recipient}):
        return
    if _ask_owner(office, account) in {"", had}:
        return
    raise NotReady(
        "la copia es de quien tuvo antes esta dirección",
        whose=f"caso {number}",
        why=f"el directorio dice que {account} es ahora de otra cuenta, y este correo no es de esa persona",
        repair="si lo autorizado es el correo de la persona anterior, que la autorización diga quién lo recibe: "
        f"copias authorise {number} --recipient CUENTA --name … --post … --document … --motive …",
    )


def find_owner(office: Office, source: SourceName, *, account: str) -> str:
    """Return Google's id of the account that a copy is of; empty when it does not say."""
    if source.kind == "mirror":
        with MirrorReader.open(mirror_folder(office.deployment, source.name)) as mirror:
            return mirror.owner
    if source.kind == "copy":
        return next((copy.owner for copy in list_copies(office, subject=account) if copy.copy_id == source.name), "")
    return ""


def _ask_owner(office: Office, account: str) -> str:
    """Return Google's id of the account that has the address now; empty when none has, or nobody can tell."""
    from copias.google.directory import read_ids

    settings = office.deployment.mailboxes
    if settings is None:
        return ""
    try:
        return read_ids(office.deployment.google, settings.administrator, [account]).get(account, "")
    except GoogleRefused:
        return ""
