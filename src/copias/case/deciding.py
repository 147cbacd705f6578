"""What people decide of a case, each recorded with who decided."""

from __future__ import annotations

import typing as t

from copias.case.book import check_number
from copias.case.intake import KIND_WORDS, read_case
from copias.case.rows import MODE_WORDS, queue_status
from copias.errors import BadInput
from copias.people import Role

if t.TYPE_CHECKING:
    from copias.case.story import Story
    from copias.config import Authorisation
    from copias.office import Office

_DECISIONS: t.Final[dict[str, tuple[Role, str, str | None]]] = {
    "case.held": (Role.AGENT, "dejar casos en espera", "on_hold"),
    "case.resumed": (Role.AGENT, "reanudar casos", "assigned"),
    "case.noted": (Role.AGENT, "anotar casos", None),
    "case.cancelled": (Role.ADMINISTRATOR, "cancelar casos", "cancelled"),
    "case.reopened": (Role.ADMINISTRATOR, "reabrir casos", "assigned"),
}
"""Event → least role, the act in words, the status that the help desk gets."""


def classify(office: Office, number: str, *, kind: str, subject: str | None, mode: str) -> Story:
    """Record what a case asks for.

    Raises:
        BadInput: no such kind, mode or database.
        NotAllowed: the role does not include it.
        AlreadyRunning: the case is being run.
    """
    office.actor.require(Role.AGENT, "clasificar casos")
    check_number(number)
    _choose("la clase", kind, KIND_WORDS)
    _choose("la modalidad", mode, MODE_WORDS)
    if kind == "sinfa":
        office.deployment.database(subject or "")
    _require_known(office, number)
    office.claims.require_free(number)  # a run goes on with what it was started with
    return office.book.record(number, "case.classified", {"kind": kind, "subject": subject, "mode": mode})


def authorise(office: Office, number: str, grant: Authorisation) -> Story:
    """Record who allowed the copy of a case.

    Raises:
        BadInput: a part is empty.
        NotAllowed: only an administrator records it.
    """
    office.actor.require(Role.ADMINISTRATOR, "registrar autorizaciones")
    parts = {"nombre": grant.authoriser, "cargo": grant.post, "documento": grant.document, "motivo": grant.motive}
    if missing := [name for name, value in parts.items() if not value.strip()]:
        raise BadInput("la autorización está incompleta", whose=f"caso {number}", why=f"falta {', '.join(missing)}")
    _require_known(office, number)
    return office.book.record(number, "case.authorised", grant.model_dump(mode="json"))


def decide(office: Office, number: str, event: str, *, reason: str) -> Story:
    """Record a decision of a person and tell the help desk what it needs to know.

    Raises:
        BadInput: no reason was given.
        NotAllowed: the role does not include it.
        NotReady: the case is not in a state for it.
    """
    role, act, status = _DECISIONS[event]
    office.actor.require(role, act)
    if not reason.strip():
        raise BadInput("falta el motivo", whose=f"caso {number}", repair="diga por qué; queda en la historia")
    _refuse_while_running(office, number, event)
    _require_known(office, number)
    story = office.book.record(number, event, {"reason": reason})
    if status:
        moment = story.events[-1].n
        queue_status(office, story, status, done=reason, mark=str(moment))
        office.outbox.deliver_case(number)
    return office.book.story(number)


def _require_known(office: Office, number: str) -> None:
    """Make sure that a case without a story is in the help desk: nothing is decided of a mistyped number."""
    if not office.book.story(number).events:
        read_case(office, number)


def _refuse_while_running(office: Office, number: str, event: str) -> None:
    """Refuse what only makes sense between runs; a hold or a cancel stops the next step of one."""
    if event in {"case.resumed", "case.reopened"}:
        office.claims.require_free(number)


def _choose(what: str, given: str, known: t.Collection[str]) -> None:
    if given not in known:
        raise BadInput(f"{what} no se conoce", whose=repr(given[:40]), why=f"hay: {', '.join(known)}")
