"""The start of a case: checked, claimed, and told to the help desk."""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass

from copias.case.guard import die_with_playbook, find_holder
from copias.case.intake import Intake, read_case
from copias.case.kinds import kind_of
from copias.case.notices import tell_received
from copias.case.preflight import Preflight, check_case
from copias.case.rows import queue_status, row_key
from copias.case.states import State
from copias.case.story import Story, state_of_result
from copias.case.suspension import hold_for_account
from copias.people import Role

if t.TYPE_CHECKING:
    from copias.office import Office

_UNDER_WAY = frozenset({State.IN_PROGRESS, State.STORED, State.VERIFIED})


@dataclass(frozen=True)
class Work:
    """What is to be done for a case, and whether it can be."""

    intake: Intake
    preflight: Preflight


@dataclass(frozen=True)
class StartPlan:
    """What starting a case would do."""

    office: Office
    story: Story
    work: Work | None
    """What is to be done; nothing for a resolved case."""

    @property
    def resolved(self) -> bool:
        """Tell whether there is nothing left to do."""
        return self.work is None

    @property
    def preflight(self) -> Preflight | None:
        """Return the conditions of operation of what is to be done."""
        return self.work.preflight if self.work else None

    @property
    def state(self) -> State:
        """Return the case's state."""
        return self.work.intake.state if self.work else self.story.state

    @property
    def kind(self) -> str:
        """Return what is copied; empty when nothing says it."""
        return (self.work.intake.kind if self.work else self.story.started.get("kind")) or ""

    @property
    def subject(self) -> str:
        """Return the name of what is copied, as the case has it; empty when nothing says it."""
        return (self.work.intake.subject if self.work else self.story.started.get("subject")) or ""

    @property
    def mode(self) -> str:
        """Return where the copy is made, ``on_site`` or ``remote``; empty when nothing says it."""
        return (self.work.intake.mode if self.work else self.story.started.get("mode")) or ""

    @property
    def changes(self) -> bool:
        """Tell whether the case's state would move."""
        return not self.resolved and self.state not in _UNDER_WAY

    def require_ready(self) -> None:
        """Refuse what :meth:`run` would refuse.

        Raises:
            NotReady: a condition of operation is not met; all are named.
            AlreadyRunning: somebody runs the case.
        """
        if self.work:
            self.work.preflight.require(self.story.number)
            self.office.claims.require_free(self.story.number)

    def diff(self) -> dict[str, t.Any]:
        """Return the case's state and its rows for the help desk, before and after."""
        before = {"state": self.state.value, "rows": list(self.story.rows)}
        if not self.changes:
            return {"before": before, "after": before}
        rows = dict.fromkeys([*self.story.rows, row_key(self.story, "in_progress")])
        return {"before": before, "after": {"state": state_of_result(self.story).value, "rows": list(rows)}}

    def run(self) -> None:
        """Claim the case for this playbook and move it to in progress.

        Raises:
            NotAllowed: the role does not include it, however the playbook was started.
            NotReady: a condition of operation is not met; all are named.
            AccountSuspended: only its account keeps the case from starting; it is on hold now.
            AlreadyRunning: another run holds it.
        """
        if self.work is None:
            return
        intake, number, book = self.work.intake, self.story.number, self.office.book
        self.office.actor.require(Role.AGENT, "ejecutar casos")
        die_with_playbook()
        suspended = self.work.preflight.suspended
        if not suspended:
            self.work.preflight.require(number)
        self._take()
        if suspended:
            raise hold_for_account(self.office, number, suspended)
        if not self.changes:
            return
        with book.adding(number) as page:
            if page.story.state is not State.ASSIGNED:
                page.add("case.assigned", {"agent": intake.case.agent})
            page.add("case.started", _describe(intake))
            story = page.story
        queue_status(self.office, story, "in_progress", done=_say_start(intake))
        tell_received(self.office, story)
        # The copy waits neither for the sheet nor for mail: what cannot be delivered now stays in the outbox.
        self.office.outbox.deliver_case(number)

    def _take(self) -> None:
        """Claim the case for this playbook."""
        number, account = self.story.number, self.office.actor.identity.account
        run = os.environ.get("COPIAS_RUN") or f"{number}-{os.getpid()}"
        self.office.claims.take(number, run, holder=find_holder(), account=account)


def _say_start(intake: Intake) -> str:
    kind = kind_of(intake.kind)
    return kind.say_start(intake.subject or "") if kind else ""


def _describe(intake: Intake) -> dict[str, t.Any]:
    grant = intake.authorisation
    return {
        "kind": intake.kind,
        "subject": intake.subject,
        "mode": intake.mode,
        "department": intake.case.department,
        "requester": intake.case.requester_name,
        "requester_email": intake.case.requester_email,
        "agent": intake.case.agent,
        "authorisation": grant.model_dump(mode="json") if grant else None,
    }


def plan_start(office: Office, number: str) -> StartPlan:
    """Read the case and check its conditions, and change nothing; of a resolved case only the ledger is read."""
    story = office.book.story(number)
    if story.state is State.RESOLVED:
        return StartPlan(office, story, None)
    intake = read_case(office, number)
    return StartPlan(office, story, Work(intake, check_case(office, intake)))
