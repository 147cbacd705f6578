"""Module mailbox_restore by itself: it predicts, gives back, finds it done; it refuses what nobody claimed or chose."""

from __future__ import annotations

import pytest

from copias.case.intake import read_case
from copias.mailbox.restore.planning import Order, draft_restore
from copias.mailbox.restore.search import Query
from copias.office import open_office
from copias_sandbox.seed.cases import MAILBOX_CASE
from copias_sandbox.seed.people import demo_requester
from tests.e2e.town import CASE
from tests.integration.ansible import plays
from tests.integration.ansible.modules import documented

MODULE = "mailbox_restore"
COPIED = str(MAILBOX_CASE)
ACCOUNT = demo_requester().email
COPYING = ("case_claim", "mailbox_sync", "mailbox_package", "package_store", "mailbox_verify", "case_close")
MESSAGES = 12


@pytest.fixture
def recovering(modules, town):
    """Modules whose case asks for a whole mailbox back, out of the copy that another case made."""
    town.configure(notices=None)
    town.admin.mailbox(ACCOUNT, count=MESSAGES, mean_bytes=1500, seed=9)
    for name in COPYING:
        assert not modules.run(name, case=COPIED).get("failed")
    assert town.copias("classify", CASE, "--kind", "recovery", "--subject", ACCOUNT).code == 0
    return modules


def choose(town) -> None:
    office = open_office(town.config)
    draft_restore(office, read_case(office, CASE), Order(query=Query())).record()


def test_module_predicts_gives_back_and_then_finds_it_done(recovering, town):
    choose(town)
    recovering.do("case_claim")
    before = plays.everything(town)

    predicted = recovering.run(MODULE, check=True)
    untouched = plays.everything(town)
    done = recovering.run(MODULE)
    after = plays.everything(town)
    again = recovering.run(MODULE)

    assert predicted["changed"], predicted
    assert (predicted["restore"]["pending"], predicted["restore"]["given"]) == (MESSAGES, 0)
    assert untouched == before
    assert done["changed"], done
    assert (done["restore"]["status"], done["restore"]["given"], done["restore"]["pending"]) == (
        "verified",
        MESSAGES,
        0,
    )
    assert predicted["diff"] == done["diff"]
    assert not again["changed"]
    assert again["diff"]["before"] == again["diff"]["after"] == done["diff"]["after"]
    assert plays.everything(town) == after


def test_module_returns_exactly_what_it_documents(recovering, town):
    choose(town)
    recovering.do("case_claim")

    result = recovering.run(MODULE)

    assert set(result["restore"]) == set(documented(MODULE)["restore"]["contains"])


def test_module_refuses_a_case_that_nobody_claimed(recovering, town):
    choose(town)
    before = plays.everything(town)

    refused = recovering.run(MODULE)

    assert refused["failed"]
    assert "no tiene tomado el caso" in refused["msg"]
    assert plays.everything(town) == before


def test_case_for_which_nothing_was_chosen_is_not_claimed(recovering):
    refused = recovering.run("case_claim")

    assert refused["failed"]
    assert "qué se devuelve" in refused["msg"]
