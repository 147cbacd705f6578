"""A copy that is one message short never says that it is complete, whatever Google answers."""

from __future__ import annotations

import time
import typing as t
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from copias.errors import CopyFailed, NotAllowed
from copias.google.gmail import Gmail
from copias.mailbox.copying import Copied, copy_mailbox, copy_mailbox_until
from copias.mailbox.listing import ROUNDS, Listing, list_mailbox
from copias.mailbox.mirror import Mirror
from tests.integration.mailbox.office import GET, LIST, Office


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copias.google.gmail.PAGE", 5)


def require_short(office: Office, copied: Copied, *keys: str) -> None:
    """Fail unless the copy is incomplete, says so and names the messages."""
    with pytest.raises(CopyFailed) as told:
        copied.reconciliation.require_complete(office.account)
    assert [key for key in keys if key not in str(told.value)] == []


def copy_meddled(office: Office, meddle: Callable[[int], None]) -> Copied:
    """Copy while somebody meddles: called after each message that was read, with how many those are."""

    async def work(gmail: Gmail) -> Copied:
        with Mirror.open(office.folder / "m", account=office.account) as mirror:
            return await copy_mailbox(Meddled(gmail, meddle), mirror, at_once=1)

    return office.use(work)


class Meddled(Gmail):
    """A mailbox that somebody uses while it is read."""

    def __init__(self, gmail: Gmail, meddle: Callable[[int], None]) -> None:
        super().__init__(gmail.session, gmail.account, gmail.scopes)
        object.__setattr__(self, "meddle", meddle)
        object.__setattr__(self, "read", 0)

    async def raw(self, message_id: str) -> t.Any:
        message = await super().raw(message_id)
        object.__setattr__(self, "read", self.read + 1)  # type: ignore[attr-defined]
        self.meddle(self.read)  # type: ignore[attr-defined]
        return message


# Lists that come short


def test_list_that_ends_early_every_time_is_not_believed(office: Office) -> None:
    office.fill(13)
    office.admin.fault("ended", LIST, times=0)

    copied = office.copy()

    with pytest.raises(CopyFailed, match="13"):
        copied.reconciliation.require_complete(office.account)


def test_list_that_ends_early_once_is_asked_for_again(office: Office) -> None:
    office.fill(13)
    office.admin.fault("ended", LIST)

    copied = office.copy()

    copied.reconciliation.require_complete(office.account)
    assert office.mirror() == office.mailbox()


def test_message_that_the_first_list_passed_over_did_not_arrive_meanwhile(office: Office) -> None:
    ids = office.fill(13)
    office.admin.fault("hidden", LIST, nth=2)

    copied = office.copy()

    copied.reconciliation.require_complete(office.account)
    assert set(copied.reconciliation.copied) == set(ids)
    assert office.mirror() == office.mailbox()


def test_list_of_a_night_that_ends_early_calls_nothing_deleted(office: Office) -> None:
    office.fill(13)
    office.copy()
    office.admin.fault("ended", LIST)

    office.night(full=True)

    assert office.mirror(deleted=True) == {}
    assert office.mirror() == office.mailbox()


def test_list_of_every_night_that_ends_early_calls_nothing_deleted(office: Office) -> None:
    office.fill(13)
    office.copy()
    office.admin.fault("ended", LIST, times=0)

    report = office.night(full=True)

    assert report.unlisted == 8
    assert office.mirror(deleted=True) == {}
    assert office.mirror() == office.mailbox()


@pytest.mark.parametrize("passed_over", [False, True])
def test_mail_that_comes_and_goes_hides_no_message_that_a_list_passes_over(office: Office, passed_over: bool) -> None:
    ids = office.fill(13)
    lists: list[frozenset[str]] = []

    class Busy(Gmail):
        """A mailbox that gets two messages and loses one between the pages of each list."""

        async def list_ids(self, **given: t.Any) -> t.Any:
            seen: set[str] = set()
            async for page in super().list_ids(**given):
                if not seen:
                    office.admin.deliver(office.account, 2)
                    office.admin.delete_mail(office.account, office.ids()[-1:])
                kept = tuple(key for key in page if not (passed_over and key == ids[1]))
                seen.update(kept)
                yield kept
            lists.append(frozenset(seen))

    async def work(gmail: Gmail) -> Listing:
        return await list_mailbox(Busy(gmail.session, gmail.account, gmail.scopes))

    listing = office.use(work)

    assert listing.short == passed_over
    assert len(lists) == (ROUNDS if passed_over else 1)


# What comes and goes meanwhile


def test_message_that_arrives_between_list_and_profile_is_not_lost_to_the_nights(office: Office) -> None:
    office.fill(6)
    late = []

    class Late(Gmail):
        """A mailbox that gets a message as soon as it has been listed."""

        async def list_ids(self, **given: t.Any) -> t.Any:
            async for page in super().list_ids(**given):
                yield page
            if not late:
                late.extend(office.admin.deliver(office.account))

    async def work(gmail: Gmail) -> Copied:
        with Mirror.open(office.folder / "m", account=office.account) as mirror:
            return await copy_mailbox(Late(gmail.session, gmail.account, gmail.scopes), mirror, at_once=4)

    office.use(work)
    office.night()

    assert set(late) <= set(office.mirror())
    assert office.mirror() == office.mailbox()


def test_mail_that_arrives_while_the_copy_is_made_is_in_it(office: Office) -> None:
    office.fill(6)

    copied = copy_meddled(office, lambda read: office.admin.deliver(office.account) and None if read == 3 else None)

    copied.reconciliation.require_complete(office.account)
    assert set(copied.reconciliation.copied) == set(office.ids())
    assert len(copied.reconciliation.arrived) == 1
    assert office.mirror() == office.mailbox()


def test_message_deleted_after_it_was_read_stays_in_the_copy(office: Office) -> None:
    ids = office.fill(6)
    first = min(ids)

    copied = copy_meddled(
        office, lambda read: office.admin.delete_mail(office.account, [first]) and None if read == 3 else None
    )

    copied.reconciliation.require_complete(office.account)
    assert copied.reconciliation.deleted_meanwhile == (first,)
    assert first in copied.reconciliation.copied


def test_draft_edited_while_the_copy_is_made_is_in_it_as_it_is_now(office: Office) -> None:
    office.fill(5)
    old = office.deliver(b"Subject: borrador\r\n\r\nuno", "DRAFT")

    def edit(read: int) -> None:
        if read == 2:
            office.admin.delete_mail(office.account, [old])
            office.deliver(b"Subject: borrador\r\n\r\ndos", "DRAFT")

    copied = copy_meddled(office, edit)

    copied.reconciliation.require_complete(office.account)
    assert copied.reconciliation.vanished == (old,)
    assert set(office.ids()) <= set(copied.reconciliation.copied)


def test_message_deleted_between_list_and_read_is_explained(office: Office) -> None:
    ids = office.fill(9)
    office.admin.fault("deleted", GET, match=ids[4])

    copied = office.copy()

    copied.reconciliation.require_complete(office.account)
    assert copied.reconciliation.vanished == (ids[4],)
    assert office.mirror() == office.mailbox()


def test_message_that_google_lists_and_says_it_has_not_is_missing(office: Office) -> None:
    ids = office.fill(9)
    office.admin.fault("status", GET, match=ids[4], status=404, times=0)

    copied = office.copy()

    require_short(office, copied, ids[4])


def test_message_of_the_night_that_google_did_not_find_at_first_is_read_the_next_night(office: Office) -> None:
    office.fill(5)
    office.copy()
    (key,) = office.admin.deliver(office.account)
    office.admin.fault("status", GET, match=key, status=404)

    office.night()
    office.night()

    assert office.mirror() == office.mailbox()


def test_unread_message_that_the_last_list_passes_over_has_not_vanished(office: Office) -> None:
    ids = office.fill(4)  # one page, so that each list is one call
    office.admin.fault("status", GET, match=ids[0], times=0)
    office.admin.fault("hidden", LIST, nth=2, times=0)

    copied = office.copy()

    require_short(office, copied, ids[0])


# The last day of the authorisation


def test_copy_that_is_under_way_when_its_authorisation_ends_stops_and_keeps_what_it_read(office: Office) -> None:
    office.fill(13)
    until = datetime.now(UTC) + timedelta(seconds=3)
    read = 0

    def outlive(done: int) -> None:
        nonlocal read
        read = done
        if done == 4:
            time.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()))

    async def work(gmail: Gmail) -> Copied:
        with Mirror.open(office.folder / "m", account=office.account) as mirror:
            return await copy_mailbox_until(until, Meddled(gmail, outlive), mirror, at_once=1)

    with pytest.raises(NotAllowed, match="venció mientras se copiaba"):
        office.use(work)
    kept = len(office.mirror())
    office.admin.clear_calls()
    whole = office.copy()

    assert 0 < read < 13
    assert kept in {read - 1, read}
    assert len(office.calls(GET)) == 13 - kept
    whole.reconciliation.require_complete(office.account)


def test_authorisation_that_outlives_the_copy_stops_nothing(office: Office) -> None:
    office.fill(3)

    async def work(gmail: Gmail) -> Copied:
        with Mirror.open(office.folder / "m", account=office.account) as mirror:
            return await copy_mailbox_until(datetime.now(UTC) + timedelta(days=1), gmail, mirror, at_once=1)

    assert len(office.use(work).reconciliation.copied) == 3
