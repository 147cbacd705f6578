"""SINFA cases, as the case machinery sees them."""

from __future__ import annotations

import typing as t

from copias.case.kinds import Check, Forecast
from copias.case.preflight import check_store, check_walls
from copias.case.rows import MODE_WORDS, say_level
from copias.errors import BackupError

if t.TYPE_CHECKING:
    from copias.authorisation import Authorisation
    from copias.case.intake import Intake
    from copias.case.step import StepPlan
    from copias.case.story import CopyRecord, Story
    from copias.config import Deployment
    from copias.database import SourceFacts
    from copias.helpdesk import HelpDeskCase
    from copias.office import Office
    from copias.sinfa.settings import DatabaseSettings

PHASES = 3
"""Copying, reading back and proving each take about as long as the dump."""


class SinfaKind:
    """Copies of a finance database; a subject is a database of the inventory."""

    name: t.ClassVar[str] = "sinfa"
    group: t.ClassVar[str] = "sinfa"
    modes: t.ClassVar[tuple[str, ...]] = ("on_site", "remote")

    def find_subject(self, deployment: Deployment, case: HelpDeskCase) -> str | None:
        """Return the database that the words name, or the only one that there is."""
        if case.system is None and len(deployment.databases) == 1:
            return next(iter(deployment.databases))
        return case.system

    def require_subject(self, deployment: Deployment, subject: str) -> None:
        """Refuse a database that is not in the inventory.

        Raises:
            BadConfiguration: naming those that are.
        """
        deployment.database(subject)

    def is_known(self, deployment: Deployment, subject: str) -> bool:
        """Tell whether the database is in the inventory."""
        return subject in deployment.databases

    def find_leave(self, deployment: Deployment, _: HelpDeskCase, subject: str, /) -> Authorisation | None:
        """Return the database's own authorisation."""
        database = deployment.databases.get(subject)
        return database.authorisation if database else None

    def name_subject(self, deployment: Deployment) -> str:
        """Return the databases that can be named."""
        return f"BASE (hay: {', '.join(sorted(deployment.databases))})"

    def check(self, office: Office, intake: Intake) -> tuple[Forecast | None, list[Check]]:
        """Check the database, a server to prove the copy with, and the store; of a remote copy, its provider."""
        database = office.deployment.databases.get(intake.subject or "")
        if database is None:
            repair = f"copias classify {intake.number} --kind sinfa --subject {self.name_subject(office.deployment)}"
            return None, [Check("base de datos", passed=False, why="el caso no dice cuál", repair=repair)]
        if intake.mode == "remote":
            from copias.provider.checks import check_delivery

            return None, check_delivery(office, intake.subject or "", intake.story)
        if not database.reachable:
            why = "de esta base solo hay copias que entrega su proveedor"
            repair = f"copias classify {intake.number} --kind sinfa --subject {intake.subject} --mode remote"
            return None, [Check("base de datos", passed=False, why=why, repair=repair)]
        source, found = _check_source(office, intake.subject or "", database)
        predicted = source.predicted_bytes if source else 0
        found += [check_walls(office.deployment.scratch_servers), check_store(office, database.store, predicted)]
        if source is None:
            return None, found
        return Forecast(predicted, source.predicted_seconds * PHASES, source_bytes=source.bytes), found

    def say_start(self, subject: str) -> str:
        """Return what begins."""
        return f"Inicia la copia de {subject}"

    def plan_storing(self, office: Office, story: Story) -> StepPlan:
        """Return the step that publishes the package."""
        from copias.sinfa.storing import StoringPlan

        return StoringPlan(office, story)

    def say_kind(self, mode: str) -> str:
        """Return the kind with its mode."""
        return f"SINFA ({MODE_WORDS.get(mode, 'en sitio')})"

    def say_done(self, copy: CopyRecord) -> str:
        """Return what was done."""
        if "delivered_by" in copy.data:
            return (
                f"Copia de {copy.data['subject']}, entregada por el proveedor, revisada, almacenada en {copy.store} y "
                f"releída; {say_level(copy)}."
            )
        return (
            f"Copia de {copy.data['subject']} hecha, almacenada en {copy.store}, releída y probada por restauración: "
            f"{copy.proof.get('tables', 0)} tablas y {copy.proof.get('rows', 0)} filas iguales al origen"
            f"{_say_not_compared(copy)}."
        )

    def say_proof(self, copy: CopyRecord) -> str:
        """Return what was restored and compared."""
        if "delivered_by" in copy.data:
            return _say_delivered(copy)
        said = f"restaurada: {copy.proof.get('tables')} tablas, {copy.proof.get('rows')} filas, iguales"
        said += _say_not_compared(copy)
        accepted = copy.proof.get("accepted")
        return f"{said}; dudas aceptadas: {accepted}" if accepted else said


def _say_not_compared(copy: CopyRecord) -> str:
    """Return what of a restored copy had nothing to be compared with; empty when all had."""
    count = copy.proof.get("not_compared", 0)
    return f"; {count} tablas cambiaban mientras se copiaban y no se pudieron comparar" if count else ""


def _say_delivered(copy: CopyRecord) -> str:
    """Return in one line how far the proof of a provider's delivery goes."""
    loaded = f": {copy.proof.get('tables')} tablas, {copy.proof.get('rows')} filas" if copy.data.get("loaded") else ""
    accepted = copy.proof.get("accepted")
    return f"{say_level(copy)}{loaded}" + (f"; dudas aceptadas: {accepted}" if accepted else "")


def _check_source(office: Office, name: str, database: DatabaseSettings) -> tuple[SourceFacts | None, list[Check]]:
    from copias.sinfa.records import last_record
    from copias.sinfa.sources import open_driver

    driver = open_driver(database)
    try:
        source = driver.probe(last_record(office.deployment, name))
    except BackupError as error:
        return None, [Check("base de datos", passed=False, why=f"{error.what}: {error.why}", repair=error.repair)]
    return source, [
        Check("base de datos", passed=True),
        Check(
            "servidor de prueba",
            source.restorable,
            f"no se puede arrancar aquí un servidor {source.engine} {source.version}",
            say_how_to_prove(source.engine, source.version),
        ),
    ]


def say_how_to_prove(engine: str, version: str) -> str:
    """Return what to do where a case's copy could not be proven; no installation here proves what a MySQL wrote."""
    if engine in {"mysql", "mariadb"} and "MariaDB" not in version:
        return (
            "lo de un servidor MySQL no se prueba aquí: cópielo con la copia nocturna, que queda íntegra y sin prueba"
            " de restauración, o pida la copia al proveedor (caso remoto)"
        )
    return "instale esa versión del servidor en esta máquina para probar la copia por restauración"
