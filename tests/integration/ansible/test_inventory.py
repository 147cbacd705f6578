"""The deployment's file as an inventory, read by Ansible's own program."""

from __future__ import annotations

import json

from copias_sandbox.world import PROJECT
from tests.e2e.town import DATABASE
from tests.integration.ansible import plays


def hosts_of(town):
    """Return the variables of each host; Ansible marks every value of ours as text that is never a template."""
    hosts = json.loads(inventory(town, "--list").text)["_meta"]["hostvars"]
    return {host: {name: marked["__ansible_unsafe"] for name, marked in found.items()} for host, found in hosts.items()}


def inventory(town, *arguments):
    return plays.run(town, [str(plays.PROGRAMS / "ansible-inventory"), "-i", str(town.config), *arguments])


def test_graph_shows_what_is_copied_and_where_it_is_kept(town):
    graph = inventory(town, "--graph").text

    shape = [line.replace("|", " ").strip() for line in graph.splitlines() if line]
    assert shape == [
        "@all:",
        "--@ungrouped:",
        "--control",
        "--@sinfa:",
        f"--{DATABASE}",
        "--@nas:",
        "--nas_principal",
        "--@case_subject:",
    ]


def test_hosts_are_worked_on_from_here_and_know_their_deployment(town):
    hosts = hosts_of(town)

    assert set(hosts) == {"control", DATABASE, "nas_principal"}
    assert {host["ansible_connection"] for host in hosts.values()} == {"local"}
    assert {host["copias_config"] for host in hosts.values()} == {str(town.config)}
    assert hosts[DATABASE]["sinfa_engine"] == "postgresql"


def test_no_secret_and_nothing_of_a_case_is_a_variable(town):
    text = inventory(town, "--list").text

    for secret in ("COPIAS_SINFA_PASSWORD_FILE", "COPIAS_GOOGLE_KEY"):
        assert town.world.environment[secret] not in text
    variables = {name for host in hosts_of(town).values() for name in host}
    ours = {name for name in variables if not name.startswith("ansible_")}
    assert ours == {"copias_config", "sinfa_engine", "sinfa_department", "sinfa_store"}


def test_missing_variable_of_the_environment_is_named(town):
    town.configure(entity="${COPIAS_NO_SUCH_VARIABLE}")

    graph = inventory(town, "--graph")

    assert "la variable COPIAS_NO_SUCH_VARIABLE no está definida" in graph.text


def test_every_playbook_is_understood(town):
    for playbook in sorted((PROJECT / "playbooks").glob("*.yml")):
        checked = plays.play(town, "--syntax-check", playbook=playbook)

        assert checked.code == 0, checked.text
