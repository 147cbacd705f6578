"""Who has machine and key writes history anew; the copy of the ledger in the repository is the old one."""

from __future__ import annotations

from copias.ledger.witnesses import find_unmet, gather_witnesses
from copias.night.state_copy import StatePlan
from tests.integration.night.conftest import REPOSITORY, Town
from tests.unit.ledger.test_witnesses import rewrite


def test_ledger_written_anew_is_caught_by_its_copy_in_the_repository(town: Town) -> None:
    ledger = town.office.book.ledger
    town.office.record("finding.opened", {"finding": "H-1", "about": "nas", "what": "lleno"})
    StatePlan(town.office, REPOSITORY).run()
    before = gather_witnesses(town.office)

    rewrite(ledger, b"lleno", b"vacio")

    after = gather_witnesses(town.office)
    (unmet,) = find_unmet(ledger, after.witnesses)
    assert len(before.witnesses) == 1
    assert ledger.verify()
    assert unmet == before.witnesses[0]
    assert unmet.kept_in.startswith(f"repositorio {REPOSITORY}, copia del ")


def test_sheet_that_cannot_be_asked_is_told_and_hides_no_other_place(town: Town) -> None:
    StatePlan(town.office, REPOSITORY).run()

    found = gather_witnesses(town.office)

    assert len(found.troubles) == 1
    assert found.sources == [f"repositorio {REPOSITORY}"]
