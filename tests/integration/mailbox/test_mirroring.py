"""Mirrors of many accounts: by somebody's leave only, all at once, and one bad account stops no other."""

from __future__ import annotations

import os
import signal
import threading
import time
from datetime import date, timedelta

import pytest

from copias.errors import NotAllowed
from copias.mailbox.mirror import Mirror
from copias.mailbox.mirroring import mirror_accounts
from copias.mailbox.status import mirror_folder
from copias.people import Role
from copias_sandbox.seed.words import HACIENDA
from tests.integration.mailbox.many import ACCOUNTS, ANA, LUZ, PIA, STANDING, Many
from tests.integration.mailbox.office import GET, LIST, PROFILE


def hang(many: Many, account: str) -> None:
    """Let one message of an account not come for as long as any test waits."""
    many.admin.fault("latency", GET, match=many.admin.mail(account)[0]["id"], seconds=60, times=0)


def test_mirrors_of_all_accounts_hold_every_message_to_the_byte(many: Many) -> None:
    done = many.mirror()

    assert list(done) == list(ACCOUNTS)
    assert all(outcome.changed and outcome.fetched == 8 and outcome.error is None for outcome in done.values())
    assert all(many.held(account) == many.mailbox(account) for account in ACCOUNTS)


def test_second_run_changes_nothing_and_reads_no_message(many: Many) -> None:
    many.mirror()
    many.admin.clear_calls()

    done = many.mirror()

    assert not any(outcome.changed for outcome in done.values())
    assert many.admin.calls(GET) == many.admin.calls(LIST) == []
    assert len(many.events()) == 3


def test_each_round_that_changed_something_is_an_event_without_anything_of_a_message(many: Many) -> None:
    many.mirror()
    many.admin.deliver(LUZ, 2)

    many.mirror()

    last = many.events()[-1]
    assert (last["account"], last["fetched"], last["full"]) == (LUZ, 2, False)
    assert last["leave"]["document"] == "Resolución 100 de 2026"
    counts = {"changed", "full", "fetched", "bytes", "relabelled", "deleted", "refused", "seconds"}
    assert set(last) == {"account", "leave"} | counts
    assert [event.get("first", False) for event in many.events()] == [True, True, True, False]


def test_suspended_and_hanging_accounts_fail_alone(many: Many) -> None:
    many.admin.suspend(ANA)
    hang(many, LUZ)

    done = many.mirror(office=many.office(time_limit="PT3S"))

    assert {account: type(outcome.error).__name__ for account, outcome in done.items()} == {
        ANA: "AccountSuspended",
        LUZ: "GoogleUnavailable",
        PIA: "NoneType",
    }
    assert "time_limit" in done[LUZ].error.why
    assert many.held(PIA) == many.mailbox(PIA)


def test_what_a_hanging_account_gave_is_kept_and_not_read_again(many: Many) -> None:
    keys = [message["id"] for message in many.admin.mail(ANA)]
    last = sorted(keys)[-1]
    many.admin.fault("latency", GET, match=last, seconds=60, times=0)
    late = many.mirror(ANA, office=many.office(time_limit="PT3S"))[ANA]
    many.admin.clear_faults()
    many.admin.clear_calls()

    done = many.mirror(ANA)[ANA]

    assert (late.fetched, late.changed) == (7, True)
    assert (done.fetched, done.error) == (1, None)
    assert len(many.admin.calls(GET)) == 1
    assert [event["fetched"] for event in many.events()] == [7, 1]


def test_mirror_that_another_run_holds_is_told_and_the_rest_goes_on(many: Many) -> None:
    folder = mirror_folder(many.office().deployment, LUZ)

    with Mirror.open(folder, account=LUZ):
        done = many.mirror()

    assert type(done[LUZ].error).__name__ == "AlreadyRunning"
    assert done[ANA].error is done[PIA].error is None


def test_signal_to_end_keeps_what_was_read_and_tells_who_was_not_finished(many: Many) -> None:
    hang(many, LUZ)
    timer = threading.Timer(3, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()

    begun = time.monotonic()
    done = many.mirror()

    assert time.monotonic() - begun < 20
    assert done[ANA].error is done[PIA].error is None
    assert "se detuvo" in done[LUZ].error.what
    assert done[LUZ].error.transient
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_accounts_wait_for_their_turn(many: Many) -> None:
    done = many.mirror(office=many.office(accounts_at_once=1, connections=1))

    assert all(outcome.error is None for outcome in done.values())
    assert all(many.held(account) == many.mailbox(account) for account in ACCOUNTS)


def test_message_that_does_not_come_is_named_and_comes_the_next_time(many: Many) -> None:
    key = many.admin.mail(ANA)[0]["id"]
    many.admin.fault("status", GET, match=key, status=503, times=0)
    short = many.mirror(ANA)[ANA]
    many.admin.clear_faults()

    done = many.mirror(ANA)[ANA]

    assert key in short.error.why
    assert (short.fetched, done.fetched, done.error) == (7, 1, None)
    assert many.held(ANA) == many.mailbox(ANA)


def test_nobody_is_asked_and_nothing_is_read_without_a_leave(many: Many) -> None:
    done = many.mirror(office=many.office(standing=None))

    assert {type(outcome.error) for outcome in done.values()} == {NotAllowed}
    assert all("mailboxes.standing" in outcome.error.repair for outcome in done.values())
    assert many.admin.calls() == []
    assert not (many.folder / "state" / "mirrors").exists()


def test_open_authorised_case_allows_the_account_that_it_names_and_no_other(many: Many) -> None:
    many.open_case(LUZ)

    done = many.mirror(office=many.office(standing=None))

    assert {account: outcome.error is None for account, outcome in done.items()} == {ANA: False, LUZ: True, PIA: False}
    assert done[LUZ].leave.case == "77"


@pytest.mark.parametrize("event", ["case.held", "case.cancelled"])
def test_case_that_is_not_under_way_allows_nothing(many: Many, event: str) -> None:
    many.open_case(LUZ)
    many.office().book.record("77", event, {"reason": "se pidió"})

    done = many.mirror(LUZ, office=many.office(standing=None))

    assert isinstance(done[LUZ].error, NotAllowed)


def test_leave_that_has_ended_allows_nothing(many: Many) -> None:
    many.open_case(LUZ, until=date(2020, 1, 1))
    ended = many.office(standing={**STANDING, "until": "2020-01-01"})

    done = many.mirror(LUZ, office=ended)

    assert isinstance(done[LUZ].error, NotAllowed)
    assert "terminó el 01/01/2020" in done[LUZ].error.why


def test_standing_leave_of_a_department_covers_its_accounts_by_the_directory(many: Many) -> None:
    other = {"organizations": [{"department": "Otra", "primary": True}], "orgUnitPath": "/"}
    many.admin.user(PIA, isMailboxSetup=True, suspended=False, name={"fullName": "Pía"}, **other)
    standing = {**STANDING, "accounts": [], "departments": [HACIENDA.upper()]}

    done = many.mirror(office=many.office(standing=standing))

    assert {account: outcome.error is None for account, outcome in done.items()} == {ANA: True, LUZ: True, PIA: False}


def test_directory_that_does_not_answer_stops_only_those_whom_it_was_asked_about(many: Many) -> None:
    many.admin.fault("status", "directory.users.list", status=503, times=0)
    standing = {**STANDING, "accounts": [ANA], "departments": [HACIENDA]}

    done = many.mirror(office=many.office(standing=standing))

    assert done[ANA].error is None
    assert {type(done[account].error).__name__ for account in (LUZ, PIA)} == {"GoogleUnavailable"}


def test_what_is_no_account_of_the_organisation_fails_alone(many: Many) -> None:
    strange = "../../etc@alcaldia.example"

    done = many.mirror(strange, "otra@example.test", ANA)

    assert {type(done[name].error).__name__ for name in (strange, "otra@example.test")} == {"BadInput"}
    assert done[ANA].error is None


def test_looking_tells_which_mailboxes_changed_and_writes_nothing(many: Many) -> None:
    many.mirror(ANA, LUZ)
    many.admin.deliver(LUZ, 1)
    before = many.files()
    events = many.events()
    many.admin.clear_calls()

    done = many.mirror(look=True)

    assert {account: outcome.changed for account, outcome in done.items()} == {ANA: False, LUZ: True, PIA: True}
    assert [one["method"] for one in many.admin.calls() if one["method"].startswith("gmail.")] == [PROFILE] * 3
    assert many.files() == before
    assert many.events() == events


def test_auditor_may_not_mirror(many: Many) -> None:
    with pytest.raises(NotAllowed, match="espejos"):
        mirror_accounts(many.office(role=Role.AUDITOR), [ANA])


def test_limit_is_of_each_account_and_begins_with_its_turn(many: Many) -> None:
    hang(many, ANA)
    begun = time.monotonic()

    done = many.mirror(office=many.office(accounts_at_once=1, time_limit="PT2S"))

    assert time.monotonic() - begun < 20
    assert done[ANA].error is not None
    assert done[LUZ].error is done[PIA].error is None
    assert many.office(time_limit="PT2S").deployment.mailboxes.time_limit == timedelta(seconds=2)


def test_reconciling_names_what_the_history_told_wrongly_and_makes_it_good(many: Many) -> None:
    many.mirror(ANA)
    (lost, *_) = many.held(ANA)
    with many.writing(ANA) as mirror:
        mirror.mark_deleted(lost, 1.0)  # as a feed that told of a deletion that was none
        mirror.commit()
    (came,) = many.admin.deliver(ANA, 1)

    done = many.mirror(ANA, reconcile=True)[ANA]

    told = done.comparison.to_dict()
    assert done.error is None
    assert (told["listed"], told["untold_new"], told["untold_deleted"], told["missing"]) == (9, [lost], [], [])
    assert came in many.held(ANA)
    assert many.held(ANA) == many.mailbox(ANA)


def test_reconciling_names_a_deletion_that_the_history_did_not_tell(many: Many) -> None:
    many.mirror(ANA)
    (gone, *_) = many.held(ANA)
    many.admin.delete_mail(ANA, [gone])
    many.skip_history(ANA)

    night = many.mirror(ANA)[ANA]
    done = many.mirror(ANA, reconcile=True)[ANA]

    assert not night.changed
    assert done.comparison.untold_deleted == (gone,)
    assert (done.error, done.deleted) == (None, 1)
    assert many.held(ANA) == many.mailbox(ANA)


def test_reconciling_reads_a_message_and_labels_that_the_history_did_not_tell(many: Many) -> None:
    many.mirror(ANA)
    (other, *_) = many.held(ANA)
    (came,) = many.admin.deliver(ANA, 1)
    many.admin.relabel_mail(ANA, [other], add=["STARRED", "Nueva"])
    many.skip_history(ANA)

    done = many.mirror(ANA, reconcile=True)[ANA]

    assert (done.comparison.untold_new, done.comparison.relabelled) == ((came,), 1)
    assert done.fetched == 1
    assert many.held(ANA) == many.mailbox(ANA)


def test_reconciling_fetches_a_sample_again_and_compares_it(many: Many) -> None:
    many.mirror(ANA)
    many.admin.deliver(ANA, kind="draft", labels=["DRAFT"])
    many.mirror(ANA)
    many.admin.clear_calls()

    done = many.mirror(ANA, reconcile=True)[ANA]

    assert not done.changed
    assert (done.comparison.sample.equal, done.comparison.sample.different) == (8, ())
    assert len(many.admin.calls(GET)) == 8
    assert done.to_dict()["reconciliation"]["sample"] == 8


def test_message_that_is_another_in_the_mailbox_is_named(many: Many) -> None:
    first, second = (message["id"] for message in many.admin.mail(ANA)[:2])
    with many.writing(ANA) as mirror:
        mirror.add(many.message_of(ANA, first, b"Subject: otro\r\n\r\notro\r\n"))
        mirror.commit()

    done = many.mirror(ANA, reconcile=True)[ANA]

    assert done.comparison.sample.different == (first,)
    assert type(done.error).__name__ == "NotEqual"
    assert first in done.error.why
    assert second not in done.error.why
    assert "otro" not in str(done.error)


def test_list_that_is_shorter_than_its_mailbox_is_not_believed(many: Many) -> None:
    many.mirror(ANA)
    many.admin.fault("hidden", LIST, times=0)

    done = many.mirror(ANA, reconcile=True)[ANA]

    assert type(done.error).__name__ == "CopyFailed"
    assert done.comparison.untold_deleted == ()
    assert done.deleted == 0
    assert many.held(ANA) == many.mailbox(ANA)


def test_an_authorisation_of_a_takeout_is_none_for_the_mailbox_that_the_case_is_made_one_of(many: Many) -> None:
    many.open_case(ANA)
    book, number = many.office(standing=None).book, "77"
    of = {"kind": "manual", "subject": ANA}
    grant = {"authoriser": "Mariela", "post": "Secretaria", "document": "Oficio 7", "motive": "Lo pide"}
    book.record(number, "case.authorised", {**grant, "of": of})
    book.record(number, "case.started", {**of, "authorisation": grant})

    done = many.mirror(ANA, office=many.office(standing=None))

    assert isinstance(done[ANA].error, NotAllowed)
