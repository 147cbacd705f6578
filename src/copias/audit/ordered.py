"""Names that the deployment orders to be copied and that the inventory does not have: nobody may miss them in silence.

A name of a department that is written otherwise, or an ``account_filter`` that leaves its accounts out, copies nobody
and fails nowhere: there is no account that could be late.
"""

from __future__ import annotations

import typing as t

from copias.audit.inventory import see_accounts
from copias.audit.model import Remark, remark_of
from copias.errors import BackupError
from copias.helpdesk.words import plain
from copias.policies import lies_in

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from copias.audit.inventory import Inventory, SeenAccount
    from copias.mailbox.standing import StandingAuthorisation
    from copias.office import Office

CLAUSE: t.Final = "backup.coverage"
_STANDING: t.Final = "mailboxes.standing de copias.yml"


def say_ordered(office: Office, inventory: Inventory) -> Iterator[Remark]:
    """Tell what standing authorisation and policies name in vain, and whom ``account_filter`` leaves out.

    Args:
        office: of this installation.
        inventory: who is there, as far as ``account_filter`` lets through.
    """
    settings = office.deployment.mailboxes
    if settings is None:
        return
    standing = settings.standing
    if standing is not None and not standing.in_force:
        yield _say_ended(standing)
        standing = None
    if inventory.error is not None and not inventory.accounts:
        return  # nobody knows any name: the Directory is told to be away
    yield from _say_policies(office, inventory.accounts)
    if not inventory.accounts:
        yield _yellow("el Directorio no mostró ninguna cuenta", "Google Workspace", "revise domains y account_filter")
    if standing is None:
        return
    everybody: Sequence[SeenAccount] = inventory.accounts
    if office.deployment.account_filter:
        if inventory.error is not None:
            return
        try:
            everybody = see_accounts(office.deployment, "")
        except BackupError as error:
            yield remark_of(error, "yellow", clause=CLAUSE)
            return
    yield from _say_left_out(standing, everybody, inventory.accounts)
    yield from _say_unknown(standing, everybody)


def is_ordered(office: Office, account: SeenAccount) -> bool:
    """Tell whether the standing authorisation, while it counts, covers an account."""
    standing = office.deployment.mailboxes.standing if office.deployment.mailboxes else None
    if standing is None or not standing.in_force:
        return False
    return account.address in standing.accounts or standing.covers_department(account.department)


def say_never_copied(account: SeenAccount) -> Remark:
    """Return what is wrong with an account that is to be copied, never was, and cannot be read now."""
    what = "la autorización permanente la cubre, nunca se copió y ahora no se puede leer"
    repair = "pida al superadministrador que la reactive, y cópiela; si Google la elimina, su correo se pierde"
    return _yellow(what, f"Buzón {account.address}", repair)


def _say_left_out(
    standing: StandingAuthorisation, everybody: Iterable[SeenAccount], here: Iterable[SeenAccount]
) -> Iterator[Remark]:
    """Tell of each account that must be copied and that ``account_filter`` keeps out of the inventory."""
    present, named = {one.address for one in here}, frozenset(standing.accounts)
    for one in everybody:
        readable = one.state == "active" and one.mailbox and one.address not in present
        if readable and (one.address in named or standing.covers_department(one.department)):
            yield Remark(
                severity="red",
                what="la autorización permanente ordena copiarla y account_filter la deja por fuera",
                whose=f"Buzón {one.address}",
                why="no está entre los equipos del inventario, así que ninguna noche la copia",
                repair=f"corrija account_filter, o el alcance de {_STANDING}",
                clause=CLAUSE,
            )


def _say_unknown(standing: StandingAuthorisation, everybody: Sequence[SeenAccount]) -> Iterator[Remark]:
    addresses = {one.address for one in everybody}
    departments = {plain(one.department) for one in everybody}
    for account in standing.accounts:
        if account not in addresses:
            what = "la autorización permanente nombra una cuenta que el Directorio no tiene"
            yield _yellow(what, f"Buzón {account}", f"corríjala, o quítela de {_STANDING}; su espejo se conserva")
    for department in standing.departments:
        if plain(department) not in departments:
            what = "la autorización permanente nombra una dependencia que ninguna cuenta tiene"
            yield _yellow(what, department, f"escríbala en {_STANDING} como está en el Directorio, o quítela")


def _say_policies(office: Office, accounts: Sequence[SeenAccount]) -> Iterator[Remark]:
    addresses = {one.address for one in accounts}
    departments = {plain(one.department) for one in accounts}
    units = {one.org_unit for one in accounts}
    for name, policy in office.deployment.policies.items():
        vain = (
            *(account for account in policy.accounts if account not in addresses),
            *(one for one in policy.departments if plain(one) not in departments),
            *(one for one in policy.org_units if not any(lies_in(unit, one) for unit in units)),
        )
        for one in vain:
            what = "una política nombra lo que nadie tiene en el inventario"
            yield _yellow(what, one, f"corríjalo en policies.{name} de copias.yml, o quítelo")


def _say_ended(standing: StandingAuthorisation) -> Remark:
    return Remark(
        severity="yellow",
        what="la autorización permanente se terminó: las noches ya no copian los buzones que cubría",
        whose=standing.document,
        why=f"su último día fue el {standing.until:%d/%m/%Y}",
        repair=f"registre el acto que la prorrogue en {_STANDING}, o quítela",
        clause="authorisation",
    )


def _yellow(what: str, whose: str, repair: str) -> Remark:
    return Remark(severity="yellow", what=what, whose=whose, repair=repair, clause=CLAUSE)
