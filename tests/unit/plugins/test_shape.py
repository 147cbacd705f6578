"""What keeps the collection's shape: thin playbooks, complete roles, and nothing of a case but its number."""

from __future__ import annotations

import ast
import importlib
import re

import yaml

PLAY_KEYS = {"name", "hosts", "gather_facts", "any_errors_fatal", "serial", "strategy", "roles"}
OWN = {"__mailbox_mirror_done.mailboxes[inventory_hostname]", "__night_report_own"}
"""What the package says of a host's own account: counts, and words of ours."""
OF_CONTROL = re.compile(
    r"__night_step|ansible_failed_result\.msg|__night_begin_done\.night\.(steps|repositories\.(state|check|retention))"
    r"|hostvars\.control\.__mailbox_mirror_done\.mailboxes\[inventory_hostname\] if inventory_hostname != 'control'"
    r"\s+else {'changed': false,"
    r"\s+'error': hostvars\.control\.__night_ended\.report\.trouble \| default\(none\)"
    r" or hostvars\.control\.__night_failed\.msg \| default\(none\),"
    r"\s+'unchanged_mailboxes': hostvars\.control\.__mailbox_mirror_done\.unchanged \| default\(0\)}"
)
"""What the package says of a night: words of ours, and names of the deployment's file."""
TEMPLATING = re.compile(r"include_vars|vars_files|vars_prompt|set_fact|host_vars|!unsafe|from_yaml|lookup\(|query\(")
"""Ways for text to become a variable, and by that a template."""
OF_A_LIMIT = "query('inventory_hostnames', ansible_limit)"
"""Names of hosts that who typed ``--limit`` chose: nothing is read."""


REPORTS = ("_mailbox_report", "_night_report")
"""The roles that are applied to each of thousands of accounts: a specification would be one more task for each."""


def tasks_of(project):
    for path in sorted(project.glob("roles/*/tasks/*.yml")):
        yield path, yaml.safe_load(path.read_text())


def test_all_that_plugins_ask_of_the_package_is_there(project):
    # A module catches ImportError, to say that the package is not installed: a name that went would be told as that.
    asked = {
        (path.name, node.module, alias.name)
        for path in project.glob("plugins/**/*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "copias"
        for alias in node.names
    }

    assert asked
    assert {one for one in asked if not hasattr(importlib.import_module(one[1]), one[2])} == set()


def test_playbooks_hold_plays_of_roles_and_no_more(project):
    for path in project.glob("playbooks/*.yml"):
        text = path.read_text()
        for play in yaml.safe_load(text):
            assert set(play) <= PLAY_KEYS, path
        code = [line for line in text.splitlines() if line and not line.startswith(("#", "---"))]
        assert len(code) <= 20, path


def test_every_variable_of_a_role_is_specified_and_the_other_way_round(project):
    for role in project.glob("roles/*"):
        if role.name in REPORTS:
            continue
        options = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"][
            "options"
        ]
        defaults = yaml.safe_load((role / "defaults" / "main.yml").read_text())

        assert set(options) == set(defaults), role.name
        assert all(name.startswith(f"{role.name}_") for name in options)
        assert all({"description", "type"} <= set(option) for option in options.values())


def test_task_files_are_short_and_every_task_is_named(project):
    for path, tasks in tasks_of(project):
        assert len(tasks) <= 9, path
        assert all(task["name"][0].isupper() for task in tasks), path


def test_nothing_read_becomes_a_variable_that_is_templated(project):
    for folder in ("playbooks", "roles"):
        for path in (project / folder).rglob("*.yml"):
            assert not TEMPLATING.search(path.read_text().replace(OF_A_LIMIT, "")), path


MACHINE = {"control_node", "control_rebuild"}
"""The roles of the machine itself: they take what the administrator says of it, and know nothing of cases."""


def test_tasks_take_only_the_number_of_a_case_and_the_subject_that_was_matched(project):
    found = {
        value
        for path, tasks in tasks_of(project)
        if path.parts[-3] not in MACHINE
        for task in tasks
        for value in re.findall(r"{{\s*(.*?)\s*}}", yaml.safe_dump(task))
    }

    allowed = re.compile(
        r"\w+_(config|case)|__case_intake_info\.case\.(subject|group)|mailbox_mirror_(accounts|reconcile|night|always|whole)"
        r"|night_begin_(hosts|left_out|always|directory_error)|night_(accounts|always|force)"
        r"|sinfa_night_(database|force|smaller)|restore_drill_(database|oldest)|nas_re(pository|tention)_names|store_watch_(names|budget)"
    )
    assert [value for value in found - OWN if not (allowed.fullmatch(value) or OF_CONTROL.fullmatch(value))] == []


def test_accounts_are_the_hosts_of_the_play_and_come_from_nowhere_else(project):
    defaults = yaml.safe_load((project / "roles" / "mailbox_mirror" / "defaults" / "main.yml").read_text())

    assert defaults["mailbox_mirror_accounts"] == "{{ ansible_play_hosts_all }}"
    assert defaults["mailbox_mirror_reconcile"] is False


def test_report_is_one_task_for_each_account_and_has_no_arguments_to_validate(project):
    for role in (project / "roles" / name for name in REPORTS):
        assert len(yaml.safe_load((role / "tasks" / "main.yml").read_text())) == 1
        assert not (role / "meta" / "argument_specs.yml").exists()
        assert not (role / "defaults").exists()


def test_modules_of_a_case_take_a_configuration_and_its_number_and_nothing_else(seam):
    assert set(seam.CASE_OPTIONS) == {"config", "case"}


def test_a_number_and_switches_are_the_only_extra_variables_that_a_run_is_given(project):
    nodes = [
        node for path in (project / "src" / "copias").rglob("*.py") for node in ast.walk(ast.parse(path.read_text()))
    ]

    keywords = [node for node in nodes if isinstance(node, ast.keyword) and node.arg in {"extravars", "extra_vars"}]
    given = [ast.unparse(keyword.value) for keyword in keywords]

    assert given == ["{'case': self.request.case} if self.request.case else dict.fromkeys(self.request.switches, True)"]


def test_switches_of_a_run_are_words_of_the_program_and_never_typed(project):
    nodes = [
        node for path in (project / "src" / "copias").rglob("*.py") for node in ast.walk(ast.parse(path.read_text()))
    ]

    given = {ast.unparse(node.value) for node in nodes if isinstance(node, ast.keyword) and node.arg == "switches"}

    assert given <= {"switches", "tuple(compress(SWITCHES, (force, smaller)))"}
