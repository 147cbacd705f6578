"""Accounts that were deleted before their case was resolved: the administrator is told while they can be restored."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as time_of_day

from copias.case.intake import take_in
from copias.case.states import State
from copias.case.story import Story
from copias.case.suspension import ask_administrator
from copias.errors import BackupError
from copias.local_time import BOGOTA, day_of

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from copias.case.intake import Intake
    from copias.google.directory import Directory
    from copias.office import Office

KEPT: t.Final = 20
"""Days for which Google gives a deleted account back."""
ALARMS: t.Final = (15, KEPT)
"""Days after the deletion on which the administrator is told, once each."""
_CLOSED: t.Final = frozenset({State.RESOLVED, State.CANCELLED})


@dataclass(frozen=True)
class Deletion:
    """The account of an open case that is no more.

    Args:
        number: the case.
        account: its address.
        deleted_at: when it was deleted; of one that the Directory does not list, the day of retirement that was
            recorded.
        recorded: it is that day.
        days: whole days since.
    """

    number: str
    account: str
    deleted_at: datetime
    recorded: bool
    days: int

    @property
    def alarm(self) -> int:
        """Return the last of :data:`ALARMS` that is due; 0 for none yet."""
        return max((day for day in ALARMS if self.days >= day), default=0)


@dataclass(frozen=True)
class Subjects:
    """The accounts of the open mailbox cases.

    Args:
        accounts: case → account.
        trouble: why the sheet was not read: cases that the ledger does not know are not among them.
    """

    accounts: Mapping[str, str]
    trouble: BackupError | None = None


def find_subjects(office: Office) -> Subjects:
    """Return whose mailboxes open cases ask for, by the ledger and, where it says nothing, by the sheet."""
    stories = office.book.stories()
    found = {number: account for number, story in stories.items() if (account := _account(story))}
    deployment = office.deployment
    known = {number for number, story in stories.items() if story.classification}
    try:
        cases = office.help_desk.cases(classified=known, departments=deployment.departments).cases
    except BackupError as error:
        return Subjects({number: account for number, account in found.items() if _is_open(stories[number])}, error)
    intakes = [take_in(case, stories.get(case.number, Story(case.number)), deployment) for case in cases]
    found |= {one.number: one.subject for one in intakes if one.kind == "mailbox" and one.subject}
    finished = {one.number for one in intakes if _is_finished(one)}
    wanted = (number for number in found if number not in finished and _is_open(stories.get(number)))
    return Subjects({number: found[number] for number in wanted})


def find_deletions(office: Office, directory: Directory, subjects: Subjects, *, now: datetime) -> Iterator[Deletion]:
    """Yield the accounts that were deleted, and record the moment, which Google forgets with the account.

    Raises:
        GoogleRefused: the delegation lacks the scope.
        GoogleUnavailable: Google does not answer.
    """
    if not subjects.accounts:
        return
    listed: dict[str, datetime] = {}
    for user in directory.deleted_users():
        listed[user.address] = max(user.deleted_at, listed.get(user.address, user.deleted_at))
    stories = office.book.stories()
    for number, account in subjects.accounts.items():
        story = stories.get(number, Story(number))
        known = listed.get(account) or _recorded_deletion(story, account)
        deleted_at = known or _retirement(story)
        # An account that is there again was restored, or another one got the address.
        if deleted_at is None or deleted_at > now or directory.user(account) is not None:
            continue
        if known and known != _recorded_deletion(story, account):
            office.book.record(number, "account.deleted", {"account": account, "deleted_at": known.isoformat()})
        yield Deletion(number, account, deleted_at, known is None, (now - deleted_at) // timedelta(days=1))


def raise_alarm(office: Office, deletion: Deletion) -> bool:
    """Mail the administrator the alarm that is due; return whether it was queued now, and not before."""
    if not deletion.alarm:
        return False
    story = office.book.story(deletion.number)
    facts = {
        "account": deletion.account,
        "days": deletion.days,
        "left": _say_left(deletion),
        "recorded": deletion.recorded,
        "deleted_at": f"{day_of(deletion.deleted_at):%d/%m/%Y}",
    }
    # An account that was restored and deleted again has alarms of its own.
    ask_administrator(office, story, "deleted", facts, mark=f"{deletion.deleted_at:%Y%m%d}-{deletion.alarm}")
    queued = len(office.book.story(deletion.number).queued) > len(story.queued)
    office.outbox.deliver_notices(deletion.number)
    return queued


def _say_left(deletion: Deletion) -> str:
    left = KEPT - deletion.days
    if left <= 0:
        return ""
    return "1 día" if left == 1 else f"{left} días"


def _account(story: Story) -> str:
    """Return the account that a case was last classified or started for, if it is one's mailbox."""
    decided = story.classification or story.started
    return str(decided.get("subject") or "") if decided.get("kind") == "mailbox" else ""


def _is_finished(intake: Intake) -> bool:
    """Tell whether people finished a case: cancelled it, or resolved one that was never ours to prove."""
    return intake.case.status == "cancelled" or (intake.case.finished and not intake.story.events)


def _is_open(story: Story | None) -> bool:
    return story is None or story.state not in _CLOSED


def _recorded_deletion(story: Story, account: str) -> datetime | None:
    for event in reversed(story.events):
        if event.event == "account.deleted" and event.data["account"] == account:
            return datetime.fromisoformat(event.data["deleted_at"])
    return None


def _retirement(story: Story) -> datetime | None:
    return datetime.combine(story.retires, time_of_day(), tzinfo=BOGOTA) if story.retires else None
