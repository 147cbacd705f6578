"""Notices to requesters: the case is received, on hold, resolved or failed; each is told once.

Each has a key, as the rows of the help desk have, and waits in the outbox with them, but nothing waits for a notice:
see :class:`copias.case.outbox.Outbox`.
"""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

from copias.case.kinds import KIND_WORDS
from copias.case.notice_settings import domain_of, is_address
from copias.case.outbox import queue
from copias.case.rows import row_key
from copias.case.story import NOTICE
from copias.errors import BackupError

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from copias.case.notice_settings import NoticeSettings
    from copias.case.result import Result
    from copias.case.story import Story
    from copias.config import Deployment
    from copias.office import Office

What: t.TypeAlias = t.Literal[
    "received",
    "on_hold",
    "resolved",
    "failed",
    "suspended",
    "released",
    "deleted",
    "recovering",
    "recovered",
    "unrecovered",
    "restoring",
    "restored",
    "unrestored",
    "provider_request",
    "provider_reminder",
    "provider_rejected",
    "provider_thanks",
    "provider_cancelled",
    "provider_late",
]
"""A template ``notice_<what>.txt.j2``."""
NOTICE_WORDS: t.Final[dict[str, str]] = {
    "received": "solicitud recibida",
    "on_hold": "en espera",
    "resolved": "copia hecha y probada",
    "failed": "la copia no se pudo terminar",
    "recovering": "solicitud de recuperación recibida",
    "recovered": "correo devuelto",
    "unrecovered": "el correo no se pudo devolver",
    "restoring": "solicitud de recuperación recibida",
    "restored": "base de datos restaurada",
    "unrestored": "la base de datos no se pudo restaurar",
    "suspended": "cuenta suspendida, al superadministrador",
    "released": "la cuenta ya se puede suspender, al superadministrador",
    "deleted": "cuenta eliminada, al superadministrador",
    "provider_request": "solicitud de la copia, al proveedor",
    "provider_reminder": "recordatorio, al proveedor",
    "provider_rejected": "entrega que no sirve, al proveedor",
    "provider_thanks": "agradecimiento, al proveedor",
    "provider_cancelled": "la copia ya no hace falta, al proveedor",
    "provider_late": "el proveedor no ha entregado, al administrador",
}
_HAPPENED: t.Final[dict[str, tuple[str, str] | None]] = {
    "AccountSuspended": ("suspended", "una cuenta que hace falta está suspendida"),
    "AccountMissing": ("missing", "la cuenta que se debía copiar no existe"),
    "MailNotEnabled": ("no-mail", "la cuenta que se debía copiar no tiene buzón"),
    "GoogleRefused": ("refused", "falta un permiso para leer lo que se debía copiar"),
    "GoogleUnavailable": ("google", "Google no respondió"),
    "SourceUnavailable": ("source", "el sistema que se debía copiar no respondió"),
    "StoreUnavailable": ("store", "el lugar donde se guardan las copias no respondió"),
    "StoreFull": ("full", "no hay espacio donde se guardan las copias"),
    "NotEqual": ("unequal", "al comprobarla, la copia no fue igual al original, y así no se entrega"),
    "Doubtful": ("doubtful", "la copia está hecha, y alguien debe revisar lo que contiene"),
    "Altered": ("altered", "al releerla, la copia guardada no fue igual a la que se hizo, y así no se entrega"),
    # The copy goes on or is made already, or a person decided: nothing failed that the requester should know of.
    "HelpDeskUnavailable": None,
    "AlreadyRunning": None,
    "NotReady": None,
    "BackupError": ("other", "se presentó una dificultad técnica"),
}
"""Class of an error, the most special first → a mark for the cause, and the words that a requester gets.

Never the error's own words: they name machines, paths and accounts.
"""


_OF_RECOVERY: t.Final = {
    "missing": "la cuenta que debía recibir el correo no existe",
    "no-mail": "la cuenta que debía recibir el correo no tiene buzón",
    "refused": "falta un permiso para devolver el correo",
    "unequal": "al comprobarlo, no todo el correo devuelto estaba en su sitio",
    "doubtful": "el correo está devuelto, pero Gmail no recibió alguna de sus etiquetas",
    "altered": "la copia de la que se devolvía el correo no se pudo leer bien",
}
"""The words for a recovery, where what happened to a copy would mislead."""
_OF_DATABASE: t.Final = {
    "source": "el servidor donde se restaura no respondió",
    "full": "no hay espacio donde se restaura",
    "unequal": "al compararla, la base restaurada no fue igual a lo que se copió, y así no se entrega",
    "altered": "la copia de la que se restauraba no se pudo leer bien",
}
"""The same for a recovery of a database."""


def queue_notice(
    office: Office, story: Story, what: What, *, to: str, facts: Mapping[str, t.Any], mark: str = ""
) -> Story:
    """Queue a notice, unless it is queued already, the deployment sends none, or nobody may get it there.

    Args:
        office: whose case book it is queued in.
        story: of the case.
        what: which template.
        to: address of the requester, or of the configured administrator; another is recorded and not written to.
        facts: what the template names; ``name`` greets the recipient.
        mark: tells apart notices of one sort that may be sent more than once, such as two holds.
    """
    settings = office.deployment.notices
    if settings is None:
        return story
    key = row_key(story, f"notice-{what}", mark)
    fault = _find_fault(office.deployment, settings, to)
    if fault:
        return _skip(office, story, key, why=fault)
    row = {
        "kind": NOTICE,
        "what": what,
        "number": story.number,
        "to": to,
        "moment": datetime.now(UTC).isoformat(),
        "facts": dict(facts),
    }
    return queue(office.book, story.number, key, row)


def tell_received(office: Office, story: Story) -> Story:
    """Queue the notice that a case has started; of a case that starts again only the first start is told."""
    started = story.started
    facts = {
        "name": started["requester"],
        "kind": KIND_WORDS.get(started["kind"], started["kind"]),
        "subject": started["subject"],
        "agent": started["agent"],
    }
    what = t.cast("What", {"mail": "recovering", "database": "restoring"}.get(_recovery_of(story), "received"))
    return queue_notice(office, story, what, to=started["requester_email"], facts=facts)


def tell_held(office: Office, story: Story, *, reason: str, mark: str) -> Story:
    """Queue the notice that a case is on hold; ``mark`` tells one hold from another."""
    requester = _find_requester(office, story) if office.deployment.notices else None
    if requester is None:
        return story
    name, address = requester
    return queue_notice(office, story, "on_hold", to=address, facts={"name": name, "reason": reason}, mark=mark)


def tell_resolved(office: Office, story: Story, result: Result) -> Story:
    """Queue the notice that what was asked for is done and proven, with its evidence."""
    started = story.started
    facts = {"name": started.get("requester", ""), "done": result.done, "proof": result.proof, **result.facts}
    return queue_notice(office, story, result.notice, to=started.get("requester_email", ""), facts=facts)


def tell_failed(office: Office, story: Story, error: BackupError) -> Story:
    """Queue the notice of a failure that the requester should know of; each cause is told once."""
    happened = say_failure(error)
    if happened is None:
        return story
    (cause, words), started = happened, story.started
    of = _recovery_of(story)
    told: dict[str, str] = {"mail": _OF_RECOVERY, "database": _OF_DATABASE}.get(of, {})
    facts = {"name": started.get("requester", ""), "happened": told.get(cause, words)}
    what = t.cast("What", {"mail": "unrecovered", "database": "unrestored"}.get(of, "failed"))
    return queue_notice(office, story, what, to=started.get("requester_email", ""), facts=facts, mark=cause)


def _recovery_of(story: Story) -> str:
    """Return what a recovery gives back, ``mail`` or ``database``; empty of any other case."""
    if story.started.get("kind") != "recovery":
        return ""
    return "database" if story.restore and story.restore.database else "mail"


def say_failure(error: BackupError) -> tuple[str, str] | None:
    """Return a mark for the cause of a failure and what a requester is told of it; ``None`` for nothing."""
    return next(_HAPPENED[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in _HAPPENED)


def _find_requester(office: Office, story: Story) -> tuple[str, str] | None:
    """Return name and address of who asked: as the case was started with, else from the sheet, if it answers.

    Nobody for a request of another service: its requester did not ask for a copy.
    """
    started = story.started
    if started:
        return started.get("requester", ""), started.get("requester_email", "")
    try:
        case = office.help_desk.case(story.number, departments=office.deployment.departments)
    except BackupError:
        return "", ""
    ours = case.guess.is_case or story.classification is not None
    return (case.requester_name, case.requester_email) if ours else None


def _find_fault(deployment: Deployment, settings: NoticeSettings, to: str) -> str:
    """Return why an address may not be written to; empty when it may."""
    if not is_address(to):
        return "no hay una dirección de correo válida"
    # The sender's own domain is the organisation's, also where no mailboxes are copied.
    domains = {domain_of(settings.sender), *(deployment.mailboxes.domains if deployment.mailboxes else ())}
    if settings.any_recipient or to == settings.administrator or domain_of(to) in domains:
        return ""
    return "la dirección no es de un dominio de la organización"


def _skip(office: Office, story: Story, key: str, *, why: str) -> Story:
    """Record once that somebody was not written to."""
    with office.book.adding(story.number) as page:
        if any(event.event == "notice.skipped" and event.data["key"] == key for event in page.story.events):
            return page.story
        return page.add("notice.skipped", {"key": key, "why": why})
