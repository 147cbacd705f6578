"""Manual cases, as the case machinery sees them: a user's own Takeout of their mailbox."""

from __future__ import annotations

import typing as t

from copias.case.kinds import Check, Forecast
from copias.case.preflight import check_store
from copias.case.rows import MODE_WORDS
from copias.errors import BackupError, BadInput
from copias.mailbox.kind import MailboxKind

if t.TYPE_CHECKING:
    from copias.case.intake import Intake
    from copias.case.story import CopyRecord
    from copias.config import Deployment
    from copias.mailbox.settings import MailboxSettings
    from copias.office import Office
    from copias.takeout.delivery import Delivery

_BYTES_A_SECOND: t.Final = 15_000_000
"""Of a delivery, from its folder to the proof, on an ordinary server."""
_GROWTH: t.Final = 1.2
"""A package is compressed less than Google's zip, for speed."""


class ManualKind(MailboxKind):
    """Copies of what a user downloaded: of the same accounts as mailboxes are, and stored in the same way."""

    name: t.ClassVar[str] = "manual"
    group: t.ClassVar[str] = "manual_copies"
    modes: t.ClassVar[tuple[str, ...]] = ("on_site", "remote")

    def require_subject(self, deployment: Deployment, subject: str) -> None:
        """Refuse what is no account of the organisation, and deployments that take no deliveries.

        Raises:
            BadInput: naming the domains, or what to configure.
        """
        if deployment.deliveries is None:
            raise BadInput(
                "este despliegue no recibe entregas",
                whose=ascii(subject[:80]),
                repair="agregue deliveries a copias.yml",
            )
        super().require_subject(deployment, subject)

    def is_known(self, deployment: Deployment, subject: str) -> bool:
        """Tell whether the address can be an account here, and deliveries are taken."""
        return deployment.deliveries is not None and super().is_known(deployment, subject)

    def check(self, office: Office, intake: Intake) -> tuple[Forecast | None, list[Check]]:
        """Check the account's name, the delivery, the room on this machine, and the store; nothing is fetched."""
        settings = office.deployment.mailboxes
        if settings is None or not intake.subject or not self.is_known(office.deployment, intake.subject):
            return None, [self._name_account(office.deployment, intake)]
        if intake.story.copy is not None:  # made already: what is left needs no delivery that was not there
            size = intake.story.copy.bytes
            return _predict(size), [check_store(office, settings.store, size)]
        delivery, checks = _check_delivery(office, intake)
        forecast = _predict(delivery.parts.bytes) if delivery else None
        if delivery is not None:
            checks.append(_check_room(office.deployment, delivery))
        checks.append(_check_destination(office, settings, forecast))
        return forecast, checks

    def say_kind(self, mode: str) -> str:
        """Return the kind with its mode."""
        return f"Copia manual de correo ({MODE_WORDS.get(mode, 'en sitio')})"

    def say_done(self, copy: CopyRecord) -> str:
        """Return what was done, and what could not be."""
        return (
            f"Takeout del buzón {copy.data['subject']}, entregado por el usuario, empaquetado, almacenado en "
            f"{copy.store} y releído: {copy.data.get('messages', 0)} mensajes, los mismos de la entrega. No se pudo "
            "conciliar con el buzón."
        )

    def say_proof(self, copy: CopyRecord) -> str:
        """Return what was read and compared."""
        return (
            f"{copy.proof.get('messages')} mensajes releídos del paquete almacenado, iguales uno a uno a los de la "
            "entrega; sin conciliar con el buzón"
        )

    def _name_account(self, deployment: Deployment, intake: Intake) -> Check:
        if deployment.deliveries is None:
            return Check("entrega", passed=False, why="este despliegue no recibe entregas", repair="agregue deliveries")
        repair = f"copias classify {intake.number} --kind manual --subject {self.name_subject(deployment)}"
        return Check("cuenta", passed=False, why="el caso no dice cuál", repair=repair)


def _check_delivery(office: Office, intake: Intake) -> tuple[Delivery | None, list[Check]]:
    from copias.takeout.delivery import find_delivery

    try:
        return find_delivery(office.deployment, intake.number), [Check("entrega", passed=True)]
    except BackupError as error:
        return None, [Check("entrega", passed=False, why=f"{error.what}: {error.why}", repair=error.repair)]


def _check_room(deployment: Deployment, delivery: Delivery) -> Check:
    from copias.takeout.delivery import find_room_fault

    fault = find_room_fault(deployment, delivery.parts)
    return Check("espacio de trabajo", not fault, fault, f"libere espacio en el disco de {deployment.state}")


def _check_destination(office: Office, settings: MailboxSettings, forecast: Forecast | None) -> Check:
    return check_store(office, settings.store, forecast.bytes if forecast else 0)


def _predict(size: int) -> Forecast:
    return Forecast(bytes=round(size * _GROWTH), seconds=5 + size / _BYTES_A_SECOND, source_bytes=size)
