"""Intake: what the sheet says of a case joined to what the ledger knows of it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.authorisation import Authorisation
from copias.case.kinds import kind_of
from copias.case.states import STATE_WORDS, State
from copias.case.story import Story
from copias.config import Deployment
from copias.local_time import today

if t.TYPE_CHECKING:
    from copias.helpdesk import HelpDeskCase
    from copias.office import Office


UNPROVEN_WORDS: t.Final = "Resuelto sin prueba"
"""What a case is called that somebody resolved in the sheet and of which there is no proof."""


@dataclass(frozen=True)
class Intake:
    """A case as it is worked on: the sheet proposes, a recorded classification and authorisation decide."""

    case: HelpDeskCase
    story: Story
    kind: str | None
    mode: str | None
    subject: str | None
    authorisation: Authorisation | None

    @property
    def number(self) -> str:
        """Return the case's number."""
        return self.case.number

    @property
    def state(self) -> State:
        """Return the ledger's state; before the first event, what the sheet shows of an untouched case."""
        if self.story.state is State.REGISTERED and self.case.status in {"assigned", "reassigned"}:
            return State.ASSIGNED
        return self.story.state

    @property
    def unproven(self) -> bool:
        """Tell whether somebody typed that it is resolved, and we have no proof."""
        return self.case.status in {"resolved", "closed"} and self.story.state is not State.RESOLVED

    @property
    def words(self) -> str:
        """Return the state for people."""
        if self.unproven:
            return UNPROVEN_WORDS
        if self.story.state is State.REGISTERED and self.case.status == "cancelled":
            return STATE_WORDS[State.CANCELLED]
        return STATE_WORDS[self.state]

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data, without free text of the sheet beyond names."""
        return {
            "number": self.number,
            "state": self.state.value,
            "state_text": self.words,
            "sheet_status": self.case.status,
            "unproven": self.unproven,
            "kind": self.kind,
            "mode": self.mode,
            "subject": self.subject,
            "department": self.case.department,
            "requester": self.case.requester_name,
            "agent": self.case.agent,
            "requested_at": self.case.requested_at,
            "retires": self.story.retires.isoformat() if self.story.retires else None,
            "authorised": self.authorisation is not None,
            "waiting_rows": list(self.story.waiting),
            "copy": self.story.copy.copy_id if self.story.copy else None,
        }


def take_in(case: HelpDeskCase, story: Story, deployment: Deployment) -> Intake:
    """Join a row and a story."""
    decided = story.classification or {}
    name = decided.get("kind") or case.kind
    kind = kind_of(name)
    subject = decided.get("subject") or (kind.find_subject(deployment, case) if kind else None)
    mode = decided.get("mode") or case.mode or (kind.modes[0] if kind else None)
    standing = kind.find_leave(deployment, case, subject) if kind and subject else None
    recorded = story.grant_for(name, subject)
    return Intake(case, story, name, mode, subject, find_authorisation(recorded, standing))


def find_authorisation(recorded: dict[str, t.Any] | None, standing: Authorisation | None) -> Authorisation | None:
    """Return the recorded authorisation, else the standing one while it is in force."""
    if recorded:
        return Authorisation.model_validate(recorded)
    return standing if standing and in_force(standing) else None


def in_force(grant: Authorisation) -> bool:
    """Tell whether an authorisation still counts today, in Colombia."""
    return grant.until is None or grant.until >= today()


def read_case(office: Office, number: str) -> Intake:
    """Read one case from the sheet and join it to its story.

    Raises:
        BadInput: it is not there, or its row cannot be trusted; the message names the repair.
        HelpDeskUnavailable: the sheet does not answer.
    """
    story = office.book.story(number)
    case = office.help_desk.case(number, departments=office.deployment.departments)
    return take_in(case, story, office.deployment)
