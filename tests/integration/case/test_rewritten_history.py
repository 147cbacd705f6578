"""Who has the machine and the signing key writes history anew; the control sheet knows the old one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from copias.helpdesk import ControlRow
from copias.ledger.witnesses import find_unmet, gather_witnesses
from tests.integration.case.conftest import CASE, Desk
from tests.unit.ledger.test_witnesses import rewrite


def tell_outside(desk: Desk) -> None:
    """Leave a row in the control sheet as each copy does, with the ledger's head of that moment."""
    head = desk.office.book.ledger.head()
    desk.office.help_desk.deliver_once(
        ControlRow(
            key=f"copias-{CASE}-1-control-{head.count}",
            made_at=datetime.now(UTC),
            department="Secretaría de Hacienda",
            number=CASE,
            requester="Marta Rincón",
            kind="SINFA (en sitio)",
            subject="hacienda",
            agent="Ana",
            place="nas",
            package="p.zip",
            size=1,
            sha256="0" * 64,
            proof="probada por restauración",
            ledger_count=head.count,
            ledger_hash=head.sha256,
        )
    )


@pytest.fixture
def told(desk: Desk) -> Desk:
    """An office whose ledger was told outside twice: at two events, and at five, for the first row brings one."""
    for number in range(4):
        desk.office.book.record(CASE, "case.noted", {"reason": f"nota {number}"})
        if number % 2:
            tell_outside(desk)
    return desk


def test_untouched_ledger_holds_every_witness_of_the_control_sheet(told: Desk) -> None:
    found = gather_witnesses(told.office)

    assert (found.troubles, found.unreadable) == ([], [])
    assert [one.count for one in found.witnesses] == [2, 5]
    assert find_unmet(told.office.book.ledger, found.witnesses) == []


def test_ledger_written_anew_is_a_valid_chain_and_is_caught_by_the_control_sheet(told: Desk) -> None:
    ledger = told.office.book.ledger

    rewrite(ledger, b"nota 2", b"nada 2")

    (unmet,) = find_unmet(ledger, gather_witnesses(told.office).witnesses)
    assert ledger.verify().count == 5
    assert unmet.count == 5
    assert unmet.kept_in.startswith("hoja de control, fila ")
    assert f"caso {CASE}" in unmet.kept_in
