"""A suspended account, from the refusal to the proof: the case waits, goes on by itself, and everybody is told once."""

from __future__ import annotations

from base64 import b64encode

import pytest

from copias_sandbox.seed.cases import MAILBOX_CASE
from copias_sandbox.seed.people import demo_requester
from tests.e2e.town import Town

pytestmark = pytest.mark.slow

PLANTED = "frase-plantada-4417"
CASE, ACCOUNT = str(MAILBOX_CASE), demo_requester().email


def test_a_suspended_account_is_waited_for_and_the_case_goes_on_by_itself(town: Town) -> None:
    town.admin.mailbox(ACCOUNT, count=40, mean_bytes=2000, seed=7)
    town.admin.deliver(ACCOUNT, raw=b64encode(f"Subject: {PLANTED}\r\n\r\n{PLANTED}\r\n".encode()).decode())
    town.admin.suspend(ACCOUNT)

    held = town.run_case(CASE, "--json")
    waits = town.copias("poll", "--json")
    again = town.run_case(CASE, "--json")
    town.admin.reactivate(ACCOUNT)
    goes_on = town.copias("poll", "--json")
    followed = town.follow(CASE)

    assert (held.code, held.json["error"]) == (3, "AccountSuspended")
    assert "copias poll" in held.json["repair"]
    assert [look["what"] for look in waits.json["cases"]] == ["waits"]
    assert again.code == 3
    assert [look["what"] for look in goes_on.json["cases"]] == ["started"]
    assert followed.code == 0, followed.text
    assert town.state(CASE) == "resolved"
    assert town.answers(CASE) == ["En espera", "Asignado", "En proceso", "Solucionado"]
    assert notices(town) == ["suspended", "on_hold", "received", "resolved", "released"]
    assert PLANTED not in str(town.ledger())  # and so in none of these


def test_a_copy_whose_account_is_suspended_in_the_middle_goes_on_where_it_was(town: Town) -> None:
    town.admin.mailbox(ACCOUNT, count=60, mean_bytes=2000, seed=7)
    town.admin.fault("latency", "gmail.users.messages.get", seconds=0.2, times=0)
    town.detach(CASE)
    town.wait(lambda: len(town.admin.calls("gmail.users.messages.get")) > 5, "a message that is read", pause=0.2)

    town.admin.suspend(ACCOUNT)
    stopped = town.follow(CASE)
    town.admin.clear_faults()
    town.admin.reactivate(ACCOUNT)
    town.admin.clear_calls()
    town.copias("poll")
    followed = town.follow(CASE)

    assert stopped.code == 3, stopped.text
    assert town.count("case.failed", CASE) == 0
    assert town.count("case.held", CASE) == 1
    assert followed.code == 0, followed.text
    assert town.state(CASE) == "resolved"
    (made,) = [event["data"] for event in town.story(CASE) if event["event"] == "copy.made"]
    assert made["messages"] >= 60


def notices(town: Town) -> list[str]:
    """What was sent of the case, in the order in which it was queued."""
    sent = {event["data"]["key"] for event in town.story(CASE) if event["event"] == "outbox.delivered"}
    queued = [event["data"]["key"] for event in town.story(CASE) if event["event"] == "outbox.queued"]
    return [key.split("-")[4] for key in queued if "notice" in key and key in sent]
