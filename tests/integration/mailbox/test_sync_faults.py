"""Whatever breaks on the way, each message arrives once and whole, or the copy names it."""

from __future__ import annotations

import re

import pytest

from copias.errors import StoreFull
from copias.google.errors import AccountMissing, AccountSuspended, GoogleRefused, MailNotEnabled
from tests.integration.mailbox.office import GET, HISTORY, LIST, PROFILE, Office

LABELS = "gmail.users.labels.list"
TOKEN = "oauth.token"


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copias.google.gmail.PAGE", 10)


@pytest.mark.parametrize("kind", ["truncated", "reset", "lost"])
@pytest.mark.parametrize("method", [GET, LIST, LABELS, PROFILE])
def test_broken_answer_is_asked_for_again(office: Office, method: str, kind: str) -> None:
    office.fill(21)
    office.admin.fault(kind, method, nth=1)

    copied = office.copy()

    copied.reconciliation.require_complete(office.account)
    assert office.mirror() == office.mailbox()


@pytest.mark.parametrize("kind", ["truncated", "reset", "lost"])
def test_broken_page_of_the_history_is_asked_for_again(office: Office, kind: str) -> None:
    office.fill(5)
    office.copy()
    office.admin.deliver(office.account, 25)
    office.admin.fault(kind, HISTORY, nth=2)

    report = office.night()

    assert not report.full
    assert office.mirror() == office.mailbox()


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (403, "rateLimitExceeded"),
        (403, "userRateLimitExceeded"),
        (403, "backendError"),
        (429, "rateLimitExceeded"),
        (429, "userRateLimitExceeded"),
        (500, "internalError"),
        (502, ""),
        (503, "backendError"),
        (504, ""),
        (520, ""),
    ],
)
def test_one_message_that_fails_three_times_is_read_the_fourth(office: Office, status: int, reason: str) -> None:
    ids = office.fill(8)
    office.admin.fault("status", GET, match=ids[3], status=status, reason=reason, times=3)

    copied = office.copy(attempts=4)

    copied.reconciliation.require_complete(office.account)
    assert len([call for call in office.calls(GET) if ids[3] in call["target"]]) == 4
    assert office.mirror() == office.mailbox()


def test_server_that_names_a_time_is_not_asked_before(office: Office) -> None:
    ids = office.fill(3)
    office.admin.fault("status", GET, match=ids[0], status=429, reason="rateLimitExceeded", retry_after=37)

    office.copy().reconciliation.require_complete(office.account)

    assert max(office.waits.seconds) >= 37


def test_storm_of_faults_loses_no_message(office: Office) -> None:
    office.fill(300)
    for seed, fault in enumerate(
        [
            {"kind": "status", "status": 503},
            {"kind": "status", "status": 429, "reason": "rateLimitExceeded"},
            {"kind": "truncated"},
            {"kind": "reset"},
        ]
    ):
        office.admin.fault(method="gmail.*", times=0, probability=0.05, seed=seed, **fault)

    copied = office.copy(attempts=7)

    copied.reconciliation.require_complete(office.account)
    assert office.mirror() == office.mailbox()


def test_revoked_token_is_replaced_once_by_all_who_wait_for_it(office: Office) -> None:
    office.fill(40)
    office.admin.fault("revoked", GET, nth=15)

    office.copy().reconciliation.require_complete(office.account)

    assert len(office.calls(TOKEN)) == 2
    assert office.mirror() == office.mailbox()


def test_delegation_that_is_taken_back_ends_the_copy_and_keeps_what_was_read(office: Office) -> None:
    office.fill(40)
    # Who has no right any more has it for no call: of a message that is refused the account itself is asked about, by
    # its profile, whose first two answers were to the list.
    office.admin.fault("revoked", GET, nth=21, times=0)
    office.admin.fault("revoked", PROFILE, nth=3, times=0)

    with pytest.raises(GoogleRefused, match=re.escape(office.account)):
        office.copy()

    office.admin.clear_faults()
    office.admin.clear_calls()
    office.copy().reconciliation.require_complete(office.account)
    assert len(office.calls(GET)) <= 40 - 20 + office.at_once
    assert office.mirror() == office.mailbox()


def test_account_that_is_suspended_in_the_middle_ends_the_copy_by_name(office: Office) -> None:
    office.fill(10)
    office.copy()
    office.admin.request("POST", "/user", {"primaryEmail": office.account, "suspended": True})
    office.admin.revoke_tokens()

    with pytest.raises(AccountSuspended, match=office.account):
        office.copy()

    assert len(office.mirror()) == 10


def test_account_that_does_not_exist_and_one_without_gmail_are_told_apart(office: Office) -> None:
    stranger = "nadie@alcaldia.example"
    with pytest.raises(AccountMissing, match=stranger):
        Office(office.admin, office.running, office.folder, stranger).copy("a")

    office.admin.request("POST", "/user", {"primaryEmail": stranger, "isMailboxSetup": False})
    with pytest.raises(MailNotEnabled, match=stranger):
        Office(office.admin, office.running, office.folder, stranger).copy("b")


def test_full_disk_in_the_middle_loses_nothing_and_the_next_run_goes_on(office: Office) -> None:
    office.fill(60, mean_bytes=24_000)
    office.copy("smooth")

    told = office.run_apart("m", file_limit=500_000)

    assert told.returncode == 1
    assert StoreFull.__name__ in told.stderr
    assert len(office.mirror()) < 60
    office.admin.clear_calls()
    kept = len(office.mirror())
    office.copy().reconciliation.require_complete(office.account)
    assert len(office.calls(GET)) == 60 - kept
    assert office.segments() == office.segments("smooth")
    assert office.rows() == office.rows("smooth")
