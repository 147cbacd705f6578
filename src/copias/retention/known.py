"""Which copies and subjects a person may name."""

from __future__ import annotations

import typing as t

from copias.errors import BadInput
from copias.nearest import suggest
from copias.night.catalogue import MADE, REMOVED, VERIFIED, VOIDED, list_night_copies
from copias.retention.packages import EVENTS, read_packages

if t.TYPE_CHECKING:
    from copias.office import Office

PLANNED: t.Final = "retention.planned"
FREED: t.Final = "retention.freed"
LOST: t.Final = "la copia nocturna desapareció del repositorio"
MISSING: t.Final = "faltan copias en el repositorio"
"""What the findings say of copies that are gone without a plan; while one of them is open no room is freed."""
_AS_LISTED: t.Final = "escríbala como en `copias copies`: dirección en minúsculas, o nombre de la base de datos"
NIGHT_EVENTS: t.Final = frozenset({MADE, VERIFIED, VOIDED, REMOVED})


def require_known(office: Office, *, copy: str, subject: str) -> None:
    """Raise unless the copy exists, or the subject has copies or may get some.

    Raises:
        BadInput: naming what was given.
    """
    ledger = office.book.ledger
    packages = read_packages(ledger.data_of(EVENTS))
    nights = list_night_copies(ledger.events_of(NIGHT_EVENTS))
    copies = {package.copy for package in packages} | {night.copy for night in nights} | _name_others(office)
    if copy and copy not in copies:
        raise BadInput(
            "no hay una copia con ese nombre",
            whose=ascii(copy[:100]),
            repair=suggest(copy, copies, "vea las que hay con `copias copies` y `copias retention plan`"),
        )
    subjects = {package.subject for package in packages} | {night.database for night in nights}
    if subject and subject not in subjects and not _is_ours(office, subject):
        raise BadInput(
            "no hay una cuenta ni una base de datos con ese nombre",
            whose=ascii(subject[:100]),
            repair=suggest(subject, subjects, _AS_LISTED),
        )


def _name_others(office: Office) -> set[str]:
    """Return the copies of the mirrors and of the state, which the plan names too."""
    from copias.retention.reading import COPIES, read_copies

    events = tuple(office.book.ledger.events_of(COPIES))
    return {one.copy for name in office.deployment.repositories for one in read_copies(events, name) if one.exists}


def _is_ours(office: Office, subject: str) -> bool:
    deployment = office.deployment
    mailboxes = deployment.mailboxes
    return subject in deployment.databases or (mailboxes is not None and mailboxes.is_account(subject))
