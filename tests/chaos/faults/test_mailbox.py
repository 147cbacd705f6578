"""Mailbox cases when something goes wrong: what is short is named, nothing is lost, and the next run goes on."""

from __future__ import annotations

import zipfile

import pytest

from copias_sandbox.seed.cases import MAILBOX_CASE
from copias_sandbox.seed.people import demo_requester
from copias_sandbox.world import STORE
from tests.e2e.town import CONTROL

pytestmark = pytest.mark.slow

CASE = str(MAILBOX_CASE)
ACCOUNT = demo_requester().email
GET = "gmail.users.messages.get"


@pytest.fixture
def town(town):
    # No notices: they would come into this very mailbox while it is copied.
    town.hurry(notices=None, mailboxes__store=STORE)
    town.admin.mailbox(ACCOUNT, count=30, mean_bytes=4000, seed=5)
    return town


def names(package) -> list[str]:
    with zipfile.ZipFile(package) as archive:
        return [name for name in archive.namelist() if name.endswith(".eml")]


def test_a_message_that_does_not_come_fails_the_case_and_is_named_and_the_next_run_reads_it_alone(town):
    short = town.admin.mail(ACCOUNT)[7]["id"]
    town.admin.fault("status", GET, match=short, status=503, times=0)

    failed = town.run_case(CASE, "--json")

    assert failed.code == 1, failed.text
    assert short in failed.json["message"]
    assert failed.json["state"] == "failed"
    assert town.stored() == []
    assert town.ours(CONTROL, CASE) == []

    town.admin.clear_faults()
    town.admin.clear_calls()
    again = town.run_case(CASE, "--json")

    assert again.code == 0, again.text
    first = next(call["target"] for call in town.admin.calls(GET))
    assert short in first
    assert len(names(town.stored("*.zip")[0])) == 30


def test_a_run_that_is_killed_while_it_reads_goes_on_where_it_was(town):
    town.admin.fault("latency", GET, seconds=0.4, times=0)
    town.detach(CASE)
    town.wait(lambda: len(town.admin.calls(GET)) >= 10, "ten messages read")
    town.kill_all()
    town.admin.clear_faults()

    again = town.run_case(CASE, "--json")

    assert again.code == 0, again.text
    assert len(names(town.stored("*.zip")[0])) == 30
    assert town.count("copy.made", CASE) == 1


def test_a_stored_package_that_is_changed_before_the_proof_is_found_and_the_case_is_not_resolved(town):
    town.detach(CASE)
    with town.between_steps("copy.stored", CASE):
        package = town.stored("*.zip")[0]
        content = bytearray(package.read_bytes())
        content[len(content) // 2] ^= 1
        package.chmod(0o600)
        package.write_bytes(content)

    followed = town.copias("follow", CASE, "--json")

    assert followed.code == 1, followed.text
    assert town.count("copy.voided", CASE) == 1
    assert town.state(CASE) != "resolved"


def test_a_mailbox_that_is_emptied_before_the_proof_is_not_said_to_be_proven_by_a_restore(town):
    everything = [mail["id"] for mail in town.admin.mail(ACCOUNT)]
    town.detach(CASE)
    with town.between_steps("copy.stored", CASE):
        town.admin.delete_mail(ACCOUNT, everything)

    followed = town.copias("follow", CASE, "--json")

    assert followed.code == 0, followed.text
    assert [row["Nivel de prueba"] for row in town.ours(CONTROL, CASE)] == ["íntegra; restauración no probada"]


def test_an_empty_mailbox_is_copied_and_proven(town):
    town.admin.mailbox(ACCOUNT, count=0)

    call = town.run_case(CASE, "--json")

    assert call.code == 0, call.text
    assert names(town.stored("*.zip")[0]) == []
