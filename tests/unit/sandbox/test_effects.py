"""Each kind of fault that a mailbox's copy must bear, as Gmail shows it."""

from __future__ import annotations

import pytest

from copias_sandbox.core.answer import Delivery
from copias_sandbox.core.faults import EFFECTS, KINDS
from copias_sandbox.local import LocalClient
from copias_sandbox.seed.directory import fill_directory
from copias_sandbox.seed.mail import MailPlan
from copias_sandbox.seed.words import HELP_DESK

BOX = "/gmail/v1/users/me"
GET, LIST, HISTORY = (f"gmail.users.{name}" for name in ("messages.get", "messages.list", "history.list"))
READ = ("https://www.googleapis.com/auth/gmail.readonly",)


@pytest.fixture
def owner(google) -> LocalClient:
    """Return the owner of a mailbox of 30 messages."""
    fill_directory(google.state, google.clock, 1)
    google.services["mailboxes"].make(HELP_DESK, MailPlan(count=30, seed=1))
    return LocalClient(google, HELP_DESK, scopes=READ)


def ids(owner, **options) -> list[str]:
    return [one["id"] for one in owner.ask("GET", f"{BOX}/messages", **options)["messages"]]


def status(owner, path: str, **options) -> int:
    return int(owner.send("GET", f"{BOX}/{path}", **options).status)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (403, "rateLimitExceeded"),
        (403, "userRateLimitExceeded"),
        (403, "dailyLimitExceeded"),
        (403, "insufficientPermissions"),
        (403, "domainPolicy"),
        (403, "accessNotConfigured"),
        (403, "backendError"),
        (429, "rateLimitExceeded"),
        (429, "userRateLimitExceeded"),
    ],
)
def test_refusal_carries_its_reason_where_clients_read_it(google, owner, code, reason):
    google.faults.add({"kind": "status", "method": LIST, "status": code, "reason": reason})

    error = owner.ask("GET", f"{BOX}/messages")["error"]

    assert (error["code"], error["errors"][0]["reason"]) == (code, reason)
    assert status(owner, "messages") == 200, "once"


@pytest.mark.parametrize("code", [500, 502, 503, 504])
def test_one_message_may_fail_while_the_others_are_read(google, owner, code):
    bad, *good = ids(owner)
    google.faults.add({"kind": "status", "method": GET, "match": f"/{bad}", "status": code, "times": 0})

    assert [status(owner, f"messages/{bad}") for _ in range(3)] == [code] * 3
    assert {status(owner, f"messages/{one}") for one in good} == {200}


def test_probability_strikes_about_so_many_and_always_the_same(google, owner):
    def struck() -> list[str]:
        google.faults.clear()
        google.faults.add({"kind": "status", "method": GET, "probability": 0.3, "seed": 7, "times": 0})
        return [one for one in ids(owner) if status(owner, f"messages/{one}") == 503]

    first = struck()

    assert 3 <= len(first) <= 16
    assert struck() == first


def test_message_may_go_between_the_list_and_the_reading(google, owner):
    first = ids(owner)[0]
    google.faults.add({"kind": "deleted", "method": GET})

    assert status(owner, f"messages/{first}", format="raw") == 404
    assert first not in ids(owner)


def test_history_may_be_too_old(google, owner):
    start = owner.ask("GET", f"{BOX}/profile")["historyId"]
    google.faults.add({"kind": "expired", "method": HISTORY})

    assert [status(owner, "history", startHistoryId=start) for _ in range(2)] == [404, 404], "it stays forgotten"
    fresh = owner.ask("GET", f"{BOX}/profile")["historyId"]
    assert status(owner, "history", startHistoryId=fresh) == 200


def test_token_may_be_revoked_in_the_middle(google, owner):
    google.faults.add({"kind": "revoked", "method": GET, "nth": 2})
    first, second = ids(owner)[:2]

    assert [status(owner, f"messages/{one}") for one in (first, second, first)] == [200, 401, 401]
    again = LocalClient(google, HELP_DESK, scopes=READ)
    assert status(again, f"messages/{first}") == 200


def test_list_may_repeat_items_of_the_page_before(google, owner):
    google.faults.add({"kind": "repeated", "method": LIST})

    first = owner.ask("GET", f"{BOX}/messages", maxResults=10)
    second = ids(owner, maxResults=10, pageToken=first["nextPageToken"])

    assert {one["id"] for one in first["messages"]} & set(second)


@pytest.mark.parametrize("kind", ["lost", "reset", "truncated"])
def test_answer_may_break_on_its_way(google, owner, kind):
    google.faults.add({"kind": kind, "method": LIST})

    assert owner.send("GET", f"{BOX}/messages").delivery is Delivery(kind)
    assert owner.send("GET", f"{BOX}/messages").delivery is Delivery.WHOLE


def test_answer_may_be_late(google, owner):
    google.faults.add({"kind": "latency", "method": LIST, "seconds": 0.08})

    assert owner.send("GET", f"{BOX}/messages").delay == pytest.approx(0.08)


def test_every_effect_is_a_kind():
    assert set(KINDS) >= EFFECTS
