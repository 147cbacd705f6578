"""The mailboxes of a night end by themselves, whatever hangs, and what was not reached comes first the next night."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from copias.mailbox.night_rounds import MISSING, mirror_night
from copias.mailbox.outcome import Outcome
from copias.mailbox.status import mirror_folder
from copias.office import Office
from tests.integration.mailbox.many import ACCOUNTS, ANA, LUZ, PIA, STANDING, Many
from tests.integration.mailbox.office import GET, LIST, PROFILE
from tests.waiting import wait_until


def at_night(office: Office, **night: object) -> Office:
    """Give an office other times of the night."""
    settings = office.deployment.night.model_validate({**office.deployment.night.model_dump(), **night})
    return Office(office.deployment.model_copy(update={"night": settings}), office.actor)


def words(done: dict[str, Outcome]) -> dict[str, str]:
    return {
        account: "postponed" if one.postponed else "failed" if one.error else "done" for account, one in done.items()
    }


def test_a_night_mirrors_what_is_due_and_the_next_one_reads_no_message(many: Many) -> None:
    first = mirror_night(many.office(), ACCOUNTS)
    many.admin.clear_calls()

    again = mirror_night(many.office(), ACCOUNTS)

    assert {account: one.fetched for account, one in first.items()} == dict.fromkeys(ACCOUNTS, 8)
    assert not any(one.changed for one in again.values())
    assert many.admin.calls(GET) == many.admin.calls(LIST) == []
    assert all(many.held(account) == many.mailbox(account) for account in ACCOUNTS)


def test_a_mailbox_that_hangs_holds_nobody_up_and_goes_on_the_next_night(many: Many) -> None:
    last = sorted(message["id"] for message in many.admin.mail(LUZ))[-1]
    many.admin.fault("latency", GET, match=last, seconds=60, times=0)

    begun = time.monotonic()
    done = mirror_night(at_night(many.office(), mailbox_time_limit="PT3S"), ACCOUNTS)

    assert time.monotonic() - begun < 20
    assert words(done) == {ANA: "done", LUZ: "postponed", PIA: "done"}
    assert "mailbox_time_limit" in done[LUZ].error.why
    many.admin.clear_faults()
    assert mirror_night(many.office(), ACCOUNTS)[LUZ].fetched == 1


def test_rounds_that_were_not_begun_before_the_nights_end_are_named_and_come_first_the_next_night(many: Many) -> None:
    many.admin.fault("latency", GET, match=many.admin.mail(ANA)[0]["id"], seconds=60, times=0)

    done = mirror_night(at_night(many.office(accounts_at_once=1), time_limit="PT4S"), ACCOUNTS)

    assert {words(done)[account] for account in (LUZ, PIA)} == {"postponed"}
    assert words(done)[ANA] != "done"
    many.admin.clear_faults()
    assert words(mirror_night(many.office(), ACCOUNTS)) == dict.fromkeys(ACCOUNTS, "done")


def test_when_google_answers_nobody_the_night_ends_by_itself_and_the_next_one_is_whole(many: Many) -> None:
    many.admin.fault("status", PROFILE, status=503, times=0)

    begun = time.monotonic()
    done = mirror_night(many.office(accounts_at_once=1), ACCOUNTS)

    assert time.monotonic() - begun < 20
    assert set(words(done).values()) == {"failed"}
    assert all(one.error.transient for one in done.values())
    many.admin.clear_faults()
    assert words(mirror_night(many.office(), ACCOUNTS)) == dict.fromkeys(ACCOUNTS, "done")


def test_a_case_that_is_closed_while_another_has_its_turn_allows_nothing_any_more(many: Many) -> None:
    many.open_case(LUZ)
    many.admin.fault("latency", GET, match=many.admin.mail(ANA)[0]["id"], seconds=60, times=0)
    office = many.office(standing={**STANDING, "accounts": [ANA]}, accounts_at_once=1)

    def cancel() -> None:
        wait_until(lambda: bool(many.admin.calls(GET)))
        office.book.record("77", "case.cancelled", {"reason": "se pidió"})

    with ThreadPoolExecutor(1) as pool:
        cancelled = pool.submit(cancel)
        done = mirror_night(at_night(office, mailbox_time_limit="PT5S"), (ANA, LUZ))

    assert cancelled.exception() is None
    assert list(done) == [ANA]
    assert not mirror_folder(office.deployment, LUZ).exists()


def test_a_signal_to_end_postpones_who_was_not_finished(many: Many) -> None:
    many.admin.fault("latency", GET, match=many.admin.mail(ANA)[0]["id"], seconds=60, times=0)
    threading.Timer(2, os.kill, (os.getpid(), signal.SIGTERM)).start()

    done = mirror_night(many.office(accounts_at_once=1), ACCOUNTS)

    assert words(done) == dict.fromkeys(ACCOUNTS, "postponed")


def test_an_account_that_was_suspended_is_told_once_and_again_after_it_came_back(many: Many) -> None:
    mirror_night(many.office(), ACCOUNTS, whole=True)
    many.admin.suspend(LUZ)

    first, second = (mirror_night(many.office(), (ANA, PIA), whole=True) for _ in range(2))

    assert (words(first), words(second)) == (
        {ANA: "done", PIA: "done", LUZ: "failed"},
        {ANA: "done", PIA: "done"},
    )
    assert "suspendida" in first[LUZ].error.why
    told = [event.data["account"] for event in many.office().book.ledger.events_of({MISSING})]
    assert told == [LUZ]


def test_an_account_that_came_back_without_any_news_is_told_when_it_is_suspended_again(many: Many) -> None:
    mirror_night(many.office(), ACCOUNTS, whole=True)
    many.admin.suspend(LUZ)
    mirror_night(many.office(), (ANA, PIA), whole=True)
    many.admin.reactivate(LUZ)

    back = mirror_night(many.office(), ACCOUNTS, whole=True)
    many.admin.suspend(LUZ)
    again = mirror_night(many.office(), (ANA, PIA), whole=True)

    assert (words(back)[LUZ], back[LUZ].changed) == ("done", False)
    assert words(again)[LUZ] == "failed"


def test_the_only_account_is_told_though_the_inventory_has_none_any_more(many: Many) -> None:
    many.admin.suspend(LUZ)

    done = mirror_night(many.office(standing={**STANDING, "accounts": [LUZ]}), (), whole=True)

    assert words(done) == {LUZ: "failed"}
    assert "suspendida" in done[LUZ].error.why


def test_a_night_that_is_limited_to_some_says_nothing_of_the_others(many: Many) -> None:
    assert list(mirror_night(many.office(), [ANA])) == [ANA]


def test_looking_writes_nothing(many: Many) -> None:
    mirror_night(many.office(), [ANA])
    before, events = many.files(), many.events()

    done = mirror_night(many.office(), ACCOUNTS, look=True)

    assert {account: one.changed for account, one in done.items()} == {ANA: False, LUZ: True, PIA: True}
    assert (many.files(), many.events()) == (before, events)


def test_a_directory_that_does_not_answer_leaves_out_only_those_it_was_asked_about(many: Many) -> None:
    many.admin.fault("status", "directory.users.list", status=503, times=0)
    standing = {**STANDING, "accounts": [ANA], "departments": ["Hacienda"]}

    done = mirror_night(many.office(standing=standing), ACCOUNTS, whole=True)

    assert words(done) == {ANA: "done"}
