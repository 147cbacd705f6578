"""The part of coverage that is of accounts: by whose leave each is copied, or why not, and how old its copy is."""

from __future__ import annotations

import shlex
import typing as t

from copias.audit.coverage_judge import CLAUSE, Last, newest_of
from copias.audit.mirrors import last_of_mirrors
from copias.audit.model import remark_of
from copias.audit.ordered import is_ordered, say_never_copied
from copias.errors import BackupError, NotAllowed
from copias.mailbox.permission import Leave, find_leaves
from copias.package.texts import format_moment
from copias.store.names import safe_part

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from copias.audit.coverage_judge import Found, Judge
    from copias.audit.inventory import Inventory, SeenAccount


def judge_accounts(
    judge: Judge, inventory: Inventory, found: Found, last_cases: Mapping[tuple[str, str], Last]
) -> None:
    """Judge each account of the Directory, and name those of which there are copies and that it does not have.

    Args:
        judge: gets the rows and remarks.
        inventory: who is there.
        found: what the ledger says.
        last_cases: by kind and subject, the newest verified copy of a case.
    """
    if judge.office.deployment.mailboxes is None:
        return
    leaves = _find_leaves(judge, inventory, found)
    owners = {safe_part(one.address): one.id for one in inventory.accounts if one.id}
    told = last_of_mirrors(judge.office, judge.now, found.synced.completed, owners=owners)
    mirrors = {name: Last(*known) for name, known in told.items()}
    for one in inventory.accounts:
        case = _case_of(last_cases, one.address)
        # What was copied of who had the address before is no copy of who has it now.
        last = newest_of(mirrors.get(safe_part(one.address)), case if case and case.is_of(one.id) else None)
        leave = leaves.get(one.address)
        if one.state != "active":
            state = "suspendida" if one.state == "suspended" else "archivada"
            judge.add("Buzón", one.address, one.department, state, last)
            if last is None and is_ordered(judge.office, one):
                judge.remarks.append(say_never_copied(one))
        elif leave is None:
            judge.add("Cuenta", one.address, one.department, "sin buzón", last)
        else:
            _judge_mailbox(judge, one, leave, last, found)
    _judge_vanished(judge, inventory, mirrors, last_cases)


def _find_leaves(judge: Judge, inventory: Inventory, found: Found) -> Mapping[str, Leave | BackupError]:
    """Return by whose leave each mailbox that is in use is copied, or why it is not."""
    boxes = [one for one in inventory.accounts if one.state == "active" and one.mailbox]
    departments = {one.address: one.department for one in inventory.accounts}
    known = departments if inventory.accounts else inventory.error
    addresses = [one.address for one in boxes]
    leaves = find_leaves(judge.office, addresses, stories=found.cases.open_stories(), departments=known)
    # Of one that a case names too, the act is what tells how old its copy may be: a case may stay open for long.
    of_cases = [address for address, leave in leaves.items() if isinstance(leave, Leave) and leave.case]
    standing = find_leaves(judge.office, of_cases, stories=(), departments=known)
    return leaves | {address: leave for address, leave in standing.items() if isinstance(leave, Leave)}


def _judge_mailbox(judge: Judge, one: SeenAccount, leave: Leave | BackupError, last: Last | None, found: Found) -> None:
    if isinstance(leave, NotAllowed):
        judge.add("Buzón", one.address, one.department, "no autorizado copiar", last)
    elif isinstance(leave, BackupError):
        judge.add("Buzón", one.address, one.department, "no se sabe", last)
        judge.remarks.append(remark_of(leave, "yellow", clause=CLAUSE, whose=one.address))
    elif leave.case:
        judge.add("Buzón", one.address, one.department, f"caso {leave.case} abierto", last)
    else:
        place = {"department": one.department, "org_unit": one.org_unit}
        _, policy = judge.office.deployment.known_policies.of_account(one.address, **place)
        repair = f"copias nightly --only {shlex.quote(one.address)}"
        if last is None and one.address in found.synced.times:
            repair += f"; la bitácora dice que su espejo se copió el {format_moment(found.synced.times[one.address])}"
        judge.judge("Buzón", one.address, one.department, last, policy, repair)


def _judge_vanished(
    judge: Judge, inventory: Inventory, mirrors: Mapping[str, Last], last_cases: Mapping[tuple[str, str], Last]
) -> None:
    """Name the accounts of which there are copies and that the Directory does not have; unless nobody knows those."""
    if not inventory.accounts:
        return
    here = {name for one in inventory.accounts for name in (one.address, safe_part(one.address))}
    copied = mirrors.keys() | {subject for kind, subject in last_cases if kind != "sinfa" and "@" in subject}
    for address in sorted(copied - here):
        last = newest_of(mirrors.get(address), _case_of(last_cases, address))
        judge.add("Buzón", address, "", "ya no está en el Directorio", last)


def _case_of(last_cases: Mapping[tuple[str, str], Last], address: str) -> Last | None:
    return newest_of(last_cases.get(("mailbox", address)), last_cases.get(("manual", address)))
