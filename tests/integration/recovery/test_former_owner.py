"""An address that another person has by now: the mail of who had it before is neither shown nor given by mistake."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from copias.case.deciding import classify
from copias.case.intake import read_case
from copias.case.preflight import check_case
from copias.errors import NotReady
from copias.mailbox.restore.finding import find_messages
from copias.mailbox.restore.search import Query
from tests.integration.recovery.conftest import CASE, MARTA, OTHER, Recovery, grant


def give_away(town: Recovery) -> None:
    """Delete Marta's account, and give her address to another person."""
    town.admin.delete_user(MARTA)
    town.admin.user(MARTA, id="999", name={"fullName": "Otra Persona"}, isMailboxSetup=True, orgUnitPath="/")
    town.admin.mailbox(MARTA, count=2, mean_bytes=900, seed=77)


def find(town: Recovery, **options: t.Any) -> t.Any:
    return find_messages(town.office, CASE, Query(), account=MARTA, **options)


@pytest.mark.parametrize("lost", [False, True], ids=["mirror", "package"])
def test_the_address_alone_finds_nothing_of_who_had_it_before(recovery: Recovery, *, lost: bool) -> None:
    grant(recovery.office)
    if lost:
        recovery.forget_mirror()
    give_away(recovery)

    with pytest.raises(NotReady, match="quien tuvo antes esta dirección") as caught:
        find(recovery)

    assert "--recipient" in caught.value.repair


def test_who_has_the_address_now_does_not_find_it_by_an_own_request(recovery: Recovery) -> None:
    give_away(recovery)

    with pytest.raises(NotReady, match="quien tuvo antes esta dirección"):
        find(recovery)


def test_an_authorisation_that_names_who_receives_it_finds_it_and_gives_it_to_nobody_else(
    recovery: Recovery, tmp_path: Path
) -> None:
    give_away(recovery)
    grant(recovery.office, recipient=OTHER)

    found = find(recovery)
    with pytest.raises(NotReady, match="quien tuvo antes esta dirección"):
        recovery.plan(query=Query())
    recovery.plan(query=Query(), to=OTHER).run()

    assert len(found.messages) == len(recovery.copied)
    assert recovery.held(f"Recuperado caso {CASE}", OTHER) == sorted(recovery.copied.values())


def test_what_was_planned_before_the_address_changed_hands_is_not_given_any_more(recovery: Recovery) -> None:
    step = recovery.plan(query=Query())
    give_away(recovery)

    with pytest.raises(NotReady, match="quien tuvo antes esta dirección"):
        step.run()

    assert len(recovery.admin.mail(MARTA)) == 2


def test_the_preflight_says_it(recovery: Recovery) -> None:
    recovery.plan(query=Query())
    give_away(recovery)

    checks = check_case(recovery.office, read_case(recovery.office, CASE)).checks

    assert ["tuvo antes" in check.why for check in checks if not check.passed] == [True]


def test_a_copy_for_who_has_the_address_now_does_not_begin_on_the_old_mirror(recovery: Recovery) -> None:
    classify(recovery.office, CASE, kind="mailbox", subject=MARTA, mode="remote")
    give_away(recovery)

    checks = check_case(recovery.office, read_case(recovery.office, CASE)).checks

    assert [(check.name, "fuera de" in check.repair) for check in checks if not check.passed] == [("espejo", True)]


def test_an_address_that_nobody_has_any_more_is_found_as_before(recovery: Recovery) -> None:
    grant(recovery.office)
    recovery.admin.delete_user(MARTA)

    assert len(find(recovery).messages) == len(recovery.copied)
