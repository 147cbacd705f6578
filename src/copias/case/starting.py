"""The start of a case: checked, claimed, and told to the help desk."""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass

from copias.case.guard import find_holder
from copias.case.intake import Intake, read_case
from copias.case.preflight import Preflight, check_case
from copias.case.rows import queue_status
from copias.case.states import State

if t.TYPE_CHECKING:
    from copias.office import Office

_UNDER_WAY = frozenset({State.IN_PROGRESS, State.STORED, State.VERIFIED})


@dataclass(frozen=True)
class StartPlan:
    """What starting a case would do."""

    office: Office
    intake: Intake
    preflight: Preflight | None

    @property
    def resolved(self) -> bool:
        """Tell whether there is nothing left to do."""
        return self.intake.state is State.RESOLVED

    @property
    def changes(self) -> bool:
        """Tell whether the case's state would move."""
        return not self.resolved and self.intake.state not in _UNDER_WAY

    def run(self) -> None:
        """Claim the case for this playbook and move it to in progress.

        Raises:
            NotReady: a condition of operation is not met; all are named.
            AlreadyRunning: another run holds it.
        """
        if self.preflight is None:
            return
        number, book = self.intake.number, self.office.book
        self.preflight.require(number)
        run = os.environ.get("COPIAS_RUN") or f"{number}-{os.getpid()}"
        self.office.claims.take(number, run, holder=find_holder(), account=self.office.actor.identity.account)
        if not self.changes:
            return
        with book.adding(number) as page:
            if page.story.state is not State.ASSIGNED:
                page.add("case.assigned", {"agent": self.intake.case.agent})
            page.add("case.started", self._describe())
            story = page.story
        queue_status(self.office, story, "in_progress", done=f"Inicia la copia de {self.intake.subject}")
        # The copy does not wait for the sheet: what cannot be written now stays in the outbox.
        self.office.outbox.deliver_case(number)

    def _describe(self) -> dict[str, t.Any]:
        grant = self.intake.authorisation
        return {
            "kind": self.intake.kind,
            "subject": self.intake.subject,
            "mode": self.intake.mode,
            "department": self.intake.case.department,
            "requester": self.intake.case.requester_name,
            "agent": self.intake.case.agent,
            "authorisation": grant.model_dump(mode="json") if grant else None,
        }


def plan_start(office: Office, number: str) -> StartPlan:
    """Read the case and check its conditions; change nothing."""
    intake = read_case(office, number)
    resolved = intake.state is State.RESOLVED
    return StartPlan(office, intake, None if resolved else check_case(office, intake))
