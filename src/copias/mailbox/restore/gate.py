"""The gate of every search and recovery: an open recovery case, of this account, that somebody authorised."""

from __future__ import annotations

import typing as t

from copias.case.intake import in_force, read_case
from copias.case.states import State
from copias.errors import NotReady
from copias.people import Role

if t.TYPE_CHECKING:
    from copias.authorisation import Authorisation
    from copias.case.intake import Intake
    from copias.office import Office

_CLOSED: t.Final = frozenset({State.CANCELLED, State.ON_HOLD, State.RESOLVED})


def require_recovery(office: Office, number: str, *, account: str | None = None, going_on: bool = False) -> Intake:
    """Return a case that allows to look into the copies of an account and to give back what is in them.

    Args:
        office: who asks, and where.
        number: the case.
        account: the one that is asked for; the case's own when not given.
        going_on: nothing is looked for nor chosen: that the authorisation still counts is asked where mail is given
            back, for what was given back already has only to be told.

    Raises:
        NotAllowed: the role does not include it.
        NotReady: the case is no recovery, of another account, closed, nobody authorised it, or not any more.
        BadInput: there is no such case.
    """
    office.actor.require(Role.AGENT, "buscar y devolver correo de las copias")
    intake, whose = read_case(office, number), f"caso {number}"
    if intake.kind != "recovery":
        raise NotReady(
            "el caso no es de recuperación",
            whose=whose,
            why="solo un caso de recuperación autoriza a mirar lo copiado",
            repair=f"copias classify {number} --kind recovery --subject CUENTA",
        )
    if not intake.subject or account not in {None, intake.subject}:
        raise NotReady(
            "el caso no es de esa cuenta" if intake.subject else "el caso no dice de qué cuenta",
            whose=whose,
            why=f"es de {intake.subject}" if intake.subject else "sus palabras no la nombran",
            repair=f"copias classify {number} --kind recovery --subject CUENTA",
        )
    if intake.state in _CLOSED or intake.case.status == "cancelled":
        raise NotReady("el caso no está en curso", whose=whose, why=intake.words, repair=f"copias show {number}")
    if intake.authorisation is None:
        raise NotReady(
            "nadie ha autorizado mirar ni devolver este correo",
            whose=whose,
            why="no consta quién lo autoriza, con documento y motivo",
            repair=f"copias authorise {number} --name … --post … --document … --motive …",
        )
    if not going_on:
        _require_in_force(number, intake.authorisation)
    return intake


def _require_in_force(number: str, grant: Authorisation) -> None:
    if grant.until is not None and not in_force(grant):
        raise NotReady(
            "ya no está autorizado mirar ni devolver este correo",
            whose=f"caso {number}",
            why=f"la autorización terminó el {grant.until:%d/%m/%Y}",
            repair=f"si todavía se autoriza: copias authorise {number} --name … --post … --document … --motive …",
        )


def require_recipient(number: str, grant: Authorisation, *, account: str, to: str) -> None:
    """Refuse to give messages to another account than their own, unless the authorisation names it.

    Raises:
        NotReady: it does not.
    """
    if to in {account, grant.recipient}:
        return
    raise NotReady(
        "la autorización no nombra a la cuenta que recibiría el correo",
        whose=f"caso {number}",
        why=f"{to} no es {account}, y lo autorizado es devolverlo a "
        + (f"{grant.recipient} o a la misma cuenta" if grant.recipient else "la misma cuenta"),
        repair=f"copias authorise {number} --recipient {to} --name … --post … --document … --motive …",
    )
