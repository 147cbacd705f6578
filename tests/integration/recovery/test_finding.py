"""Copies are looked into only for a case that allows it, and who looked is written down; what was looked for is not."""

from __future__ import annotations

import base64
import typing as t
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from copias.case.deciding import classify, decide
from copias.cli.app import app
from copias.errors import BadInput, NotReady
from copias.mailbox.restore.finding import find_messages
from copias.mailbox.restore.search import Query, query_of_days
from tests.integration.recovery.conftest import CASE, COPIED, MARTA, OTHER, Recovery, copy_mailbox, grant

PLANTED = "Zarzaparrilla confidencial"


def copias(town: Recovery, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--config", str(town.config)], env={"COLUMNS": "200"})


def find(town: Recovery, query: Query = Query(), **options: t.Any) -> t.Any:  # noqa: B008 -- it is frozen
    return find_messages(town.office, CASE, query, **{"account": MARTA, **options})


def test_catalogue_names_each_copy_with_its_proof(town: Recovery) -> None:
    table = copias(town, "copies", "--account", MARTA)
    (copy,) = orjson.loads(copias(town, "copies", "--json").stdout)["copies"]

    assert (copy["case"], copy["subject"], copy["messages"]) == (COPIED, MARTA, len(town.copied))
    assert (copy["proven"], copy["store"]) == (True, "nas")
    assert "probada" in table.stdout
    assert copias(town, "copies", "--account", OTHER, "--query", "length(copies)").stdout == "0\n"


def test_list_is_numbered_and_the_numbers_stay(recovery: Recovery) -> None:
    inbox = find(recovery, Query(label="INBOX"))
    everything = find(recovery)

    assert list(inbox.messages) == list(range(1, len(inbox.messages) + 1))
    assert {message.id for message in everything.messages.values()} == set(recovery.copied)
    for number, message in inbox.messages.items():
        assert everything.messages[number].id == message.id
    dates = [message.internal_date for message in everything.messages.values()]
    assert dates == sorted(dates)


def test_mirror_and_package_find_the_same(recovery: Recovery) -> None:
    query = query_of_days(label="inbox", since="01/01/2023")
    mirrored = find(recovery, query)
    recovery.forget_mirror()
    packed = find(recovery, query)

    assert str(mirrored.source) == "espejo local"
    assert str(packed.source).startswith("copia correo-")
    assert [(message.id, message.labels) for message in mirrored.messages.values()] == [
        (message.id, message.labels) for message in packed.messages.values()
    ]


def test_who_searched_goes_to_the_ledger_and_what_for_does_not(recovery: Recovery) -> None:
    raw = f"From: a@example.test\r\nSubject: {PLANTED}\r\n\r\n{PLANTED}\r\n".encode()
    recovery.admin.deliver(MARTA, raw=base64.b64encode(raw).decode())
    decide(recovery.office, COPIED, "case.reopened", reason="otra copia")
    copy_mailbox(recovery.office)

    found = find(recovery, Query(subject=PLANTED, sender="example"))

    assert [message.subject for message in found.messages.values()] == [PLANTED]
    (event,) = [event for event in recovery.office.book.story(CASE).events if event.event == "recovery.searched"]
    assert event.data == {"account": MARTA, "source": "espejo local", "fields": ["sender", "subject"], "found": 1}
    assert event.actor["account"]
    recovery.plan(numbers=tuple(found.messages)).run()
    state = recovery.office.deployment.state
    kept = [path for path in state.rglob("*") if path.is_file() and "mirrors" not in path.parts]
    assert kept
    assert [path for path in kept if b"Zarzaparrilla" in path.read_bytes()] == []


def test_picked_numbers_come_back_and_no_more(recovery: Recovery) -> None:
    found = find(recovery)

    recovery.plan(numbers=(2, 5, 7)).run()

    picked = sorted(recovery.copied[found.messages[number].id] for number in (2, 5, 7))
    assert recovery.held(f"Recuperado caso {CASE}") == picked


def test_case_of_another_kind_finds_nothing(town: Recovery) -> None:
    classify(town.office, CASE, kind="mailbox", subject=MARTA, mode=None)
    grant(town.office)

    with pytest.raises(NotReady, match="no es de recuperación"):
        find(town)

    assert "recovery.searched" not in town.events()


def test_case_of_another_account_finds_nothing(recovery: Recovery) -> None:
    classify(recovery.office, CASE, kind="recovery", subject=OTHER, mode=None)
    grant(recovery.office)

    with pytest.raises(NotReady, match="no es de esa cuenta"):
        find(recovery)


def test_case_that_nobody_authorised_finds_nothing(town: Recovery) -> None:
    classify(town.office, CASE, kind="recovery", subject=OTHER, mode=None)  # not who asked, so no leave of the owner's

    with pytest.raises(NotReady, match="nadie ha autorizado") as refused:
        find(town, account=OTHER)

    assert f"copias authorise {CASE}" in refused.value.repair
    assert "recovery.searched" not in town.events()


def test_authorisation_that_has_ended_finds_and_gives_nothing(recovery: Recovery) -> None:
    grant(recovery.office)
    given = recovery.office.book.story(CASE).authorisation
    of = {"kind": "recovery", "subject": MARTA}
    recovery.office.book.record(CASE, "case.authorised", {**(given or {}), "until": "2026-01-31", "of": of})

    with pytest.raises(NotReady, match="ya no está autorizado") as refused:
        find(recovery)

    assert "31/01/2026" in refused.value.why
    assert f"copias authorise {CASE}" in refused.value.repair
    assert copias(recovery, "restore", CASE, "--all", "--check").exit_code == refused.value.exit_code
    assert {"recovery.searched", "copy.opened"}.isdisjoint(recovery.events())


@pytest.mark.parametrize("event", ["case.held", "case.cancelled"])
def test_case_that_is_not_open_finds_nothing(recovery: Recovery, event: str) -> None:
    decide(recovery.office, CASE, event, reason="no procede")

    with pytest.raises(NotReady, match="no está en curso"):
        find(recovery)


def test_copy_that_is_not_the_accounts_is_not_opened(recovery: Recovery) -> None:
    with pytest.raises(BadInput, match="no hay una copia probada"):
        find(recovery, copy_id="correo-otra-1")


def test_account_without_any_copy_says_so(town: Recovery) -> None:
    classify(town.office, CASE, kind="recovery", subject=OTHER, mode=None)
    grant(town.office)

    with pytest.raises(NotReady, match="no tiene copias"):
        find(town, account=OTHER)


def test_auditor_may_see_which_copies_there_are_and_not_what_is_in_them(recovery: Recovery) -> None:
    people = Path(recovery.office.deployment.people)
    people.write_text(people.read_text().replace("administrator", "auditor"))

    listed = copias(recovery, "copies", "--json")
    refused = copias(recovery, "find", "--case", CASE, "--account", MARTA, "--json")

    assert listed.exit_code == 0
    assert (refused.exit_code, orjson.loads(refused.stdout)["error"]) == (3, "NotAllowed")


def test_find_prints_number_sender_and_subject(recovery: Recovery) -> None:
    table = copias(recovery, "find", "--case", CASE, "--account", MARTA, "--label", "INBOX")
    listed = orjson.loads(copias(recovery, "find", "--case", CASE, "--account", MARTA, "--json").stdout)["messages"]
    late = copias(recovery, "find", "--case", CASE, "--account", MARTA, "--since", "2099-12-31", "--json")

    assert table.exit_code == 0
    assert f"copias restore {CASE} --pick" in table.stdout
    assert {one["id"] for one in listed} == set(recovery.copied)
    assert orjson.loads(late.stdout)["messages"] == []
    assert all(set(one) >= {"number", "from", "subject", "received", "labels"} for one in listed)
