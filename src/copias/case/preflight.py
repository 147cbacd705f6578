"""The conditions of operation: every check of a case at once, each with its repair."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.case.intake import Intake, in_force
from copias.case.kinds import KIND_WORDS, Check, Forecast, kind_of
from copias.case.rows import MODE_WORDS
from copias.case.states import STATE_WORDS, State
from copias.database.account import unprivileged_account
from copias.database.enclosing import find_fault, say_confinement
from copias.errors import BackupError, NotReady
from copias.provider.request import is_awaited

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.database.scratch_settings import ScratchSettings
    from copias.office import Office

ROOM = 1.2
"""A store must have this many times the predicted size free."""


@dataclass(frozen=True)
class Preflight:
    """All checks of a case, and what the source tells of the work ahead."""

    checks: tuple[Check, ...]
    forecast: Forecast | None = None

    @property
    def ready(self) -> bool:
        """Tell whether the case can start."""
        return not self.failed

    @property
    def failed(self) -> tuple[Check, ...]:
        """Return the checks that did not pass, but for warnings."""
        return tuple(check for check in self.checks if not check.passed and not check.warning)

    @property
    def suspended(self) -> str:
        """Return the account whose suspension is all that keeps the case from starting; empty when it is not so.

        Nobody is asked to reactivate an account for a copy that could not be made then either.
        """
        failed = self.failed
        return failed[0].suspended if len(failed) == 1 else ""

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
    forecast, kind = None, kind_of(intake.kind)
    if kind is not None:
        forecast, found = kind.check(office, intake)
        checks += found
    checks.append(_check_signing_key(office))
    return Preflight(tuple(checks), forecast)


def check_request(intake: Intake) -> Iterator[Check]:
    """Check what the row and the ledger say of a case, without asking anybody else."""
    number, kind = intake.number, kind_of(intake.kind)
    word = KIND_WORDS.get(intake.kind or "", "")
    yield Check(
        "clase de copia",
        kind is not None,
        f"la clase «{word}» todavía no se atiende con este producto" if word else "las palabras del caso no la dicen",
        f"copias classify {number} --kind CLASE --subject CUENTA_O_BASE; la clase es sinfa (una base), mailbox "
        "(correo), manual (Takeout) o recovery (devolver lo copiado)",
    )
    yield Check(
        "modalidad",
        kind is None or intake.mode in kind.modes,
        f"la copia {MODE_WORDS.get(intake.mode or '', '')} de {word} todavía no se atiende con este producto",
        f"si es {MODE_WORDS[kind.modes[0]] if kind else 'otra'}: copias classify {number} "
        f"--kind {intake.kind} --subject … --mode {kind.modes[0] if kind else '…'}",
    )
    yield Check(
        "agente asignado",
        bool(intake.case.agent),
        "la fila no tiene agente",
        "asigne el caso en la mesa de ayuda",
    )
    yield Check(
        "autorización",
        _is_authorised(intake),
        _say_unauthorised(intake),
        f"copias authorise {number} --name … --post … --document … --motive …",
    )
    bound, bound_kind = intake.story.bound_to, intake.story.bound_kind
    yield Check(
        "mismo origen",
        bound in {None, intake.subject} and bound_kind in {None, intake.kind},
        f"el caso ya va con «{bound}» ({KIND_WORDS.get(bound_kind or '', '')}) y ahora pide "
        f"«{intake.subject or '?'}» ({word})",
        f"si es «{bound}»: copias classify {number} --kind {bound_kind} --subject {bound}; si no: cancélelo y reábralo",
    )
    open_state = intake.state not in {State.CANCELLED, State.ON_HOLD}
    yield Check(
        "estado",
        open_state and intake.case.status != "cancelled",
        f"el caso está en «{STATE_WORDS[intake.state]}»" if not open_state else "en la mesa de ayuda está cancelado",
        _say_way_on(intake)
        if not open_state
        else "si no debía cancelarse, responda el caso con otro estado en la mesa de ayuda",
    )


def _say_way_on(intake: Intake) -> str:
    if is_awaited(intake.story):
        return f"espere: cuando llegue lo que entrega el proveedor, `copias poll` o copias run {intake.number} lo sigue"
    return f"copias {'resume' if intake.state is State.ON_HOLD else 'reopen'} {intake.number} --reason …"


def _is_authorised(intake: Intake) -> bool:
    """Tell whether somebody allows it today; a copy that is proven has only to be told, which needs no leave."""
    grant = intake.authorisation
    return grant is not None and (in_force(grant) or intake.state is State.VERIFIED)


def _say_unauthorised(intake: Intake) -> str:
    of, grant = intake.story.authorised_for, intake.authorisation
    if grant is not None and grant.until is not None and not in_force(grant):
        return f"{grant.document} venció el {grant.until:%d/%m/%Y}"
    if of is None or intake.story.grant_for(intake.kind, intake.subject):
        return "no hay quien autorice, con documento y motivo"
    return f"la que hay es para {KIND_WORDS.get(of['kind'], of['kind'])} · {of['subject']}, y ahora se pide otra copia"


def check_store(office: Office, name: str, predicted_bytes: int) -> Check:
    """Check that a store answers and has room for a package of the predicted size."""
    try:
        free = office.open_store(name).free_space()
    except BackupError as error:
        return Check("destino", passed=False, why=f"{error.what}: {error.why}", repair=error.repair)
    # What the store must keep free is asked for now, not refused in the middle of the run.
    needed = round(predicted_bytes * ROOM) + office.deployment.store(name).least_free
    return Check(
        "destino",
        free is None or free >= needed,
        f"quedan {free or 0} bytes y hacen falta {needed}",
        "libere espacio en el destino o amplíe la cuota",
    )


def check_walls(settings: ScratchSettings) -> Check:
    """Check that what a restore runs is kept from this machine by all that there is; a warning, unless demanded."""
    fault = find_fault(unprivileged_account())
    return Check(
        "aislamiento del servidor de prueba",
        passed=fault is None,
        why="" if fault is None else say_confinement(),
        repair="" if fault is None else fault.repair,
        warning=settings.walls != "required",
    )


def _check_signing_key(office: Office) -> Check:
    return Check(
        "llave de firma",
        office.deployment.signing_key.is_file(),
        f"falta {office.deployment.signing_key}",
        "créela una vez con `copias store key`",
    )
