"""The modules that take in a delivery and prove it: each predicts, does, finds it done, and says if it must wait."""

from __future__ import annotations

import pytest

from copias.office import open_office
from copias.provider.waiting import resume_for_delivery
from tests.e2e.test_provider_case import provide
from tests.e2e.town import CASE, DATABASE
from tests.integration.ansible.modules import OUR_OWN, documented

STEPS = ("provider_package", "package_store", "provider_verify")
BAK = b"TAPE" + bytes(2044)


@pytest.fixture
def remote(modules, town):
    """Modules, and a case whose copy its provider delivers."""
    provide(town, **{f"databases__{DATABASE}__engine": "sqlserver"})  # what is delivered is one of SQL Server
    assert town.copias("classify", CASE, "--kind", "sinfa", "--subject", DATABASE, "--mode", "remote").code == 0
    return modules


def open_claims(town) -> None:
    """Have the case as a playbook leaves it that has ended."""
    claims = open_office(town.config).claims
    claim = claims.read(CASE)
    assert claim is not None
    claims.release(CASE, claim.run)


def deliver(town, content: bytes) -> None:
    (provider,) = open_office(town.config).deployment.providers.values()
    folder = provider.drop.path / CASE
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    (folder / "sinfa.bak").write_bytes(content)


def test_modules_predict_do_and_then_find_it_done(remote, town) -> None:
    remote.do("case_claim", "provider_request")
    deliver(town, BAK)
    resume_for_delivery(open_office(town.config), CASE)
    remote.do("case_claim")

    for name in STEPS:
        done = remote.prove_idempotence(name)

        assert set(done) - OUR_OWN == set(documented(name))
        assert set(done["copy"]) == set(documented(name)["copy"]["contains"])
    certified = town.copias("provider", "certificate", CASE, "--date", "01/10/2026", "--document", "Certificación 12")

    assert certified.code == 0, certified.text
    assert "01/10/2026" in certified.out


def test_wrong_file_makes_the_case_wait_without_failing_and_the_right_one_goes_through(remote, town) -> None:
    remote.do("case_claim", "provider_request")
    deliver(town, b"MZ" + bytes(100))
    resume_for_delivery(open_office(town.config), CASE)
    remote.do("case_claim")

    refused = remote.run("provider_package")
    state = town.state(CASE)
    asked = remote.run("provider_request")
    open_claims(town)
    deliver(town, BAK)
    accepted = town.run_case(CASE)

    assert (refused["changed"], refused["waiting"], refused["copy"]["status"]) == (True, True, "none"), refused
    assert state == "on_hold"
    assert (asked["changed"], asked["waiting"]) == (False, True), asked
    assert accepted.code == 0, accepted.text
    assert town.state(CASE) == "resolved"
    assert [town.count(event, CASE) for event in ("provider.rejected", "copy.verified", "case.failed")] == [1, 1, 0]
    assert len(town.stored("*.zip")) == 1
