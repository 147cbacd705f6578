"""Mail is given back once each, with labels and dates, and a case with one message short is never done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from copias.case.closing import finish_waiting, plan_close
from copias.case.notice_mail import render_notice
from copias.case.states import State
from copias.errors import HelpDeskUnavailable, NotEqual, NotReady
from copias.mailbox.restore.search import Query, query_of_days
from copias_sandbox import control
from tests.integration.case.conftest import make_office
from tests.integration.recovery.conftest import CASE, IMPORT, MARTA, OTHER, Recovery, grant

LABEL = f"Recuperado caso {CASE}"


def test_whole_mailbox_comes_back_bit_for_bit_with_its_labels(recovery: Recovery) -> None:
    before = {one["sha256"]: set(one["labels"]) for one in recovery.admin.mail(MARTA, digests=True)}

    recovery.plan(query=Query()).run()

    given = [one for one in recovery.admin.mail(MARTA, digests=True) if LABEL in one["labels"]]
    assert sorted(one["sha256"] for one in given) == sorted(recovery.copied.values())
    for one in given:
        kept = before[one["sha256"]] - {"SPAM", "TRASH", "DRAFT", "CHAT"}
        assert set(one["labels"]) == kept | {LABEL}


def test_case_is_answered_and_resolved_with_its_evidence_and_no_row_of_the_control_sheet(recovery: Recovery) -> None:
    recovery.plan(query=Query()).run()
    rows = dict(recovery.office.book.story(CASE).queued)

    story = plan_close(recovery.office, CASE).run()

    assert story.state is State.RESOLVED
    (key,) = story.queued.keys() - rows.keys() - {key for key in story.queued if "notice" in key}
    answer = story.queued[key]
    assert (answer["kind"], answer["status"]) == ("response", "Solucionado")
    assert f"{len(recovery.copied)} mensajes devueltos a la etiqueta «{LABEL}» de {MARTA}" in answer["done"]
    assert story.restore is not None
    assert story.restore.data["list_sha256"] in answer["evidence"]
    assert not [row for row in story.queued.values() if row["kind"] == "control"]
    assert recovery.events()[-6:].count("case.resolved") == 1


def test_a_second_run_gives_nothing_back(recovery: Recovery) -> None:
    recovery.plan(query=Query()).run()
    calls = len(recovery.admin.calls(IMPORT))

    again = recovery.step()

    assert not again.changes
    assert len(recovery.admin.calls(IMPORT)) == calls == len(recovery.copied)
    assert again.diff()["before"] == again.diff()["after"]


def test_lost_answers_give_no_message_twice(recovery: Recovery) -> None:
    recovery.admin.fault("lost", IMPORT, nth=4, times=3)

    recovery.plan(query=Query()).run()

    assert recovery.held(LABEL) == sorted(recovery.copied.values())


def test_run_that_google_stopped_goes_on_where_it_was(recovery: Recovery) -> None:
    recovery.admin.fault("status", IMPORT, nth=9, times=0, status=503)
    step = recovery.plan(query=Query())
    with pytest.raises(Exception, match="no se devolvió"):
        step.run()
    there = len(recovery.held(LABEL))
    recovery.admin.clear_faults()

    recovery.step().run()

    assert 0 < there < len(recovery.copied)
    assert recovery.held(LABEL) == sorted(recovery.copied.values())


def test_message_that_google_refuses_is_named_and_the_case_is_not_done(recovery: Recovery) -> None:
    recovery.admin.fault("status", IMPORT, nth=5, status=400, message="Invalid message")
    step = recovery.plan(query=Query())

    with pytest.raises(Exception, match="Google no recibe 1 mensajes"):
        step.run()

    assert len(recovery.held(LABEL)) == len(recovery.copied) - 1
    with pytest.raises(NotReady, match="haber devuelto y releído todo"):
        plan_close(recovery.office, CASE).run()
    recovery.step().run()
    assert recovery.held(LABEL) == sorted(recovery.copied.values())


def test_message_that_is_gone_again_before_the_proof_fails_the_case_and_is_given_by_the_next_run(
    recovery: Recovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    from copias.mailbox.restore.delivery import MailboxDelivery

    prove = MailboxDelivery.prove

    def lose_one(delivery: MailboxDelivery, *arguments: object, **options: object) -> int:
        given = [one["id"] for one in recovery.admin.mail(MARTA) if LABEL in one["labels"]]
        if len(given) == len(recovery.copied) and not lost:
            lost.append(given[0])
            recovery.admin.delete_mail(MARTA, given[:1])
        return prove(delivery, *arguments, **options)  # type: ignore[arg-type]

    lost: list[str] = []
    monkeypatch.setattr(MailboxDelivery, "prove", lose_one)
    with pytest.raises(NotEqual, match=r"faltan mensajes"):
        recovery.plan(query=Query()).run()
    assert recovery.office.book.story(CASE).state is State.STORED

    recovery.step().run()

    assert recovery.held(LABEL) == sorted(recovery.copied.values())


def test_owner_who_moved_a_message_out_of_the_label_does_not_get_it_again(recovery: Recovery) -> None:
    step = recovery.plan(query=Query())
    recovery.admin.fault("status", "gmail.users.messages.get", times=0, status=404)
    with pytest.raises(Exception, match=r".+"):
        step.run()
    recovery.admin.clear_faults()
    moved = [one["id"] for one in recovery.admin.mail(MARTA) if LABEL in one["labels"]][:2]
    recovery.admin.relabel_mail(MARTA, moved, remove=[LABEL])

    recovery.step().run()

    assert len(recovery.admin.calls(IMPORT)) == len(recovery.copied)
    assert recovery.office.book.story(CASE).state is State.VERIFIED


def test_dates_and_a_label_choose_what_comes_back(recovery: Recovery) -> None:
    inbox = {one["id"] for one in recovery.admin.mail(MARTA) if "INBOX" in one["labels"]}
    recovery.plan(query=query_of_days(label="inbox", since="01/01/2020", until="31/12/2030")).run()

    assert recovery.held(LABEL) == sorted(recovery.copied[key] for key in inbox)


def test_another_account_gets_nothing_unless_the_authorisation_names_it(recovery: Recovery) -> None:
    with pytest.raises(NotReady, match="no nombra a la cuenta") as refused:
        recovery.plan(query=Query(), to=OTHER)
    grant(recovery.office, recipient=OTHER)
    recovery.plan(query=Query(), to=OTHER, under="Correo de Marta/2026").run()

    assert f"--recipient {OTHER}" in refused.value.repair
    assert recovery.held("Correo de Marta/2026", OTHER) == sorted(recovery.copied.values())
    assert recovery.held(LABEL) == []


def test_authorisation_that_no_longer_names_the_account_stops_what_was_planned(recovery: Recovery) -> None:
    grant(recovery.office, recipient=OTHER)
    step = recovery.plan(query=Query(), to=OTHER)
    grant(recovery.office)

    with pytest.raises(NotReady, match="no nombra a la cuenta"):
        recovery.step().run()

    assert step.changes
    assert recovery.admin.calls(IMPORT) == []


def test_package_on_its_store_gives_back_without_the_mirror(recovery: Recovery) -> None:
    recovery.forget_mirror()

    step = recovery.plan(query=Query())
    step.run()

    record = recovery.office.book.story(CASE).restore
    assert record is not None
    assert record.data["source"]["kind"] == "copy"
    assert recovery.held(LABEL) == sorted(recovery.copied.values())


def test_check_says_how_many_would_be_given_and_gives_none(recovery: Recovery) -> None:
    step = recovery.plan(query=Query())

    diff = step.diff()

    assert diff["before"]["pending"] == len(recovery.copied)
    assert (diff["after"]["pending"], diff["after"]["status"]) == (0, "verified")
    assert recovery.admin.calls(IMPORT) == []


def test_help_desk_that_is_down_gets_the_answer_later_and_nothing_is_given_twice(recovery: Recovery) -> None:
    recovery.plan(query=Query()).run()
    recovery.admin.fault("status", "sheets.*", times=0, status=503)
    with pytest.raises(HelpDeskUnavailable, match="el correo está devuelto"):
        plan_close(recovery.office, CASE).run()
    recovery.admin.clear_faults()
    recovery.end_run()

    finish_waiting(recovery.office)

    assert recovery.office.book.story(CASE).state is State.RESOLVED
    assert recovery.held(LABEL) == sorted(recovery.copied.values())


def test_requester_hears_that_the_mail_is_there_with_the_evidence(recovery: Recovery, home: Path) -> None:
    office = make_office(control.required(home), recovery.config)  # the same one, and it sends notices
    recovery = replace(recovery, office=office)

    recovery.plan(query=Query(label="SENT")).run()
    plan_close(office, CASE).run()

    notices = [row for row in office.book.story(CASE).queued.values() if row["kind"] == "notice"]
    assert [row["what"] for row in notices] == ["recovering", "recovered"]
    assert [row["to"] for row in notices] == [MARTA, MARTA]
    subject, text = render_notice(office.deployment, notices[1])
    assert "está devuelto" in subject
    assert LABEL in text
    assert office.book.story(CASE).unsent == ()
