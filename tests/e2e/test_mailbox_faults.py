"""Mailbox cases with nothing to copy: no account, or nothing in it. What goes wrong on the way: tests/chaos/faults."""

from __future__ import annotations

import zipfile

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


def names(package) -> list[str]:
    with zipfile.ZipFile(package) as archive:
        return [name for name in archive.namelist() if name.endswith(".eml")]


def test_an_account_that_does_not_exist_is_told_before_anything_starts(town):
    town.copias("classify", CASE, "--kind", "mailbox", "--subject", "nadie.ejemplo@alcaldia.example")

    call = town.run_case(CASE, "--json")

    assert call.code == 3, call.text
    assert "no existe en el directorio" in call.json["why"]
    assert town.count("copy.made", CASE) == 0


def test_an_empty_mailbox_is_copied_and_proven(town):
    town.admin.mailbox(ACCOUNT, count=0)

    call = town.run_case(CASE, "--json")

    assert call.code == 0, call.text
    assert names(town.stored("*.zip")[0]) == []
