"""A message that Google does not give is refused for good, with its reason, or the copy is not complete."""

from __future__ import annotations

import pytest

from copias.errors import CopyFailed
from copias.google.errors import GoogleRefused, GoogleUnavailable
from copias.mailbox.copying import Copied
from tests.integration.mailbox.office import GET, PROFILE, Office


def require_short(office: Office, copied: Copied, key: str) -> None:
    """Fail unless the copy is incomplete, says so and names the message."""
    with pytest.raises(CopyFailed, match=key):
        copied.reconciliation.require_complete(office.account)


# What Google refuses


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (403, "dailyLimitExceeded"),
        (403, "quotaExceeded"),
        (403, "insufficientPermissions"),
        (401, "authError"),
        (409, "aborted"),
        (412, "conditionNotMet"),
        (520, ""),
        (599, ""),
        (418, ""),
    ],
)
def test_refusal_that_is_not_of_the_message_explains_nothing(office: Office, status: int, reason: str) -> None:
    ids = office.fill(6)
    office.admin.fault("status", GET, match=ids[2], status=status, reason=reason, times=0)

    try:
        copied = office.copy()
    except (GoogleRefused, GoogleUnavailable):
        return
    require_short(office, copied, ids[2])


@pytest.mark.parametrize(("status", "reason"), [(400, "failedPrecondition"), (403, "forbidden")])
def test_message_that_google_refuses_for_good_is_named_with_its_reason(
    office: Office, status: int, reason: str
) -> None:
    ids = office.fill(6)
    office.admin.fault("status", GET, match=ids[2], status=status, reason=reason, message="No va", times=0)

    copied = office.copy()

    copied.reconciliation.require_complete(office.account)
    assert list(copied.reconciliation.refused) == [ids[2]]
    assert "No va" in copied.reconciliation.refused[ids[2]]
    assert ids[2] not in copied.reconciliation.copied


def test_message_that_google_refuses_once_is_read_the_second_time(office: Office) -> None:
    ids = office.fill(6)
    office.admin.fault("status", GET, match=ids[2], status=400, reason="failedPrecondition")

    copied = office.copy()

    assert copied.reconciliation.refused == {}
    assert office.mirror() == office.mailbox()


def test_account_whose_messages_are_all_refused_has_no_complete_copy(office: Office) -> None:
    office.fill(30)
    office.admin.fault("status", GET, status=403, reason="forbidden", message="Metadata scope", times=0)

    with pytest.raises(GoogleRefused, match="Metadata scope"):
        office.copy()


def test_small_mailbox_whose_messages_are_all_refused_has_no_complete_copy(office: Office) -> None:
    office.fill(3)
    office.admin.fault("status", GET, status=403, reason="forbidden", message="Metadata scope", times=0)

    with pytest.raises(GoogleRefused, match="Metadata scope"):
        office.copy()


# What does not come now


def test_message_that_does_not_come_is_named_and_comes_with_the_next_run(office: Office) -> None:
    ids = office.fill(9)
    office.admin.fault("status", GET, match=ids[4], times=0)

    copied = office.copy()
    require_short(office, copied, ids[4])
    office.admin.clear_faults()
    office.admin.clear_calls()
    again = office.copy()

    again.reconciliation.require_complete(office.account)
    assert len(office.calls(GET)) == 1
    assert office.mirror() == office.mailbox()


def test_outage_in_the_middle_ends_the_round_and_keeps_what_was_read(office: Office) -> None:
    office.fill(120)
    office.admin.fault("status", GET, nth=41, times=0)
    office.admin.fault("status", PROFILE, nth=3, times=0)

    with pytest.raises(GoogleUnavailable):
        office.copy(attempts=2)

    assert len(office.mirror()) == 40
    assert len(office.calls(GET)) < 240


def test_history_is_not_moved_on_past_what_could_not_be_read(office: Office) -> None:
    office.fill(5)
    office.copy()
    keys = office.admin.deliver(office.account, 3)
    office.admin.fault("status", GET, match=keys[1], times=0)

    report = office.night()
    assert list(report.failed) == [keys[1]]
    office.admin.clear_faults()
    office.night()

    assert office.mirror() == office.mailbox()
