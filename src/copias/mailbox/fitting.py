"""What of the due mailboxes fits into the time of a night and into the quota of the day."""

from __future__ import annotations

import heapq
import typing as t

from copias.errors import BackupError
from copias.mailbox.due_model import DueMailbox
from copias.mailbox.engine import open_budget
from copias.mailbox.outcome import Postponed

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from copias.office import Office

FIRST_SHARE: t.Final = 2
"""Of the accounts at a time one in so many may be a first copy: they never keep the others waiting all night."""

Fitted: t.TypeAlias = tuple[tuple[DueMailbox, ...], tuple[tuple[DueMailbox, BackupError], ...], float]


def fit(office: Office, due: Sequence[DueMailbox], window: float) -> Fitted:
    """Return what is begun, what is postponed and why, and the seconds after which the last of the former ends.

    Args:
        office: of this installation.
        due: most overdue first.
        window: seconds in which a mailbox may be begun.
    """
    affordable, postponed = _afford(office, due)
    begun, late, seconds = _schedule(office, affordable, window)
    return begun, (*postponed, *late), seconds


def first_turns(at_once: int) -> int:
    """Return how many of the accounts at a time may be first copies."""
    return max(1, at_once // FIRST_SHARE)


def _afford(
    office: Office, due: Sequence[DueMailbox]
) -> tuple[Sequence[DueMailbox], Sequence[tuple[DueMailbox, BackupError]]]:
    """Take what the day's quota pays: first of all the mailboxes that have a copy, for they are cheap."""
    budget = open_budget(office.deployment)
    try:
        left, whole = budget.left_of_day(), budget.limit_of_day
    finally:
        budget.close()
    if left is None or whole is None:
        return due, ()
    cheap = sum(one.units for one in due if not one.is_first)
    left -= cheap
    # Most that any night finds: those of the night before were spent within the same day too.
    most = whole - 2 * cheap
    taken, postponed = list[DueMailbox](), list[tuple[DueMailbox, BackupError]]()
    for one in due:
        if one.is_first and one.units > left and (one.units <= most or left <= max(0, most // 2)):
            postponed.append((one, _say_spent(one, left)))
            continue
        # One that is larger than what any night finds is begun all the same: it goes on night after night.
        left -= one.units if one.is_first else 0
        taken.append(one)
    return taken, postponed


def _schedule(office: Office, due: Sequence[DueMailbox], window: float) -> Fitted:
    """Give each its turn as the rounds do, and see when it comes."""
    settings = office.deployment.mailboxes
    at_once = settings.accounts_at_once if settings else 1
    longest = office.deployment.night.mailbox_time_limit.total_seconds()
    turns, firsts = [0.0] * at_once, [0.0] * first_turns(at_once)
    begun, postponed, last = list[DueMailbox](), list[tuple[DueMailbox, BackupError]](), 0.0
    for one in due:
        at = max(turns[0], firsts[0]) if one.is_first else turns[0]
        if at >= window:
            postponed.append((one, _say_no_time(one, window)))
            continue
        end = at + min(one.seconds, longest)
        heapq.heapreplace(turns, end)
        if one.is_first:
            heapq.heapreplace(firsts, end)
        begun.append(one)
        last = max(last, end)
    return tuple(begun), tuple(postponed), last


def _say_spent(one: DueMailbox, left: int) -> Postponed:
    return Postponed(
        "la primera copia de este buzón no cabe en la cuota de hoy",
        whose=one.account,
        why=f"pide unas {one.units} unidades de Gmail y quedan {max(0, left)} para hoy",
        repair="la noche siguiente la empieza; si no debe esperar, ejecútela de día con `copias mirror sync`",
    )


def _say_no_time(one: DueMailbox, window: float) -> Postponed:
    return Postponed(
        "este buzón no cabe en el tiempo de la noche",
        whose=one.account,
        why=f"otros más atrasados ocupan las {window / 3600:.1f} horas que quedan",
        repair="la noche siguiente lo toma primero; si se repite, aumente night.time_limit",
    )
