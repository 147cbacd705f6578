"""Which mailboxes a night mirrors, in which order, and what of them will not fit into its time and the day's quota.

A mailbox is of the night only by somebody's leave (see :mod:`copias.mailbox.permission`): one that nobody allowed is no
failure, it simply is not in it. Of those that are, the ones come first whose newest good copy is most overdue by their
policy; a mailbox without any copy counts as older than all. First copies take hours where the others take a second, so
at most half of the turns are theirs at a time.
"""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

from copias.errors import BackupError, NotAllowed
from copias.mailbox.absent import Accounts, find_absent, read_accounts
from copias.mailbox.due_model import DueMailbox, MailboxNight
from copias.mailbox.engine import MEAN_BYTES, open_budget
from copias.mailbox.fitting import fit
from copias.mailbox.permission import Leave, find_leaves
from copias.mailbox.standing_copy import StandingCopy, read_copy
from copias.mailbox.status import mirror_folder

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from copias.google.budget import QuotaBudget
    from copias.office import Office

NEXT_NIGHT: t.Final = timedelta(days=1)
QUIET_SECONDS: t.Final = 1.0
"""Of a round that finds nothing new: three calls, one after the other, and a token."""
UNKNOWN_MESSAGES: t.Final = 10_000
"""Taken for the size of a mailbox that could not be asked; the round itself will tell why."""
_QUIET: t.Final = {f"gmail.users.{name}": 1 for name in ("getProfile", "labels.list", "history.list")}


def plan_mailboxes(
    office: Office,
    accounts: Iterable[str],
    now: datetime,
    *,
    always: bool = False,
    whole: bool = False,
    until: datetime | None = None,
) -> MailboxNight:
    """Decide which mailboxes are mirrored tonight; nothing is changed.

    The Directory is asked once when a policy or the standing authorisation goes by departments or units, and each
    mailbox without a complete copy is asked how large it is.

    Args:
        office: of this installation.
        accounts: of the inventory, as far as the night is limited to them; a double counts once.
        now: aware.
        always: somebody asked for these by name: they are due whatever their policy says.
        whole: ``accounts`` are all of the inventory, so that one that is missing there has vanished.
        until: when nothing more is begun; ``night.time_limit`` from ``now`` when absent.
    """
    if office.deployment.mailboxes is None:
        return MailboxNight()
    wanted = list(dict.fromkeys(accounts))
    stories = list(office.book.stories().values())
    known = read_accounts(office, wanted, whole=whole)
    leaves = find_leaves(office, wanted, stories=stories, departments=known.departments)
    allowed = {account: leave for account, leave in leaves.items() if isinstance(leave, Leave)}
    due, not_due = _choose(office, allowed, known, now, always=always)
    end = until or now + office.deployment.night.time_limit
    begun, postponed, seconds = fit(office, due, (end - now).total_seconds())
    return MailboxNight(
        due=begun,
        postponed=postponed,
        not_due=tuple(not_due),
        refused=_find_refused(office, leaves, known, always=always, whole=whole),
        not_allowed=tuple(account for account, why in leaves.items() if isinstance(why, NotAllowed)),
        directory=known.error,
        owners=known.owners,
        units=sum(one.units for one in begun),
        seconds=seconds,
    )


def _find_refused(
    office: Office, leaves: Mapping[str, Leave | BackupError], known: Accounts, *, always: bool, whole: bool
) -> dict[str, BackupError]:
    """Return what cannot be mirrored though it is to be; where the Directory is why, that is told once for all."""
    found = {
        account: why
        for account, why in leaves.items()
        if isinstance(why, BackupError) and (always or not (isinstance(why, NotAllowed) or why is known.error))
    }
    return {**found, **find_absent(office, leaves.keys(), known)} if whole else found


def _choose(
    office: Office, allowed: Mapping[str, Leave], known: Accounts, now: datetime, *, always: bool
) -> tuple[Sequence[DueMailbox], Sequence[str]]:
    """Return the due ones, most overdue first, and the others."""
    budget, policies = open_budget(office.deployment), office.deployment.known_policies
    due, not_due, firsts = list[DueMailbox](), list[str](), list[tuple[str, str, StandingCopy]]()
    try:
        for account, leave in allowed.items():
            copy = read_copy(mirror_folder(office.deployment, account), now)
            user = known.users.get(account)
            place = {"department": user.department, "org_unit": user.org_unit} if user else {}
            name, policy = policies.of_account(account, **place)
            if copy.last_good is None:
                firsts.append((account, name, copy))
            elif always or now + NEXT_NIGHT - copy.last_good > policy.every:
                overdue = (now - copy.last_good - policy.every).total_seconds()
                due.append(_describe(budget, account, leave, copy, policy=name, overdue=overdue, now=now))
            else:
                not_due.append(account)
        due += _describe_firsts(office, budget, allowed, firsts)
    finally:
        budget.close()
    return sorted(due, key=lambda one: (-one.overdue, one.account)), not_due


def _describe(
    budget: QuotaBudget,
    account: str,
    leave: Leave,
    copy: StandingCopy,
    *,
    policy: str,
    overdue: float,
    now: datetime,
) -> DueMailbox:
    """Foresee the round of a mailbox that has its copy: what comes in as many days as it was not looked at."""
    days = max(1.0, (now - copy.last_good).total_seconds() / 86_400) if copy.last_good else 1.0
    messages = round(copy.messages_a_day * days)
    quiet = budget.predict_calls(_QUIET)
    reading = budget.predict_calls({"gmail.users.messages.get": messages}, messages * MEAN_BYTES)
    return DueMailbox(
        account=account,
        policy=policy,
        leave=leave,
        last_good=copy.last_good,
        overdue=overdue,
        messages=messages,
        units=quiet.units + reading.units,
        seconds=QUIET_SECONDS + reading.seconds,
    )


def _describe_firsts(
    office: Office,
    budget: QuotaBudget,
    allowed: Mapping[str, Leave],
    firsts: Sequence[tuple[str, str, StandingCopy]],
) -> Iterable[DueMailbox]:
    """Foresee the first copies, once their mailboxes said how large they are."""
    from copias.mailbox.sizes import ask_sizes

    sizes = ask_sizes(office, [account for account, _, _ in firsts]) if firsts else {}
    for account, policy, copy in firsts:
        messages = max(0, sizes.get(account, UNKNOWN_MESSAGES) - copy.messages)
        foreseen = budget.predict(messages, messages * MEAN_BYTES)
        yield DueMailbox(
            account=account,
            policy=policy,
            leave=allowed[account],
            last_good=None,
            overdue=float("inf"),
            messages=messages,
            units=foreseen.units,
            seconds=QUIET_SECONDS + foreseen.seconds,
        )
