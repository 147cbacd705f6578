"""The deployment's file and the Directory as an inventory, read by Ansible's own programs."""

from __future__ import annotations

import json
import time

import pytest

from copias_sandbox.seed.people import demo_requester
from copias_sandbox.seed.words import DOMAIN, HACIENDA, HELP_DESK
from copias_sandbox.world import PROJECT
from tests.e2e.town import CASE, DATABASE
from tests.integration.ansible import plays

MARTA = demo_requester().email
KIOSK, GONE = f"quiosco@{DOMAIN}", f"ligia.borrada@{DOMAIN}"
SUSPENDED = f"hernan.retirado@{DOMAIN}"
BERTA = f"berta.supuesta@{DOMAIN}"
LISTING = "directory.users.list"
PLACES = {"control", DATABASE, "drive_copias", "nas_principal"}


def listed(town, *arguments):
    """Return the whole inventory as Ansible tells it."""
    return json.loads(inventory(town, "--list", *arguments).text)


def hosts_of(town, *arguments):
    """Return the variables of each host; Ansible marks every text of ours as one that is never a template."""
    return {host: unmark(found) for host, found in listed(town, *arguments)["_meta"]["hostvars"].items()}


def unmark(value):
    """Return a value without its mark; a text that has none is a failure."""
    if isinstance(value, dict):
        return value["__ansible_unsafe"] if "__ansible_unsafe" in value else {key: unmark(value[key]) for key in value}
    if isinstance(value, list):
        return [unmark(one) for one in value]
    assert not isinstance(value, str)
    return value


def inventory(town, *arguments):
    return plays.run(town, [str(plays.PROGRAMS / "ansible-inventory"), "-i", str(town.config), *arguments])


def shape(graph: str) -> list[str]:
    return [line.replace("|", " ").strip() for line in graph.splitlines() if line]


def test_graph_shows_what_is_copied_and_where_it_is_kept(town):
    town.configure(account_filter=f"email:{BERTA.partition('@')[0]}*")

    graph = inventory(town, "--graph").text

    assert shape(graph) == [
        "@all:",
        "--@ungrouped:",
        "--control",
        "--@sinfa:",
        f"--{DATABASE}",
        "--@nas:",
        "--drive_copias",
        "--nas_principal",
        "--@mailboxes:",
        f"--{BERTA}",
        "--@drives:",
        f"--{BERTA}+drive",
        "--@suspended:",
        "--@archived:",
        "--@departments:",
        "--@department_secretaria_de_hacienda:",
        f"--{BERTA}",
        f"--{BERTA}+drive",
        "--@case_subject:",
        "--@recoveries:",
        "--@policies:",
        "--@policy_correo_general:",
        "--@policy_finanzas:",
        f"--{DATABASE}",
        f"--{BERTA}",
        f"--{BERTA}+drive",
    ]


def test_policy_is_a_group_and_its_variables_say_how_often_and_how_long(town):
    town.variables["COPIAS_DIRECTORY"] = "false"

    graph = shape(inventory(town, "--graph", "policies", "--vars").text)

    assert graph.index("--@policy_finanzas:") < graph.index(f"--{DATABASE}")
    assert {"--{copias_policy = finanzas}", "--{copias_every = 86400}", "--{copias_drill_every = 604800}"} <= set(graph)
    assert "--{copias_nights = {'daily': 7, 'weekly': 5, 'monthly': 12, 'yearly': 10}}" in graph


def test_units_are_groups_within_groups_where_that_is_asked_for(town):
    town.configure(account_filter="email:berta*", account_groups=["org_unit"])

    groups = listed(town)

    assert groups["org_units"]["children"] == ["org_unit_secretaria_de_hacienda"]
    assert groups["org_unit_secretaria_de_hacienda"]["children"] == ["org_unit_secretaria_de_hacienda_tesoreria"]
    assert groups["org_unit_secretaria_de_hacienda_tesoreria"]["hosts"] == [BERTA, f"{BERTA}+drive"]
    assert "departments" not in groups


def test_accounts_are_where_they_can_be_copied(town):
    town.admin.user(HELP_DESK, archived=False)
    town.admin.user(f"ana.prueba@{DOMAIN}", archived=True)

    groups = listed(town)

    mailboxes, drives = set(groups["mailboxes"]["hosts"]), set(groups["drives"]["hosts"])
    assert {MARTA, BERTA, HELP_DESK} <= mailboxes
    assert drives == {f"{address}+drive" for address in mailboxes | {KIOSK}}
    assert SUSPENDED in groups["suspended"]["hosts"]
    assert groups["archived"]["hosts"] == [f"ana.prueba@{DOMAIN}"]
    assert not mailboxes & {KIOSK, SUSPENDED, GONE, f"ana.prueba@{DOMAIN}"}
    assert GONE not in groups["_meta"]["hostvars"]


def test_hosts_are_worked_on_from_here_and_know_their_deployment(town):
    hosts = hosts_of(town)

    assert set(hosts) > PLACES | {MARTA, f"{MARTA}+drive"}
    assert {host["ansible_connection"] for host in hosts.values()} == {"local"}
    assert {host["copias_config"] for host in hosts.values()} == {str(town.config)}
    assert hosts[DATABASE]["sinfa_engine"] == "postgresql"
    assert (hosts[MARTA]["copias_account"], hosts[MARTA]["copias_department"]) == (MARTA, HACIENDA)
    assert hosts[f"{MARTA}+drive"]["copias_account"] == MARTA
    assert hosts[BERTA]["copias_org_unit"] == f"/{HACIENDA}/Tesorería"


@pytest.mark.parametrize("change", [{"directory": False}, {"mailboxes": None}], ids=["off", "no administrator"])
def test_without_the_directory_the_rest_is_as_ever(town, change):
    town.configure(**change)

    assert set(hosts_of(town)) == PLACES
    assert town.admin.calls(LISTING) == []


def test_run_of_a_case_does_not_need_the_directory(town):
    town.variables["COPIAS_DIRECTORY"] = "false"

    assert set(hosts_of(town)) == PLACES


def test_text_of_the_directory_is_never_a_template(town):
    trap = town.temporary / "trampa"
    evil = "{{ lookup('pipe', 'touch " + str(trap) + "') }}"
    organisations = [{"department": evil, "primary": True}]
    town.admin.user(MARTA, organizations=organisations, orgUnitPath=f"/{evil}\n\x1b[31m")
    town.configure(account_groups=["department", "org_unit"], account_filter="email:marta*")
    ask = ["-m", "ansible.builtin.debug", "-a", "msg={{ copias_department }}{{ copias_org_unit }}"]

    told = plays.run(town, [str(plays.PROGRAMS / "ansible"), "-i", str(town.config), MARTA, *ask])

    assert evil in " ".join(told.text.replace("''", "'").split())
    assert not trap.exists()
    names = set(listed(town)) - {"_meta"}
    assert all(name.replace("_", "").isalnum() and name.isascii() for name in names)
    assert "\x1b" not in hosts_of(town)[MARTA]["copias_org_unit"]


def test_account_of_another_domain_is_no_host(town):
    for address in ("intruso@otro.example", f"raro;rm@{DOMAIN}", f"con espacio@{DOMAIN}"):
        town.admin.user(address, id=address, name={"fullName": "X"}, suspended=False, orgUnitPath="/")

    hosts = hosts_of(town)

    assert not [host for host in hosts if "intruso" in host or "raro" in host or "espacio" in host]


def cached(town, seconds: int = 3600) -> None:
    folder = town.temporary / "inventario"
    plugin = "ansible.builtin.jsonfile"
    town.configure(cache=True, cache_plugin=plugin, cache_timeout=seconds, cache_connection=str(folder))


def test_directory_is_asked_once_while_its_answer_is_fresh(town):
    cached(town)

    first = hosts_of(town)
    town.admin.suspend(MARTA)
    second = hosts_of(town)

    assert first == second
    assert len(town.admin.calls(LISTING)) == 1
    assert MARTA not in listed(town, "--flush-cache")["mailboxes"]["hosts"]
    assert len(town.admin.calls(LISTING)) == 2


def test_old_answer_is_not_used_while_the_directory_answers(town):
    cached(town, seconds=1)
    hosts_of(town)
    time.sleep(1.1)

    hosts_of(town)

    assert len(town.admin.calls(LISTING)) == 2


def test_old_answer_is_better_than_none_and_is_told(town):
    cached(town, seconds=0)
    before = hosts_of(town)
    town.admin.fault("status", LISTING, status=403, reason="userRateLimitExceeded", times=0)

    graph = inventory(town, "--graph")

    assert graph.code == 0
    assert f"--{MARTA}" in graph.text
    warning = " ".join(graph.text.split())
    assert "se usa la respuesta de hace" in warning
    assert before


def test_answer_that_another_version_kept_is_not_used(town):
    cached(town)
    before = hosts_of(town)
    for file in (town.temporary / "inventario").iterdir():
        kept = file.read_text()
        assert "has_mailbox" in kept
        file.write_text(kept.replace("has_mailbox", "tiene_buzon"))

    assert hosts_of(town) == before
    assert len(town.admin.calls(LISTING)) == 2


def test_cache_that_cannot_be_used_is_told_and_the_directory_is_asked_each_time(town):
    cached(town)
    hosts_of(town)
    (kept,) = (town.temporary / "inventario").iterdir()
    kept.write_text("{")  # as a power cut leaves it
    spoilt = inventory(town, "--graph")
    town.configure(cache=True, cache_plugin="ansible.builtin.jsonfile", cache_connection="/proc/no-folder/cache")

    closed = inventory(town, "--graph")

    assert f"--{MARTA}" in spoilt.text
    assert f"--{MARTA}" in closed.text
    assert "sin caché del directorio" in " ".join(closed.text.split())
    assert len(town.admin.calls(LISTING)) == 3


def test_folder_of_the_cache_is_not_made_by_who_asks_the_directory_nothing(town):
    cached(town)
    town.variables["COPIAS_DIRECTORY"] = "false"

    assert set(hosts_of(town)) == PLACES
    assert not (town.temporary / "inventario").exists()


def test_directory_that_is_down_is_told_when_there_is_nothing_to_fall_back_on(town):
    town.admin.fault("status", LISTING, status=403, reason="userRateLimitExceeded", times=0)

    graph = inventory(town, "--graph")

    assert "no se pudo leer el directorio" in graph.text
    assert "intente más tarde" in " ".join(graph.text.split())


def test_scope_that_is_missing_is_told_with_the_page_to_visit(town):
    town.admin.delegate("100000000000000000001", [])

    graph = inventory(town, "--graph")

    assert "domainwidedelegation" in "".join(graph.text.split())


def test_no_secret_and_nothing_of_a_case_is_a_variable(town):
    text = inventory(town, "--list").text

    for secret in ("COPIAS_SINFA_PASSWORD_FILE", "COPIAS_GOOGLE_KEY"):
        assert town.world.environment[secret] not in text
    variables = {name for host in hosts_of(town).values() for name in host}
    ours = {name for name in variables if not name.startswith("ansible_")}
    places = {"copias_config", "copias_repositories", "sinfa_engine", "sinfa_department", "sinfa_store"}
    of_group_vars = {"store_watch_budget"}
    policies = {"copias_policy", "copias_every", "copias_drill_every", "copias_nights"}
    assert ours == places | of_group_vars | policies | {"copias_account", "copias_department", "copias_org_unit"}


def test_missing_variable_of_the_environment_is_named(town):
    town.configure(entity="${COPIAS_NO_SUCH_VARIABLE}")

    graph = inventory(town, "--graph")

    assert "la variable COPIAS_NO_SUCH_VARIABLE no está definida" in graph.text


def test_every_playbook_is_understood(town):
    playbooks = [str(path) for path in sorted((PROJECT / "playbooks").glob("*.yml"))]
    program, *places = plays.command(town)[:3]

    checked = plays.run(town, [program, "--syntax-check", *places, "-e", json.dumps({"case": CASE}), *playbooks])

    assert checked.code == 0, checked.text
    assert checked.text.count("playbook: ") == len(playbooks)
