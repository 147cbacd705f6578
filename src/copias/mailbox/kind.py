"""Mailbox cases, as the case machinery sees them."""

from __future__ import annotations

import typing as t

from copias.case.kinds import Check, Forecast
from copias.case.preflight import check_store
from copias.case.rows import say_level
from copias.errors import BackupError, BadInput
from copias.google.errors import AccountSuspended, GoogleRefused

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.authorisation import Authorisation
    from copias.case.intake import Intake
    from copias.case.step import StepPlan
    from copias.case.story import CopyRecord, Story
    from copias.config import Deployment
    from copias.google.directory import DirectoryUser
    from copias.helpdesk import HelpDeskCase
    from copias.mailbox.settings import MailboxSettings
    from copias.office import Office


class MailboxKind:
    """Copies of a Gmail mailbox; a subject is an account's primary address."""

    name: t.ClassVar[str] = "mailbox"
    group: t.ClassVar[str] = "mailboxes"
    modes: t.ClassVar[tuple[str, ...]] = ("remote", "on_site")

    def find_subject(self, deployment: Deployment, case: HelpDeskCase) -> str | None:
        """Return the one address of the organisation in the request's words, else nothing."""
        from copias.mailbox.settings import find_addresses

        settings = deployment.mailboxes
        found = find_addresses(f"{case.service} {case.description}")
        ours = [address for address in found if settings and settings.is_account(address)]
        return ours[0] if len(ours) == 1 else None

    def require_subject(self, deployment: Deployment, subject: str) -> None:
        """Refuse what is no account of the organisation.

        Raises:
            BadInput: naming the domains.
        """
        settings = deployment.mailboxes
        if settings is None:
            raise BadInput(
                "este despliegue no copia buzones", whose=ascii(subject[:80]), repair="agregue mailboxes a copias.yml"
            )
        if not settings.is_account(subject):
            raise BadInput(
                "no es una cuenta de la organización",
                whose=ascii(subject[:80]),
                why=f"los dominios son {', '.join(settings.domains)}",
                repair="escriba la dirección principal completa, en minúsculas",
            )

    def is_known(self, deployment: Deployment, subject: str) -> bool:
        """Tell whether the address can be an account here; the preflight asks the Directory."""
        return deployment.mailboxes is not None and deployment.mailboxes.is_account(subject)

    def find_leave(self, deployment: Deployment, case: HelpDeskCase, subject: str, /) -> Authorisation | None:
        """Return the owner's own leave, where the form collects verified addresses."""
        from copias.authorisation import Authorisation

        settings = deployment.mailboxes
        if not (settings and settings.owner_requests and case.requester_email == subject):
            return None
        return Authorisation(
            authoriser=case.requester_name,
            post="titular de la cuenta",
            document=f"caso {case.number} de la mesa de ayuda",
            motive="solicitud del titular",
        )

    def name_subject(self, deployment: Deployment) -> str:
        """Return what an account looks like."""
        settings = deployment.mailboxes
        return f"cuenta@{settings.domains[0]}" if settings else "CUENTA"

    def check(self, office: Office, intake: Intake) -> tuple[Forecast | None, list[Check]]:
        """Check the account, the right to read it, and the store."""
        settings = office.deployment.mailboxes
        if settings is None or not intake.subject or not settings.is_account(intake.subject):
            repair = f"copias classify {intake.number} --kind mailbox --subject {self.name_subject(office.deployment)}"
            return None, [Check("cuenta", passed=False, why="el caso no dice cuál", repair=repair)]
        checks = [check_account(office, settings, intake.subject)]
        forecast = None
        if checks[0].passed:
            forecast, found = _check_access(office, settings, intake.subject)
            checks += [found, *(_check_mirror(office, intake.subject) if found.passed else ())]
        checks.append(check_store(office, settings.store, forecast.bytes if forecast else 0))
        checks += _check_retirement(settings, intake)
        return forecast, checks

    def say_start(self, subject: str) -> str:
        """Return what begins."""
        return f"Inicia la copia de {subject}"

    def plan_storing(self, office: Office, story: Story) -> StepPlan:
        """Return the step that uploads and publishes the package."""
        from copias.case.uploading import UploadPlan

        return UploadPlan(office, story)

    def say_kind(self, mode: str) -> str:
        """Return the kind; a mailbox is always copied from the contracted service."""
        del mode
        return "Correo (remota)"

    def say_done(self, copy: CopyRecord) -> str:
        """Return what was done."""
        return (
            f"Copia del buzón {copy.data['subject']} hecha, almacenada en {copy.store} y releída; {say_level(copy)}: "
            f"{copy.data.get('messages', 0)} mensajes conciliados con el origen."
        )

    def say_proof(self, copy: CopyRecord) -> str:
        """Return what was given back and compared."""
        compared = f"{copy.proof.get('sample')} recuperados del paquete almacenado, iguales al buzón bit a bit"
        if not copy.proof.get("sample") and copy.proof.get("gone"):
            compared = "el buzón ya no tiene los de la muestra, así que ninguno se pudo comparar"
        return f"{copy.data.get('messages')} mensajes conciliados; {compared}"


def check_account(office: Office, settings: MailboxSettings, account: str) -> Check:
    """Check in the Directory that an account is there, active, and has Gmail."""
    from copias.google.directory import Directory

    try:
        user = Directory(office.deployment.google, administrator=settings.administrator).user(account)
    except BackupError as error:
        if isinstance(error, GoogleRefused) and _has_consent(office, account):
            # Where delegation is refused the Directory is closed too: who consented exists, the mailbox tells the rest.
            return Check("cuenta", passed=True)
        return Check("cuenta", passed=False, why=f"{error.what}: {error.why}", repair=error.repair)
    why, repair = _find_fault(user, account)
    suspended = account if user is not None and user.suspended else ""
    return Check("cuenta", not why, why, repair, suspended=suspended)


def _has_consent(office: Office, account: str) -> bool:
    from copias.google.consent_file import open_consents

    folder = open_consents(office.deployment.google)
    return folder is not None and folder.find(account) is not None


def _find_fault(user: DirectoryUser | None, account: str) -> tuple[str, str]:
    """Return why an account cannot be copied and what to do; empty when it can."""
    if user is None:
        return f"{account} no existe en el directorio", "escriba la dirección principal tal como está en el directorio"
    if user.suspended:
        return (
            f"{account} está suspendida y Google no deja leerla",
            "pida al superadministrador que la reactive mientras se copia; después el caso sigue con `copias poll`",
        )
    if not user.has_mailbox:
        return f"{account} no tiene Gmail", "active Gmail para la cuenta, o cancele el caso"
    return "", ""


def _check_access(office: Office, settings: MailboxSettings, account: str) -> tuple[Forecast | None, Check]:
    from copias.mailbox.engine import predict_copy

    try:
        return predict_copy(office, settings, account), Check("permiso para leer el buzón", passed=True)
    except BackupError as error:
        return None, Check(
            "permiso para leer el buzón",
            passed=False,
            why=f"{error.what}: {error.why}",
            repair=error.repair,
            suspended=account if isinstance(error, AccountSuspended) else "",
        )


def _check_mirror(office: Office, account: str) -> Iterator[Check]:
    """Refuse an address whose mirror is of who had it before; nothing is told of one that is as it should be."""
    from copias.mailbox.mirror import MirrorReader
    from copias.mailbox.mirror.layout import INDEX
    from copias.mailbox.owner import OtherOwner, read_owners, require_same
    from copias.mailbox.status import mirror_folder

    folder = mirror_folder(office.deployment, account)
    if not (folder / INDEX).is_file():
        return
    with MirrorReader.open(folder) as mirror:
        had = mirror.owner
    try:
        require_same(had, account, folder, owner=read_owners(office, [account]).get(account, "") if had else "")
    except OtherOwner as error:
        yield Check("espejo", passed=False, why=f"{error.what}: {error.why}", repair=error.repair)


def _check_retirement(settings: MailboxSettings, intake: Intake) -> Iterator[Check]:
    """Ask for the day from which a leaver's account may be deleted; a case whose words say nothing of it has none."""
    leaving = settings.says_leaving(f"{intake.case.service} {intake.case.description}")
    if leaving or intake.story.retires:
        yield Check(
            "fecha de retiro",
            intake.story.retires is not None,
            "el caso habla de un retiro y no se sabe desde cuándo se puede eliminar la cuenta",
            f"copias classify {intake.number} --kind mailbox --subject {intake.subject} --retires DD/MM/AAAA",
            warning=True,
        )
