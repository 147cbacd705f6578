"""The help desk's sheet is away or refuses us: nothing starts. Of a sheet that goes later: tests/chaos/faults."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from copias.files import write_atomically
from tests.e2e.town import CASE


@pytest.mark.parametrize("mode", ["503", "refuse"])
def test_a_sheet_that_is_down_at_the_start_means_try_later(town, mode):
    town.hurry()
    town.admin.outage(mode=mode)

    run = town.run_case(CASE, "--json")
    listed = town.copias("cases", "--json")

    assert (run.code, listed.code) == (75, 75)
    assert run.json["transient"] is True
    assert run.json["repair"]
    assert town.ledger() == []


def test_a_refused_token_says_which_account_and_starts_nothing(town):
    town.hurry()
    key = json.loads(Path(town.world.environment["COPIAS_GOOGLE_KEY"]).read_text())
    dismissed = town.temporary / "llave.json"
    write_atomically(dismissed, json.dumps({**key, "client_email": "despedida@valleclaro.example"}).encode())
    town.variables["COPIAS_GOOGLE_KEY"] = str(dismissed)

    call = town.run_case(CASE, "--json")

    assert call.code == 3, call.text
    assert call.json["transient"] is False
    assert "despedida@valleclaro.example" in call.text
    assert key["private_key"].splitlines()[1] not in call.text
    assert town.ledger() == []


def test_a_sheet_that_is_not_shared_with_us_says_so(town):
    town.hurry()
    town.admin.fault("status", "sheets.*", status=403, reason="PERMISSION_DENIED", times=0)

    call = town.run_case(CASE, "--json")

    assert call.code == 3, call.text
    assert "@" in call.json["repair"] + call.json["whose"] + call.json["why"]
    assert town.ledger() == []
