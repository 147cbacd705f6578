"""Quotas: prices and limits of both tariffs, refusals in Google's shapes, time by the sandbox's clock."""

from __future__ import annotations

import pytest

from copias_sandbox.clock import Clock
from copias_sandbox.core.errors import GoogleError
from copias_sandbox.core.quota import Quota
from copias_sandbox.core.tariffs import tariff_of
from copias_sandbox.local import LocalClient
from copias_sandbox.oauth.accounts import Accounts

GET, LIST, IMPORT = (f"gmail.users.messages.{name}" for name in ("get", "list", "import"))
ANA, BEA = "ana@alcaldia.example", "bea@alcaldia.example"
READ = "https://www.googleapis.com/auth/gmail.readonly"
MIDNIGHT = 1_800_000_000 // 86_400 * 86_400 + 8 * 3600
"""A moment at which one of Google's days begins, in California."""


def spend(quota: Quota, method: str, *, user: str = ANA, now: float = MIDNIGHT, calls: int = 10**9) -> int:
    """Make calls until one is refused; return how many passed."""
    for number in range(calls):
        try:
            quota.charge(method.partition(".")[0], write=False, user=user, now=now, method=method)
        except GoogleError:
            return number
    return calls


def refused(quota: Quota, method: str, *, user: str = ANA, now: float = MIDNIGHT) -> GoogleError:
    with pytest.raises(GoogleError) as caught:
        quota.charge(method.partition(".")[0], write=False, user=user, now=now, method=method)
    return caught.value


@pytest.mark.parametrize(
    ("tariff", "method", "units"),
    [
        ("legacy", GET, 5),
        ("new", GET, 20),
        ("legacy", "gmail.users.messages.attachments.get", 5),
        ("new", "gmail.users.messages.attachments.get", 20),
        ("legacy", "gmail.users.drafts.get", 5),
        ("new", "gmail.users.drafts.get", 20),
        ("legacy", "gmail.users.threads.get", 10),
        ("new", "gmail.users.threads.get", 40),
        ("legacy", "gmail.users.messages.trash", 5),
        ("new", "gmail.users.messages.trash", 20),
        *((tariff, LIST, 5) for tariff in ("legacy", "new")),
        ("new", "gmail.users.history.list", 2),
        ("new", "gmail.users.getProfile", 1),
        ("new", "gmail.users.labels.list", 1),
        ("new", "gmail.users.labels.create", 5),
        ("new", IMPORT, 25),
        ("new", "gmail.users.messages.insert", 25),
        ("new", "gmail.users.messages.modify", 5),
        ("new", "gmail.users.messages.batchModify", 50),
        ("new", "gmail.users.messages.send", 100),
        ("new", "gmail.users.watch", 100),
    ],
)
def test_gmail_costs_what_its_tariff_says(tariff, method, units):
    assert tariff_of("gmail", tariff).price(method) == units


@pytest.mark.parametrize(
    ("method", "units"),
    [
        ("drive.files.get", 5),
        ("drive.about.get", 5),
        ("drive.files.list", 100),
        ("drive.changes.list", 100),
        ("drive.files.create", 50),
        ("drive.files.update", 50),
        ("drive.download", 200),
        ("drive.files.export", 200),
        ("drive.files.generateIds", 5),
    ],
)
def test_drive_costs_units_since_2026_and_one_query_before(method, units):
    assert tariff_of("drive", "new").price(method) == units
    assert tariff_of("drive", "legacy").price(method) == 1


@pytest.mark.parametrize(
    ("setting", "method", "calls"),
    [
        ({"gmail": "new"}, GET, 300),
        ({"gmail": "legacy"}, GET, 3000),
        ({"gmail": "new"}, IMPORT, 240),
        ({"drive": "new"}, "drive.download", 1625),
        ({"drive": "new"}, "drive.files.list", 3250),
        ({"drive": "legacy"}, "drive.download", 12_000),
        ({"admin": "directory"}, "admin.users.list", 2400),
    ],
)
def test_minute_of_a_user_holds_so_many_calls(setting, method, calls):
    quota = Quota()
    quota.configure(setting)

    assert spend(quota, method) == calls
    assert spend(quota, method, now=MIDNIGHT + 59) == 0
    assert spend(quota, method, now=MIDNIGHT + 60) == calls


def test_users_have_a_minute_each_and_the_project_one_for_all():
    quota = Quota()
    quota.configure({"gmail": {"tariff": "new", "per_user_minute": 100, "per_project_minute": 150}})

    assert spend(quota, GET, user=ANA) == 5
    assert refused(quota, GET, user=ANA).reason == "userRateLimitExceeded"
    assert spend(quota, GET, user=BEA) == 2
    assert refused(quota, GET, user=BEA).reason == "rateLimitExceeded"


def test_day_of_the_project_ends_at_midnight_in_california():
    quota = Quota()
    quota.configure({"gmail": {"tariff": "new", "per_project_day": 60}})

    assert spend(quota, GET, now=MIDNIGHT + 86_399) == 3
    assert refused(quota, GET, user=BEA, now=MIDNIGHT + 86_399).reason == "dailyLimitExceeded"
    assert spend(quota, GET, now=MIDNIGHT + 86_400) == 3


def test_new_tariff_has_a_day_and_the_legacy_one_has_none():
    assert tariff_of("gmail", "new").per_project_day == 80_000_000
    assert tariff_of("drive", "new").per_project_day == 400_000_000
    assert tariff_of("gmail", "legacy").per_project_day is None


def test_refused_call_costs_nothing():
    quota = Quota()
    quota.configure({"gmail": {"tariff": "new", "per_user_minute": 45}})

    assert spend(quota, GET) == 2
    assert spend(quota, LIST, calls=1) == 1, "5 units are left"
    assert quota.spent["gmail"] == 45


@pytest.mark.parametrize(("code", "status"), [(403, "PERMISSION_DENIED"), (429, "RESOURCE_EXHAUSTED")])
def test_refusal_is_403_or_429_with_its_reason(google, code, status):
    google.clock.stop()
    google.quota.configure({"gmail": {"tariff": "new", "per_user_minute": 1, "refusal": code}})
    Accounts(google.state).put_user({"primaryEmail": ANA})
    client = LocalClient(google, ANA, scopes=[READ])

    answers = [client.ask("GET", "/gmail/v1/users/me/profile") for _ in range(2)]

    assert answers[0]["emailAddress"] == ANA
    error = answers[1]["error"]
    assert (error["code"], error["status"]) == (code, status)
    assert error["errors"][0]["reason"] == "userRateLimitExceeded"
    assert error["errors"][0]["domain"] == "usageLimits"
    assert error["details"][0]["metadata"]["quota_limit_value"] == "1"


def test_each_call_is_paid_even_one_that_finds_nothing(google):
    google.clock.stop()
    google.quota.configure({"gmail": "new"})
    Accounts(google.state).put_user({"primaryEmail": ANA})
    client = LocalClient(google, ANA, scopes=[READ])

    for path in ("profile", "labels", "messages", "messages/1"):
        client.ask("GET", f"/gmail/v1/users/me/{path}")

    assert google.quota.spent["gmail"] == 1 + 1 + 5 + 20


def test_directory_has_a_minute_for_each_user(google):
    google.clock.stop()
    google.quota.configure({"admin": {"tariff": "directory", "per_user_minute": 1}})
    Accounts(google.state).put_user({"primaryEmail": ANA, "id": "1", "isAdmin": True})
    client = LocalClient(google, ANA, scopes=["https://www.googleapis.com/auth/admin.directory.user.readonly"])

    answers = [client.ask("GET", f"/admin/directory/v1/users/{ANA}") for _ in range(2)]

    assert answers[0]["primaryEmail"] == ANA
    assert (answers[1]["error"]["code"], answers[1]["error"]["errors"][0]["reason"]) == (403, "userRateLimitExceeded")


@pytest.mark.parametrize(
    "setting", ["mucha", {"gmail": "barata"}, {"calendar": "new"}, {"gmail": {"tariff": "new", "per_hour": 1}}]
)
def test_setting_that_does_not_exist_is_refused_and_changes_nothing(setting):
    quota = Quota()
    quota.configure("google")

    with pytest.raises((ValueError, TypeError)):
        quota.configure(setting)

    assert set(quota.tariffs) == {"gmail", "drive", "admin"}


def test_quota_minutes_can_pass_faster_than_the_clock():
    clock = Clock()
    clock.stop()
    before, moment = clock.now(), clock.quota_now()

    clock.set_speed(0)
    clock.advance(120)

    assert clock.now() - before == pytest.approx(120)
    assert clock.quota_now() - moment == pytest.approx(120, abs=0.5)
    clock.reset()
    clock.set_speed(1e6)
    assert clock.quota_now() - clock.now() > 0
