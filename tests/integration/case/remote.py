"""A case of which the copy is delivered by a provider: its deployment, and what happens around it."""

from __future__ import annotations

import typing as t
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from copias.business_time import add_business_days
from copias.case.deciding import classify
from copias.case.starting import plan_start
from copias.local_time import BOGOTA
from copias.office import Office
from copias.package.facts import ProofLevel
from copias.provider.asking import AskPlan, plan_request
from copias.provider.mails import KeptMail, list_mails
from copias.provider.request import find_request
from copias.run.polling import Look, poll
from copias_sandbox import control
from copias_sandbox.seed.words import HELP_DESK
from tests.integration.case.conftest import CASE, Desk, make_office

CONTACT, SECOND = "soporte@nube-sur.example", "gerencia@nube-sur.example"
REQUEST = "[Caso 1234] Solicitud de copia de seguridad"
LATE = "Caso 1234: el proveedor no ha entregado la copia"
LEAVE = {"authoriser": "Mariela Ejemplo", "post": "Secretaria", "document": "Oficio 1", "motive": "Respaldo"}
SHA = "cd" * 32
TODAY = datetime.now(BOGOTA).date()


def provider(folder: Path, **changes: t.Any) -> dict[str, t.Any]:
    return {
        "name": "Nube Sur S.A.S.",
        "contract": "CPS-012-2026",
        "ends": TODAY + timedelta(days=300),
        "obligations": {"hosting": True, "support": True, "copies": True, "recovery": True},
        "contact": {"name": "Luisa Proveedora", "addresses": [CONTACT, SECOND]},
        "promised_hours": 16,
        "drop": {"kind": "folder", "path": str(folder / "entregas"), "settle_minutes": 0},
        **changes,
    }


def remote_office(home: Path, desk: Desk, *, notices: t.Any = "", **changes: t.Any) -> Office:
    """An office whose one database is delivered by a provider."""
    folder = desk.config.parent.parent
    database = {
        "engine": "informix",
        "database": "sinfa",
        "department": "Hacienda",
        "record_series": "Estados financieros",
        "store": "nas",
        "provider": "nube_sur",
        "authorisation": LEAVE,
    }
    (folder / "entregas").mkdir(exist_ok=True)
    return make_office(
        control.required(home),
        desk.config,
        databases={"hacienda": database},
        providers={"nube_sur": provider(folder, **changes)},
        mailboxes=None,
        **({} if notices == "" else {"notices": notices}),
    )


def start(desk: Desk) -> None:
    """Take the remote case in, as role case_intake does."""
    classify(desk.office, CASE, kind="sinfa", subject="hacienda", mode="remote")
    plan_start(desk.office, CASE).run()


def ask(desk: Desk) -> AskPlan:
    """Do the step of module provider_request, and end the playbook."""
    start(desk)
    plan = plan_request(desk.office, CASE)
    plan.run()
    end_playbook(desk)
    return plan


def end_playbook(desk: Desk) -> None:
    claim = desk.office.claims.read(CASE)
    assert claim is not None
    desk.office.claims.release(CASE, claim.run)


def sent(desk: Desk) -> list[EmailMessage]:
    return desk.mails(HELP_DESK, label="SENT")


def to_provider(desk: Desk) -> list[str]:
    return [str(mail["Subject"]).strip() for mail in sent(desk) if mail["To"] == CONTACT]


def look(desk: Desk, moment: datetime | None = None) -> list[Look]:
    return poll(desk.office, config=desk.config, now=moment).looks


def answers(desk: Desk) -> list[str]:
    """What the responses of the case say in the sheet."""
    return [f"{row.status_text}: {row.done}" for row in desk.office.help_desk.case(CASE).responses if row.key]


def noon_after(desk: Desk, business_days: int) -> datetime:
    """Noon, as many business days after the promised one."""
    request = find_request(desk.office.book.story(CASE))
    assert request is not None
    day = add_business_days(request.promised.astimezone(BOGOTA).date(), business_days)
    return datetime(day.year, day.month, day.day, 18, 30, tzinfo=BOGOTA)


def deliver_file(desk: Desk) -> None:
    folder = desk.config.parent.parent / "entregas" / CASE
    folder.mkdir()
    (folder / "sinfa.bak").write_bytes(b"TAPE" + bytes(4096))


def write(
    desk: Desk,
    *,
    sender: str = CONTACT,
    subject: str = "Re: [Caso 1234] Solicitud",
    verified: bool = True,
    body: str = "Va",
) -> None:
    """Have a mail come in at the help desk's, as Gmail would have it."""
    domain = sender.rpartition("@")[2].strip("> ")
    result = f"dmarc={'pass' if verified else 'fail'} (p=NONE) header.from={domain}"
    head = f"Authentication-Results: mx.google.com; spf=pass; {result}\r\nFrom: {sender}\r\nTo: {HELP_DESK}\r\n"
    raw = f"{head}Subject: {subject}\r\nMessage-ID: <{hash((sender, subject, body))}@x>\r\n\r\n{body}\r\n"
    desk.admin.deliver(HELP_DESK, raw=b64encode(raw.encode()).decode())


def received(desk: Desk) -> list[KeptMail]:
    return [mail for mail in list_mails(desk.office, CASE) if mail.direction == "received"]


def prove(desk: Desk) -> None:
    """Tell the ledger of a delivered copy that was made, stored and found whole."""
    book, copy = desk.office.book, "sinfa-hacienda-1234"
    made = {
        "copy": copy,
        "kind": "sinfa",
        "generation": 1,
        "subject": "hacienda",
        "package": f"SINFA/{copy}.zip",
        "store": "nas",
        "bytes": 4096,
        "sha256": SHA,
        "finished": datetime.now(UTC).isoformat(),
        "record_series": "Estados financieros",
    }
    book.record(CASE, "copy.made", made)
    book.record(CASE, "copy.stored", {"copy": copy})
    book.record(CASE, "copy.verified", {"copy": copy, "level": ProofLevel.INTACT.value})
