"""A provider's certificate that a copy of theirs was restored, recorded as a drill where no drill can be made here."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.drill.history import CERTIFIED
from copias.errors import BadInput, NotReady
from copias.helpdesk.dates import read_moment
from copias.local_time import today
from copias.people import Role

if t.TYPE_CHECKING:
    from datetime import date

    from copias.office import Office

_LONGEST: t.Final = 300


@dataclass(frozen=True)
class Certificate:
    """What was recorded.

    Args:
        database: of the inventory.
        copy: that was restored; empty where only the database is known.
        provider: its name in the providers file.
        day: on which the provider restored it.
        document: by which the provider says so.
    """

    database: str
    copy: str
    provider: str
    day: date
    document: str

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data, for the ledger and ``--json``."""
        facts = {"database": self.database, "copy": self.copy, "source": "provider", "provider": self.provider}
        return {**facts, "date": self.day.isoformat(), "document": self.document}


def record_certificate(office: Office, about: str, *, day: str, document: str) -> Certificate:
    """Record a certificate; the same again is recorded once.

    Args:
        office: whose ledger.
        about: number of the case whose copy was restored, or name of a database.
        day: ``dd/mm/aaaa``.
        document: what it is and where it is kept.

    Raises:
        BadInput: there is no such database or copy, or the day is none that has been.
        NotAllowed: the role does not include it.
        NotReady: the case has no proven copy of a provider, or the database has no provider.
    """
    office.actor.require(Role.AGENT, "registrar certificados de restauración")
    database, copy = _find(office, about)
    provider = office.deployment.database(database).provider
    if provider is None:
        raise NotReady(
            "de esa base no hay copias que entregue un proveedor",
            whose=database,
            repair=f"pruebe sus copias usted: copias drill {database}",
        )
    found = Certificate(database, copy, provider, _read_day(day), _read_document(document))
    if not any(event.event == CERTIFIED and event.data == found.to_dict() for event in office.book.ledger.events()):
        office.record(CERTIFIED, found.to_dict())
    return found


def _find(office: Office, about: str) -> tuple[str, str]:
    if not about.isdecimal():
        office.deployment.database(about)
        return about, ""
    copy = office.book.story(about).copy
    if copy is None or "delivered_by" not in copy.data or copy.status != "verified":
        raise NotReady(
            "el caso no tiene una copia probada que haya entregado un proveedor",
            whose=f"caso {about}",
            repair=f"vea el caso con `copias show {about}`, o nombre la base de datos",
        )
    return str(copy.data["subject"]), copy.copy_id


def _read_day(text: str) -> date:
    try:
        moment = read_moment(text)
    except ValueError:
        moment = None
    if moment is None:
        raise BadInput("la fecha no se entiende", whose=ascii(text[:40]), repair="escríbala DD/MM/AAAA")
    day = moment.date()
    if day > today():
        raise BadInput("la fecha del certificado no ha llegado", whose=ascii(text[:40]))
    return day


def _read_document(text: str) -> str:
    document = " ".join(text.split())
    if not 0 < len(document) <= _LONGEST or not document.isprintable():
        raise BadInput(
            "falta el documento del certificado",
            why=f"de 1 a {_LONGEST} letras",
            repair="diga cuál es y dónde está: --document «Certificación 12 de 2026, carpeta del contrato»",
        )
    return document
