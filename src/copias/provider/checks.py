"""The conditions of operation of a copy that a provider delivers (20-PR-26, condition 6)."""

from __future__ import annotations

import typing as t

from copias.case.kinds import Check
from copias.case.preflight import check_store, check_walls
from copias.findings import list_findings, open_finding
from copias.local_time import today
from copias.provider.request import find_request
from copias.provider.settings import OBLIGATION_WORDS

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from copias.case.story import Story
    from copias.office import Office
    from copias.provider.settings import ProviderSettings

WARNING_DAYS: t.Final = 60
"""Days before the end of a contract from which it is told."""


def check_delivery(office: Office, subject: str, story: Story) -> list[Check]:
    """Check contract, obligations, mail and store of a remote copy; nothing is changed and nobody is written to."""
    database, number = office.deployment.databases[subject], story.number
    if database.provider is None:
        why = "la base de datos no tiene proveedor en copias.yml"
        repair = f"agregue provider, o copias classify {number} --kind sinfa --subject {subject} --mode on_site"
        return [Check("proveedor", passed=False, why=why, repair=repair)]
    settings = office.deployment.providers[database.provider]
    return [
        _check_asked(story, subject),
        check_contract(settings, today=today()),
        *check_obligations(settings),
        Check(
            "correo al proveedor",
            passed=office.deployment.notices is not None,
            why="no hay notices en copias.yml: el correo queda escrito para enviarlo a mano",
            repair=f"copias provider mail {number} muestra el texto; lo enviado se registra con copias provider sent",
            warning=True,
        ),
        check_walls(office.deployment.scratch_servers),
        check_store(office, database.store, last_bytes(office, subject)),
    ]


def _check_asked(story: Story, subject: str) -> Check:
    """Check that what was asked of a provider is what the case asks for now."""
    request = find_request(story)
    asked = request.database if request else subject
    return Check(
        "proveedor",
        passed=asked == subject,
        why=f"el caso ya le pidió al proveedor la copia de «{asked}»",
        repair=f"si es esa: copias classify {story.number} --kind sinfa --subject {asked} --mode remote; si no: "
        "cancélelo y reábralo",
    )


def check_contract(settings: ProviderSettings, *, today: date) -> Check:
    """Check that a contract is in force; near its end, a warning."""
    left = days_left(settings, today=today)
    if left < 0:
        why = f"el contrato {settings.contract} con {settings.name} terminó el {settings.ends:%d/%m/%Y}"
        return Check(
            "contrato vigente",
            passed=False,
            why=why,
            repair="registre el contrato nuevo en el archivo de proveedores: contract y ends",
        )
    return Check(
        "contrato vigente",
        passed=left > WARNING_DAYS,
        why=f"el contrato {settings.contract} termina el {settings.ends:%d/%m/%Y}: {say_left(left)}",
        repair="gestione la prórroga o el contrato nuevo antes de esa fecha",
        warning=True,
    )


def warn_of_contracts(office: Office, *, today: date) -> None:
    """Open a finding for each contract that ends soon or has ended, once for each end: nobody looks at a file."""
    known = {(one.about, one.what) for one in list_findings(office.book.ledger.events(), treated=True)}
    for name, settings in office.deployment.providers.items():
        check = check_contract(settings, today=today)
        what = f"el contrato {settings.contract} termina el {settings.ends:%d/%m/%Y}"
        if not check.passed and (name, what) not in known:
            open_finding(office, about=name, what=what, why=check.why, repair=check.repair)


def check_obligations(settings: ProviderSettings) -> Iterator[Check]:
    """Yield a check for each of the four obligations that is missing, and one when none is; copies may not be."""
    missing = settings.obligations.missing()
    if not missing:
        yield Check("obligaciones del contrato", passed=True)
    for name, obligation in missing:
        note = f" ({obligation.note})" if obligation.note else ""
        yield Check(
            f"obligación de {OBLIGATION_WORDS[name]}",
            passed=False,
            why=f"el contrato {settings.contract} no la tiene vigente{note}",
            repair="acuérdela con la supervisión del contrato y corrija el archivo de proveedores",
            warning=name != "copies",
        )


def days_left(settings: ProviderSettings, *, today: date) -> int:
    """Return the days until the last one of a contract; negative once it has ended."""
    return (settings.ends - today).days


def say_left(days: int) -> str:
    """Return days that are left, in words."""
    return {0: "hoy es el último día", 1: "queda 1 día"}.get(days, f"quedan {days} días")


def last_bytes(office: Office, subject: str) -> int:
    """Return the size of the newest copy of a database, by which room for the next is asked; 0 without one."""
    copies = [copy for story in office.book.keepers().values() for copy in story.copies]
    sizes = [copy.bytes for copy in copies if copy.data.get("subject") == subject and copy.status != "void"]
    return sizes[-1] if sizes else 0
