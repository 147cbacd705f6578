"""``copias mirror sync``: mirrors of some accounts or of all, by a run that does not need its terminal."""

from __future__ import annotations

import base64

import pytest

from copias_sandbox.seed.words import DOMAIN
from tests.e2e.town import NO_REPOSITORY

ANA, LUZ, PIA = ACCOUNTS = tuple(f"{name}.espejo@{DOMAIN}" for name in ("ana", "luz", "pia"))
GET = "gmail.users.messages.get"
STANDING = {
    "authoriser": "Mariela Ejemplo",
    "post": "Secretaria General",
    "document": "Resolución 100 de 2026",
    "motive": "Custodia del correo institucional",
    "until": "2099-12-31",
    "accounts": [ANA, LUZ],
}


@pytest.fixture
def hall(town):
    """An installation that may mirror two of three accounts of the Directory."""
    town.configure(mailboxes__standing=STANDING, account_filter="familyName=Espejo", **NO_REPOSITORY)
    for place, account in enumerate(ACCOUNTS):
        name = {"givenName": account.partition(".")[0], "familyName": "Espejo", "fullName": account}
        town.admin.user(account, isMailboxSetup=True, suspended=False, name=name, orgUnitPath="/")
        town.admin.mailbox(account, count=6, mean_bytes=900, seed=place)
    town.admin.clear_calls()
    return town


def synced(town):
    return [event["data"]["account"] for event in town.ledger() if event["event"] == "mirror.synced"]


def test_named_accounts_are_mirrored_once_and_no_other(hall):
    first = hall.copias("mirror", "sync", LUZ, "--json")
    again = hall.copias("mirror", "sync", LUZ, "--json")

    assert (first.code, again.code) == (0, 0), first.text
    assert {account: one["fetched"] for account, one in first.json["mailboxes"].items()} == {LUZ: 6}
    assert again.json["mailboxes"][LUZ]["changed"] is False
    assert synced(hall) == [LUZ]
    assert len(hall.admin.calls(GET)) == 6


def test_without_names_every_account_of_the_inventory_is_asked_for_and_the_gate_decides(hall):
    done = hall.copias("mirror", "sync")

    assert done.code == 3
    assert sorted(synced(hall)) == [ANA, LUZ]
    assert PIA in done.text
    assert "mailboxes.standing" in done.err


def test_account_that_the_directory_does_not_have_is_told_and_the_rest_goes_on(hall):
    nobody = f"nadie@{DOMAIN}"

    done = hall.copias("mirror", "sync", ANA, nobody, "--json")

    assert done.code == 3
    assert done.json["mailboxes"][nobody]["error"]["what"] == "la cuenta no está en el inventario"
    assert done.json["mailboxes"][ANA]["error"] is None


def test_run_without_any_known_account_says_so_and_where_to_look(hall):
    done = hall.copias("mirror", "sync", f"nadie@{DOMAIN}")

    assert done.code == 3
    assert "no hosts to target" in done.err
    assert "ansible-inventory --graph mailboxes" in done.err


def test_directory_that_cannot_be_read_is_told_in_its_own_words(hall):
    hall.configure(mailboxes__standing=STANDING, account_filter="no such: field")

    done = hall.copias("mirror", "sync", ANA)

    assert done.code == 3
    assert "directorio" in done.err


def test_check_copies_nothing_and_says_what_would_change(hall):
    done = hall.copias("mirror", "sync", ANA, "--check")

    assert done.code == 0, done.text
    assert "cambiaría" in done.out
    assert hall.admin.calls(GET) == []
    assert synced(hall) == []


def test_reconciling_compares_and_fetches_a_sample_again(hall):
    hall.copias("mirror", "sync", ANA)
    hall.admin.clear_calls()

    done = hall.copias("mirror", "sync", ANA, "--reconcile", "--json")

    assert done.code == 0, done.text
    assert done.json["mailboxes"][ANA]["reconciliation"]["sample"] == 6
    assert len(hall.admin.calls(GET)) == 6


@pytest.mark.parametrize("strange", ["all", "control", "@/etc/passwd", "{{ 7 * 7 }}", f"!{ANA}", f"{ANA},all", "~.*"])
def test_what_is_no_address_of_the_organisation_never_reaches_ansible(hall, strange):
    done = hall.copias("mirror", "sync", "--", strange)

    assert done.code == 2
    assert not list(hall.world.state.glob("runs/mirror-*"))


def test_run_that_is_stopped_keeps_what_it_has_and_the_next_one_goes_on(hall):
    hall.admin.fault("latency", GET, match=hall.admin.mail(LUZ)[0]["id"], seconds=60, times=0)
    begun = hall.copias("mirror", "sync", ANA, LUZ, "--detach")
    hall.wait(lambda: synced(hall) == [ANA], "the mirror of the first account")

    stopped = hall.copias("mirror", "stop")
    left = hall.processes()
    hall.admin.clear_faults()
    done = hall.copias("mirror", "sync", ANA, LUZ, "--json")

    assert (begun.code, stopped.code) == (0, 0), stopped.text
    assert "copias mirror sync" in stopped.out
    assert left == []
    assert done.code == 0, done.text
    assert (done.json["mailboxes"][ANA]["changed"], done.json["mailboxes"][LUZ]["error"]) == (False, None)


def test_nothing_of_a_message_is_in_what_a_run_leaves(hall):
    key = "MARCA-SECRETA"
    raw = f"Subject: {key}\r\nFrom: a@example.test\r\n\r\n{key}\r\n"
    hall.admin.deliver(ANA, raw=base64.b64encode(raw.encode()).decode(), labels=["INBOX"])

    done = hall.copias("mirror", "sync", ANA, "--reconcile", "--json")

    runs = [path for path in hall.files_of_state() if "mirrors" not in path.parts]
    assert done.code == 0, done.text
    assert [path for path in runs if key.encode() in path.read_bytes()] == []
    assert key not in done.text
