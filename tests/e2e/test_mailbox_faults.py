"""A mailbox case whose account does not exist. With nothing in it, or when something goes wrong: tests/chaos/faults."""

from __future__ import annotations

import pytest

from copias_sandbox.seed.cases import MAILBOX_CASE
from copias_sandbox.seed.people import demo_requester
from copias_sandbox.world import STORE

pytestmark = pytest.mark.slow

CASE = str(MAILBOX_CASE)
ACCOUNT = demo_requester().email


@pytest.fixture
def town(town):
    # No notices: they would come into this very mailbox while it is copied.
    town.hurry(notices=None, mailboxes__store=STORE)
    town.admin.mailbox(ACCOUNT, count=30, mean_bytes=4000, seed=5)
    return town


def test_an_account_that_does_not_exist_is_told_before_anything_starts(town):
    town.copias("classify", CASE, "--kind", "mailbox", "--subject", "nadie.ejemplo@alcaldia.example")

    call = town.run_case(CASE, "--json")

    assert call.code == 3, call.text
    assert "no existe en el directorio" in call.json["why"]
    assert town.count("copy.made", CASE) == 0
