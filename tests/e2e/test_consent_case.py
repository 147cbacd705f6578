"""A mailbox case where delegation is refused: the owner's own consent, from the link to the proof."""

from __future__ import annotations

import subprocess
import urllib.request

import pytest

from copias_sandbox import world
from copias_sandbox.seed.cases import MAILBOX_CASE
from copias_sandbox.seed.people import demo_requester
from tests.e2e.town import COPIAS, Call, Town

pytestmark = pytest.mark.slow

CASE = str(MAILBOX_CASE)
ACCOUNT = demo_requester().email
CLIENT_ID = "100000000000000000001"


@pytest.fixture
def town(town) -> Town:
    """Give a town whose organisation delegates nothing."""
    town.configure(notices=None)
    town.admin.mailbox(ACCOUNT, count=30)
    town.admin.delegate(CLIENT_ID, [])
    return town


def type_in(town: Town, line: str, *arguments: str) -> Call:
    """Call the command line and type one line."""
    done = subprocess.run(
        [COPIAS, *arguments], env=town.environment, input=f"{line}\n", capture_output=True, text=True, timeout=60
    )
    return Call(done.returncode, done.stdout, done.stderr)


def consent(town: Town) -> Call:
    """Ask, let the owner agree at her own computer, and take the address in that she sends back."""
    link = town.copias("consent", ACCOUNT, "--json").json["link"]
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(link, timeout=10) as page:
        assert page.status == 200
    address = town.admin.approve_consent(town.admin.consents()[-1]["id"], ACCOUNT)
    return type_in(town, address, "consent", "finish", ACCOUNT)


def test_case_is_copied_and_proven_with_nothing_but_the_owners_consent(town):
    refused = town.run_case(CASE)
    assert refused.code == 3
    assert "domainwidedelegation" in "".join(refused.text.split())

    given = consent(town)

    assert (given.code, given.out) == (0, f"{ACCOUNT}: consentimiento recibido.\n"), given.text
    done = town.run_case(CASE, "--json")
    assert (done.code, done.json["state"]) == (0, "resolved"), done.text
    assert town.admin.calls("directory.users.list") == [], "the run does not list the accounts"


def test_verbs_tell_who_consented_and_never_the_secret(town):
    said = consent(town).text
    secret = (town.world.state / "consents" / f"{ACCOUNT}.json").read_text().partition('"refresh_token": "')[2][:20]

    listed = town.copias("consent", "list", "--json")
    words = town.copias("consent", "list")
    back = town.copias("consent", "revoke", ACCOUNT)

    assert secret.startswith("1//0")
    assert [entry["account"] for entry in listed.json] == [ACCOUNT]
    assert ACCOUNT in words.out
    assert secret not in said + listed.text + words.text + back.text
    assert back.out == f"{ACCOUNT}: consentimiento anulado y borrado.\n"
    assert town.copias("consent", "list", "--json").json == []


def test_link_comes_with_what_to_say_to_the_owner(town):
    said = town.copias("consent", ACCOUNT)

    assert said.code == 0
    assert f"Envíe este enlace a {ACCOUNT}" in said.out
    assert f"copias consent finish {ACCOUNT}" in said.out


def test_address_that_is_none_ends_with_usage_and_the_repair(town):
    town.copias("consent", ACCOUNT)

    done = type_in(town, "http://otro.example/?code=1", "consent", "finish", ACCOUNT)

    assert done.code == 2
    assert "copie entera la línea de direcciones" in done.err


def test_nobody_of_another_organisation_is_asked(town):
    done = town.copias("consent", "alguien@otro.example")

    assert (done.code, "no es una cuenta de la organización" in done.err) == (2, True)


def test_who_only_reads_asks_nobody(town):
    world.set_role(town.world, "auditor")
    try:
        done = town.copias("consent", ACCOUNT)
    finally:
        world.set_role(town.world, "administrator")

    assert (done.code, "no puede pedir consentimientos" in done.err) == (3, True)
