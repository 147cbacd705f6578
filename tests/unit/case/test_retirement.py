"""The day from which a leaver's account may be deleted: asked for, recorded, kept, shown."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from copias.case.deciding import classify
from copias.case.preflight import Check, Preflight
from copias.case.telling import tell_events
from copias.errors import BadInput
from copias.mailbox.settings import MailboxSettings
from copias.office import Office
from copias.people import Actor, Identity, Person, Role
from tests.unit.case.test_notice_mail import deploy

ACCOUNT, OTHER = "marta@alcaldia.example", "luis@alcaldia.example"
SETTINGS = MailboxSettings(domains=("alcaldia.example",), administrator="a@alcaldia.example", store="nas")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    deployment = deploy(tmp_path).model_copy(update={"mailboxes": SETTINGS})
    made = Office(deployment, Actor(Identity("ana", "prueba"), Person(name="Ana", role=Role.ADMINISTRATOR)))
    made.book.record("7", "case.noted", {"reason": "así la conoce la bitácora"})
    return made


def settle(office: Office, subject: str = ACCOUNT, **given: str | None) -> date | None:
    return classify(office, "7", **{"kind": "mailbox", "subject": subject, "mode": None, **given}).retires


def test_the_day_is_recorded_and_told(office: Office) -> None:
    assert settle(office, retires="31/12/2026") == date(2026, 12, 31)

    *_, (_, _, words) = tell_events(office.book.story("7"))
    assert words == f"Clasificado: correo {ACCOUNT}; se retira el 31/12/2026"


def test_the_day_may_be_written_as_machines_do(office: Office) -> None:
    assert settle(office, retires="2026-12-31") == date(2026, 12, 31)


def test_a_later_classification_of_the_same_account_keeps_it(office: Office) -> None:
    settle(office, retires="31/12/2026")

    assert settle(office, mode="on_site") == date(2026, 12, 31)
    assert settle(office, retires="01/02/2027") == date(2027, 2, 1)
    assert settle(office, OTHER) is None


@pytest.mark.parametrize("text", ["31/13/2026", "31-12-2026", "mañana", "", "{{ x }}", "31/12/26", "1" * 500])
def test_what_is_no_day_is_refused_and_nothing_is_recorded(office: Office, text: str) -> None:
    before = office.book.ledger.head()

    with pytest.raises(BadInput, match="retiro"):
        settle(office, retires=text)

    assert office.book.ledger.head() == before


def test_only_accounts_are_retired(office: Office) -> None:
    with pytest.raises(BadInput, match="solo una cuenta"):
        classify(office, "7", kind="manual", subject="disco", mode=None, retires="31/12/2026")


@pytest.mark.parametrize(
    ("text", "leaving"),
    [
        ("Copia del correo por RETIRO del funcionario", True),
        ("copia por terminación  de contrato", True),
        ("Copia del buzón, entrega del cargo", True),
        ("la doctora renunció en octubre", True),
        ("Copia de seguridad del correo", False),
        ("retirosas", False),
    ],
)
def test_a_leaver_s_request_is_known_by_its_words(text: str, leaving: bool) -> None:
    assert SETTINGS.says_leaving(text) is leaving


def test_a_warning_keeps_no_case_from_starting() -> None:
    warned = Preflight((Check("cuenta", passed=True), Check("fecha de retiro", passed=False, warning=True)))

    assert warned.ready
    assert warned.failed == ()
    warned.require("7")


def test_only_a_case_that_waits_for_nothing_else_waits_for_its_account() -> None:
    suspended = Check("cuenta", passed=False, suspended=ACCOUNT)
    other = Check("destino", passed=False)
    warned = Check("fecha de retiro", passed=False, warning=True)

    assert Preflight((suspended, warned)).suspended == ACCOUNT
    assert Preflight((suspended, other)).suspended == ""
    assert Preflight((warned,)).suspended == ""
