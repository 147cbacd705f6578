"""The help desk's sheet goes away in the middle of a run, or does not say what it did: every row gets there once."""

from __future__ import annotations

import pytest

from tests.e2e.town import CASE, CONTROL

pytestmark = pytest.mark.slow

APPEND = "sheets.spreadsheets.values.append"


def test_a_sheet_down_for_the_whole_run_gets_its_rows_later_and_once(town):
    town.hurry()
    town.detach()
    town.wait(lambda: town.admin.calls("sheets.spreadsheets.values.batchGet")[3:], "intake", pause=0)
    town.wait_for_event("outbox.attempted")
    with town.between_steps("case.started"):
        town.admin.outage(mode="refuse")
    followed = town.follow()
    while_down = town.copias("outbox", "--json")
    town.admin.clear_faults()
    delivered = town.copias("outbox", "--json")
    again = town.copias("outbox", "--json")

    assert followed.code == 75, followed.text
    assert followed.json["state"] == "verified"
    assert "copias outbox" in followed.json["message"]
    assert while_down.code == 75
    assert delivered.code == 0, delivered.text
    assert again.json["delivered"] == {}
    assert town.state() == "resolved"
    assert town.answers() == ["En proceso", "Solucionado"]
    assert len(town.ours(CONTROL)) == 1
    assert len(town.stored("*.zip")) == 1
    assert not list((town.world.state / "claims").glob("*.json"))


def test_rows_whose_answers_were_lost_are_in_the_sheet_once(town):
    town.hurry()
    town.admin.fault("lost", APPEND, nth=1, times=2)
    town.detach()
    with town.between_steps("copy.made"):
        town.admin.revoke_tokens()  # a token that ends in mid-run is only asked for again
    followed = town.follow()
    delivered = town.copias("outbox", "--json")

    assert followed.code == 75, followed.text
    assert delivered.code == 0, delivered.text
    assert town.state() == "resolved"
    assert town.answers() == ["En proceso", "Solucionado"]
    assert len(town.ours(CONTROL)) == 1
    assert [call["status"] for call in town.admin.calls(APPEND)].count(200) == 3


def test_the_same_answers_lost_are_mended_by_running_again_too(town):
    town.hurry()
    town.admin.fault("truncated", APPEND, nth=2, times=1)

    first = town.run_case(CASE, "--json")
    second = town.run_case(CASE, "--json")

    assert first.code == 75, first.text
    assert second.code == 0, second.text
    assert second.json["state"] == "resolved"
    assert town.answers() == ["En proceso", "Solucionado"]
    assert len(town.ours(CONTROL)) == 1
    assert town.count("copy.made") == 1
