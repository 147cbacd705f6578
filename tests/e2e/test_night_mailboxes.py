"""A night of an installation whose mailboxes are mirrored by a standing leave."""

from __future__ import annotations

import pytest

from tests.e2e.test_mirrors import ANA, LUZ, PIA, STANDING, hall
from tests.e2e.town import NO_REPOSITORY

__all__ = ["hall"]


@pytest.mark.slow
def test_night_mirrors_whom_somebody_allowed_and_is_silent_of_all_others(hall):
    first = hall.copias("nightly", "--json")
    again = hall.copias("nightly", "--only", ANA, "--json")

    assert first.code == 0, first.text
    told = first.json["mailboxes"]
    assert {account: one["outcome"] for account, one in told.items()} == {ANA: "done", LUZ: "done"}
    assert all(one["last_good"] for one in told.values())
    assert PIA not in first.text
    assert again.code == 0, again.text
    assert {account: one["outcome"] for account, one in again.json["mailboxes"].items()} == {ANA: "unchanged"}
    assert "directory" not in again.json["steps"]


@pytest.mark.slow
def test_inventory_without_any_mailbox_is_told_by_each_account_that_somebody_ordered(hall):
    hall.configure(mailboxes__standing=STANDING, account_filter="familyName=Nadie", **NO_REPOSITORY)

    asked = hall.copias("nightly", "--only", ANA, "--json")
    whole = hall.copias("nightly", "--json")

    assert asked.code == 3, asked.text
    assert {account: one["outcome"] for account, one in asked.json["mailboxes"].items()} == {ANA: "failed"}
    assert whole.code == 3, whole.text
    told = whole.json["mailboxes"]
    assert {account: one["outcome"] for account, one in told.items()} == {ANA: "failed", LUZ: "failed"}
    assert "account_filter" in told[ANA]["error"]["why"]
