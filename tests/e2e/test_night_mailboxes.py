"""A night of an installation whose mailboxes are mirrored by a standing leave."""

from __future__ import annotations

import pytest

from tests.e2e.test_mirrors import ANA, LUZ, PIA, hall

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
