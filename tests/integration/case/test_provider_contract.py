"""The contract with a provider is a condition of operation: it refuses, or it warns."""

from __future__ import annotations

import typing as t
from datetime import timedelta
from pathlib import Path

import pytest

from copias.case.deciding import classify
from copias.case.intake import read_case
from copias.case.preflight import check_case
from copias.case.starting import plan_start
from copias.errors import NotReady
from copias.findings import list_findings, treat_finding
from tests.integration.case.conftest import CASE, Desk
from tests.integration.case.remote import (
    TODAY,
    look,
    remote_office,
)


@pytest.fixture
def remote(home: Path, desk: Desk) -> Desk:
    """A desk whose demo case asks for a copy that a provider delivers."""
    desk.office = remote_office(home, desk)
    return desk


# Preflight


@pytest.mark.parametrize(
    ("changes", "name", "warning"),
    [
        ({"ends": TODAY - timedelta(days=1)}, "contrato vigente", False),
        ({"ends": TODAY + timedelta(days=30)}, "contrato vigente", True),
        ({"obligations": {"hosting": True, "support": True, "copies": False, "recovery": True}}, "copias", False),
        ({"obligations": {"hosting": True, "support": False, "copies": True, "recovery": True}}, "soporte", True),
    ],
    ids=["ended", "ends soon", "no copies", "no support"],
)
def test_the_contract_refuses_or_warns(
    home: Path, desk: Desk, changes: dict[str, t.Any], name: str, warning: bool
) -> None:
    desk.office = remote_office(home, desk, **changes)
    classify(desk.office, CASE, kind="sinfa", subject="hacienda", mode="remote")

    preflight = check_case(desk.office, read_case(desk.office, CASE))

    (fault,) = [check for check in preflight.checks if not check.passed]
    assert name in fault.name
    assert fault.repair
    assert preflight.ready is warning


def test_a_database_that_only_a_provider_has_is_not_copied_on_site(remote: Desk) -> None:
    classify(remote.office, CASE, kind="sinfa", subject="hacienda", mode="on_site")

    with pytest.raises(NotReady, match="condiciones") as caught:
        plan_start(remote.office, CASE).run()

    assert "--mode remote" in caught.value.repair


def test_a_contract_that_ends_soon_is_a_finding_once(home: Path, desk: Desk) -> None:
    desk.office = remote_office(home, desk, ends=TODAY + timedelta(days=59))

    look(desk)
    look(desk)

    (finding,) = list_findings(desk.office.book.ledger.events())
    assert (finding.about, "CPS-012-2026" in finding.what) == ("nube_sur", True)
    treat_finding(desk.office, finding.finding, action="prórroga en trámite")
    look(desk)
    assert list_findings(desk.office.book.ledger.events()) == []
