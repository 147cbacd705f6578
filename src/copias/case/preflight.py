"""The conditions of operation: every check of a case at once, each with its repair."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.case.intake import KIND_WORDS, Intake
from copias.case.states import State
from copias.database import SourceFacts, driver_for
from copias.errors import BackupError, NotReady

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.config import DatabaseSettings
    from copias.office import Office

ROOM = 1.2
"""A store must have this many times the predicted size free."""


@dataclass(frozen=True)
class Check:
    """One condition of operation."""

    name: str
    passed: bool
    why: str = ""
    repair: str = ""


@dataclass(frozen=True)
class Preflight:
    """All checks of a case, and what the source tells of the work ahead."""

    checks: tuple[Check, ...]
    source: SourceFacts | None = None

    @property
    def ready(self) -> bool:
        """Tell whether the case can start."""
        return all(check.passed for check in self.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        """Return the checks that did not pass."""
        return tuple(check for check in self.checks if not check.passed)

    def require(self, number: str) -> None:
        """Refuse to start unless every check passed.

        Raises:
            NotReady: naming all that failed, each with its repair.
        """
        if self.ready:
            return
        faults = "; ".join(f"({place}) {check.name}: {check.why}" for place, check in enumerate(self.failed, 1))
        repairs = "; ".join(f"({place}) {check.repair}" for place, check in enumerate(self.failed, 1) if check.repair)
        raise NotReady("no se cumplen las condiciones de operación", whose=f"caso {number}", why=faults, repair=repairs)


def check_case(office: Office, intake: Intake) -> Preflight:
    """Check everything that the case needs before it starts; nothing is changed anywhere."""
    checks = list(check_request(intake))
    source = None
    if intake.kind == "sinfa":
        database = office.deployment.databases.get(intake.subject or "")
        if database is None:
            known = ", ".join(sorted(office.deployment.databases))
            repair = f"copias classify {intake.number} --kind sinfa --subject BASE (hay: {known})"
            checks.append(Check("base de datos", False, "el caso no dice cuál", repair))  # noqa: FBT003
        else:
            source, found = _check_source(office, intake.subject or "", database)
            checks += found
            checks.append(_check_store(office, database, source))
    checks.append(_check_signing_key(office))
    return Preflight(tuple(checks), source)


def check_request(intake: Intake) -> Iterator[Check]:
    """Check what the row and the ledger say of a case, without asking anybody else."""
    number = intake.number
    word = KIND_WORDS.get(intake.kind or "", "")
    yield Check(
        "clase de copia",
        intake.kind == "sinfa",
        f"la clase «{word}» todavía no se atiende con este producto" if word else "las palabras del caso no la dicen",
        f"copias classify {number} --kind sinfa --subject BASE",
    )
    yield Check(
        "modalidad",
        intake.mode != "remote",
        "la copia remota, entregada por el proveedor, todavía no se atiende con este producto",
        f"si la base está en sitio: copias classify {number} --kind sinfa --subject BASE --mode on_site",
    )
    yield Check(
        "agente asignado",
        bool(intake.case.agent),
        "la fila no tiene agente",
        "asigne el caso en la mesa de ayuda",
    )
    yield Check(
        "autorización",
        intake.authorisation is not None,
        "no hay quien autorice, con documento y motivo",
        f"copias authorise {number} --name … --post … --document … --motive …",
    )
    bound = intake.story.bound_to
    yield Check(
        "misma base",
        bound in {None, intake.subject},
        f"el caso ya va con «{bound}» y ahora pide «{intake.subject or '?'}»",
        f"si es «{bound}»: copias classify {number} --kind sinfa --subject {bound}; si no: cancélelo y reábralo",
    )
    open_state = intake.state not in {State.CANCELLED, State.ON_HOLD}
    yield Check(
        "estado",
        open_state and intake.case.status != "cancelled",
        f"el caso está en «{intake.words}»" if not open_state else "en la mesa de ayuda está cancelado",
        f"copias {'resume' if intake.state is State.ON_HOLD else 'reopen'} {number}"
        if not open_state
        else "si no debía cancelarse, responda el caso con otro estado en la mesa de ayuda",
    )


def _check_source(office: Office, name: str, database: DatabaseSettings) -> tuple[SourceFacts | None, list[Check]]:
    from copias.sinfa.records import last_record

    driver = driver_for(database.engine, database.connection(), time_limit=database.time_limit.total_seconds())
    try:
        source = driver.probe(last_record(office.deployment, name))
    except BackupError as error:
        return None, [Check("base de datos", False, f"{error.what}: {error.why}", error.repair)]  # noqa: FBT003
    return source, [
        Check("base de datos", passed=True),
        Check(
            "servidor de prueba",
            source.restorable,
            f"no se puede arrancar aquí un servidor {source.engine} {source.major}",
            "instale esa versión del servidor en esta máquina para probar la copia por restauración",
        ),
    ]


def _check_store(office: Office, database: DatabaseSettings, source: SourceFacts | None) -> Check:
    try:
        free = office.open_store(database.store).free_space()
    except BackupError as error:
        return Check("destino", False, f"{error.what}: {error.why}", error.repair)  # noqa: FBT003
    # What the store must keep free is asked for now, not refused in the middle of the run.
    needed = round(source.predicted_bytes * ROOM if source else 0) + office.deployment.store(database.store).least_free
    return Check(
        "destino",
        free is None or free >= needed,
        f"quedan {free or 0} bytes y hacen falta {needed}",
        "libere espacio en el destino o amplíe la cuota",
    )


def _check_signing_key(office: Office) -> Check:
    return Check(
        "llave de firma",
        office.deployment.signing_key.is_file(),
        f"falta {office.deployment.signing_key}",
        "créela una vez con `copias store key`",
    )
