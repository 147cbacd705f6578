"""What people decide of a case, each recorded with who decided."""

from __future__ import annotations

import typing as t

from copias.case.book import check_number
from copias.case.intake import read_case
from copias.case.kinds import KIND_WORDS, kind_of
from copias.case.notices import tell_held
from copias.case.rows import MODE_WORDS, queue_status
from copias.case.states import State
from copias.case.suspension import tell_released
from copias.errors import BadInput, NotReady
from copias.local_time import read_day
from copias.nearest import suggest
from copias.people import Role
from copias.provider.letters import tell_cancelled

if t.TYPE_CHECKING:
    from datetime import date

    from copias.authorisation import Authorisation
    from copias.case.story import Story
    from copias.office import Office

_DECISIONS: t.Final[dict[str, tuple[Role, str, str | None]]] = {
    "case.held": (Role.AGENT, "dejar casos en espera", "on_hold"),
    "case.resumed": (Role.AGENT, "reanudar casos", "assigned"),
    "case.noted": (Role.AGENT, "anotar casos", None),
    "case.cancelled": (Role.ADMINISTRATOR, "cancelar casos", "cancelled"),
    "case.reopened": (Role.ADMINISTRATOR, "reabrir casos", "assigned"),
}
"""Event → least role, the act in words, the status that the help desk gets."""
_OF_ACCOUNTS: t.Final = frozenset({"mailbox", "drive"})


def classify(
    office: Office, number: str, *, kind: str, subject: str | None, mode: str | None, retires: str | None = None
) -> Story:
    """Record what a case asks for.

    Args:
        office: whose case book it is recorded in.
        number: the case.
        kind: one of :data:`KIND_WORDS`.
        subject: database or account.
        mode: ``on_site`` or ``remote``; the kind's usual one when not given.
        retires: the day from which the account may be deleted; when not given, an earlier one of it stays.

    Raises:
        BadInput: no such kind, mode, database or day.
        NotAllowed: the role does not include it.
        NotReady: the case is resolved, and was about something else.
        AlreadyRunning: the case is being run.
    """
    office.actor.require(Role.AGENT, "clasificar casos")
    check_number(number)
    _choose("la clase", kind, KIND_WORDS)
    attended = kind_of(kind)
    mode = mode or (attended.modes[0] if attended else "on_site")
    _choose("la modalidad", mode, MODE_WORDS)
    given = _read_day(number, kind, retires)
    if attended:
        attended.require_subject(office.deployment, subject or "")
    _require_known(office, number)
    _refuse_of_the_resolved(office.book.story(number), kind, subject)
    office.claims.require_free(number)  # a run goes on with what it was started with
    day = given or _known_day(office.book.story(number), subject)
    data = {"kind": kind, "subject": subject, "mode": mode, **({"retires": day.isoformat()} if day else {})}
    return office.book.record(number, "case.classified", data)


def _refuse_of_the_resolved(story: Story, kind: str, subject: str | None) -> None:
    """Refuse to say that a resolved case was about something else: that is a slip in its number, or work for another.

    Raises:
        NotReady: it is, by its class or its subject; the day on which its account is retired may still be given.
    """
    if story.state is State.RESOLVED and story.bound_to and (kind, subject) != (story.bound_kind, story.bound_to):
        raise NotReady(
            "el caso ya está resuelto",
            whose=f"caso {story.number}",
            why=f"lo que se hizo es {KIND_WORDS.get(story.bound_kind or '', '')} de {story.bound_to}",
            repair="revise el número; si de verdad se pide otra cosa en este caso, un administrador lo abre primero: "
            f"copias reopen {story.number} --reason …",
        )


def _read_day(number: str, kind: str, text: str | None) -> date | None:
    """Read the day on which an account is retired.

    Raises:
        BadInput: it is no day, or what is copied is no account.
    """
    if text is None:
        return None
    if kind not in _OF_ACCOUNTS:
        raise BadInput("solo una cuenta tiene fecha de retiro", whose=f"caso {number}", why=f"la clase es {kind}")
    return read_day(text, what="la fecha de retiro no se entiende")


def _known_day(story: Story, subject: str | None) -> date | None:
    same = (story.classification or {}).get("subject") == subject
    return story.retires if same else None


def authorise(office: Office, number: str, grant: Authorisation) -> Story:
    """Record who allowed the copy of a case.

    It is for what the case asks for now: a case that is classified as another needs another.

    Raises:
        BadInput: a part is empty.
        NotReady: the case does not say what is copied.
        NotAllowed: only an administrator records it.
    """
    office.actor.require(Role.ADMINISTRATOR, "registrar autorizaciones")
    parts = {"nombre": grant.authoriser, "cargo": grant.post, "documento": grant.document, "motivo": grant.motive}
    if missing := [name for name, value in parts.items() if not value.strip()]:
        raise BadInput("la autorización está incompleta", whose=f"caso {number}", why=f"falta {', '.join(missing)}")
    kind, subject = _find_subject(office, number)
    of = {"kind": kind, "subject": subject}
    return office.book.record(number, "case.authorised", {**grant.model_dump(mode="json"), "of": of})


def _find_subject(office: Office, number: str) -> tuple[str, str | None]:
    """Return kind and subject of what a case asks for, as it was classified, else by its row.

    Raises:
        NotReady: neither says it.
    """
    decided = office.book.story(number).classification or {}
    kind, subject = decided.get("kind"), decided.get("subject")
    if not kind or not subject:
        intake = read_case(office, number)
        kind, subject = intake.kind, intake.subject
    if not kind or (kind_of(kind) is not None and not subject):
        raise NotReady(
            "no se puede autorizar un caso que no dice qué se copia",
            whose=f"caso {number}",
            repair=f"copias classify {number} --kind … --subject …",
        )
    return kind, subject


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
        moment = str(story.events[-1].n)
        queue_status(office, story, status, done=reason, mark=moment)
        if event == "case.held":
            tell_held(office, story, reason=reason, mark=moment)
        if event == "case.cancelled":
            tell_released(office, story)
            tell_cancelled(office, story)
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
        raise BadInput(
            f"{what} no se conoce",
            whose=repr(given[:40]),
            why=f"hay: {', '.join(known)}",
            repair=suggest(given, known, "escriba una de ellas"),
        )
