"""Module provider_request by itself: it predicts, asks, finds it done; and closing a case that waits closes nothing."""

from __future__ import annotations

import pytest

from tests.e2e.test_provider_case import provide
from tests.e2e.town import CASE, DATABASE
from tests.integration.ansible import plays
from tests.integration.ansible.modules import documented

MODULE = "provider_request"


@pytest.fixture
def remote(modules, town):
    """Modules whose case asks for a copy that a provider delivers."""
    provide(town)
    assert town.copias("classify", CASE, "--kind", "sinfa", "--subject", DATABASE, "--mode", "remote").code == 0
    modules.do("case_claim")
    return modules


def test_module_predicts_asks_and_then_finds_it_done(remote, town):
    before = plays.everything(town)

    predicted = remote.run(MODULE, check=True)
    untouched = plays.everything(town)
    done = remote.run(MODULE)
    after = plays.everything(town)
    again_predicted = remote.run(MODULE, check=True)
    again = remote.run(MODULE)
    closed = remote.run("case_close")

    assert (predicted["changed"], predicted["waiting"]) == (True, True), predicted
    assert predicted["diff"]["before"] == done["diff"]["before"] != predicted["diff"]["after"]
    assert untouched == before
    assert (done["changed"], done["waiting"]) == (True, True), done
    assert done["request"]["database"] == DATABASE
    assert not again_predicted["changed"]
    assert (again["changed"], again["waiting"]) == (False, True), again
    assert again["diff"]["before"] == again["diff"]["after"] == done["diff"]["after"]
    assert (closed["changed"], closed["state"]) == (False, "on_hold"), closed
    assert plays.everything(town) == after


@pytest.mark.parametrize("number", ["../1234", "1234\n", "{{ 7 * 7 }}"])
def test_module_refuses_what_is_no_case_number(modules, number):
    refused = modules.run(MODULE, case=number)

    assert (refused["failed"], refused["exit_code"]) == (True, 2)


def test_module_returns_exactly_what_it_documents(remote):
    result = remote.run(MODULE)

    returns = documented(MODULE)
    assert set(result) - {"changed", "diff", "invocation"} == set(returns)
    assert set(result["request"]) == set(returns["request"]["contains"])


def test_a_case_of_a_provider_is_worked_on_by_the_role_of_deliveries(remote):
    assert remote.run("case_info")["case"]["group"] == "provider_deliveries"
