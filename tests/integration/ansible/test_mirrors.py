"""The mirrors of the accounts as a playbook brings them up to date: each account is a host with a result of its own."""

from __future__ import annotations

import shutil

import pytest
import yaml

from copias_sandbox.seed.words import DOMAIN
from copias_sandbox.world import PROJECT
from tests.e2e.town import NO_REPOSITORY
from tests.integration.ansible import plays
from tests.integration.ansible.modules import documented

ANA, LUZ, PIA = ACCOUNTS = tuple(f"{name}.prueba@{DOMAIN}" for name in ("ana", "luz", "pia"))
GET = "gmail.users.messages.get"
STANDING = {
    "authoriser": "Mariela Ejemplo",
    "post": "Secretaria General",
    "document": "Resolución 100 de 2026",
    "motive": "Custodia del correo institucional",
    "until": "2099-12-31",
    "accounts": [*ACCOUNTS],
}


@pytest.fixture
def hosts(town):
    """Three accounts with mail, and an inventory of them beside the deployment's."""
    quick = {"mailboxes__time_limit": "PT4S", "google__attempts": 2, "directory": False}
    town.configure(mailboxes__standing=STANDING, **quick, **NO_REPOSITORY)
    for place, account in enumerate(ACCOUNTS):
        town.admin.user(account, isMailboxSetup=True, suspended=False, name={"fullName": account}, orgUnitPath="/")
        town.admin.mailbox(account, count=6, mean_bytes=900, seed=place)
    path = town.temporary / "accounts.yml"
    path.write_text(yaml.safe_dump({"mailboxes": {"hosts": dict.fromkeys(ACCOUNTS)}}))
    town.admin.clear_calls()
    return path


def mirror(town, hosts, *arguments, playbook="mirror.yml"):
    given = ["-i", str(hosts), *arguments]
    return plays.play(town, *given, case=None, playbook=PROJECT / "playbooks" / playbook)


def test_each_account_has_its_own_result_and_a_second_run_changes_nothing(town, hosts):
    first = mirror(town, hosts)
    again = mirror(town, hosts)

    assert first.code == again.code == 0, first.text
    assert first.changed == dict.fromkeys(ACCOUNTS, 1)
    assert again.changed == dict.fromkeys(ACCOUNTS, 0)
    assert len(town.admin.calls(GET)) == 18


def test_suspended_and_hanging_accounts_fail_alone(town, hosts):
    town.admin.suspend(LUZ)
    town.admin.fault("latency", GET, match=town.admin.mail(PIA)[0]["id"], seconds=60, times=0)

    played = mirror(town, hosts)

    assert played.code == 2
    assert {host: (one["changed"], one["failed"]) for host, one in played.recap.items()} == {
        ANA: (1, 0),
        LUZ: (0, 1),
        PIA: (0, 1),
    }
    assert "AccountSuspended" in played.text
    assert "mailboxes.time_limit" in played.text


def test_limit_chooses_accounts_without_naming_control(town, hosts):
    played = mirror(town, hosts, "--limit", LUZ)

    assert played.code == 0, played.text
    assert played.changed == {LUZ: 1}
    assert len(town.admin.calls(GET)) == 6


def test_check_mode_tells_which_mailboxes_changed_and_reads_none(town, hosts):
    mirror(town, hosts, "--limit", f"{ANA},{LUZ}")
    town.admin.deliver(LUZ)
    before = plays.everything(town)
    town.admin.clear_calls()

    played = mirror(town, hosts, "--check", "--diff")

    assert played.changed == {ANA: 0, LUZ: 1, PIA: 1}
    assert town.admin.calls(GET) == []
    assert ledger_and_mirrors(plays.everything(town)) == ledger_and_mirrors(before)


def ledger_and_mirrors(found):
    return {path: content for path, content in found.items() if "sqlite" not in path}


def test_account_that_the_call_did_not_know_of_fails_too(town, hosts):
    report = [{"hosts": "mailboxes", "gather_facts": False, "roles": [{"role": "funza.copias._mailbox_report"}]}]
    report[0]["vars"] = {"__mailbox_mirror_done": {"mailboxes": {}}}
    playbook = town.temporary / "report.yml"
    playbook.write_text(yaml.safe_dump(report))

    played = plays.play(town, "-i", str(hosts), case=None, playbook=playbook)

    assert played.code == 2
    assert {one["failed"] for one in played.recap.values()} == {1}


def test_call_is_made_once_for_all_whatever_strategy_somebody_chose(town, hosts, monkeypatch):
    monkeypatch.setenv("ANSIBLE_STRATEGY", "free")

    played = mirror(town, hosts)

    assert played.code == 0, played.text
    assert played.text.count("Validating arguments") == 1
    assert sum(one["ok"] for one in played.recap.values()) == len(ACCOUNTS) + 2


def test_reconciling_is_a_playbook_of_its_own(town, hosts):
    mirror(town, hosts)
    town.admin.clear_calls()

    played = mirror(town, hosts, "--limit", ANA, playbook="reconcile.yml")

    assert played.code == 0, played.text
    assert played.changed == {ANA: 0}
    assert len(town.admin.calls(GET)) == 6  # the sample
    assert "different: []" in played.text


def test_night_tells_by_host_what_changed_and_failed_and_counts_the_rest_with_what_is_no_host_s(town, hosts, modules):
    modules.run("mailbox_mirror", accounts=[*ACCOUNTS])
    town.admin.deliver(ANA)
    town.admin.suspend(LUZ)
    shutil.rmtree(town.world.nas)
    nothing_else = {"repositories": {}, "policies": {}, "databases__hacienda__repository": None}
    town.configure(mailboxes__standing=STANDING, directory=False, **nothing_else)

    played = mirror(town, hosts, playbook="nightly.yml")

    told = {host: (one["changed"], one["failed"]) for host, one in played.recap.items()}
    assert {ANA: (1, 0), LUZ: (0, 1)}.items() <= told.items(), played.text
    assert "AccountSuspended" in played.text
    assert "unchanged_mailboxes: 1" in played.text
    # A store that does not answer fails no task of its own host: the night is not green all the same.
    assert (told["nas_principal"][1], told["control"][1]) == (0, 1)
    assert f": {LUZ}, nas_principal. Vea" in " ".join(played.text.split())


def test_account_that_was_asked_for_by_name_is_told_by_host_though_nothing_changed(town, hosts, modules):
    first = modules.run("mailbox_mirror", accounts=[ANA, LUZ], night=True)
    again = modules.run("mailbox_mirror", accounts=[ANA, LUZ], night=True)
    named = modules.run("mailbox_mirror", accounts=[ANA], night=True, always=True)

    assert [(one["news"], one["unchanged"]) for one in (first, again, named)] == [([ANA, LUZ], 0), ([], 2), ([ANA], 1)]


def test_module_returns_what_it_documents(town, hosts, modules):
    result = modules.run("mailbox_mirror", accounts=[ANA])

    described = documented("mailbox_mirror")["mailboxes"]["sample"]
    assert documented("mailbox_mirror").keys() == result.keys() - {"changed", "diff", "invocation"}
    assert all(set(one) == set(result["mailboxes"][ANA]) for one in described.values())
    assert result["diff"]["after"][ANA] > 0
    assert result["diff"]["before"][ANA] is None
