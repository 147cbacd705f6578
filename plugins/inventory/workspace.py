# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The deployment's file as an Ansible inventory."""

from __future__ import annotations

DOCUMENTATION = r"""
name: workspace
short_description: The things that are copied and the places that keep them
version_added: 0.1.0
author:
  - copias contributors (@copias)
description:
  - Reads the deployment's file, C(copias.yml), which the package reads too, and the organisation's Directory.
  - The host C(control) is this machine.
  - The groups are C(sinfa), a host for each database, and C(nas), a host for each store.
  - The group C(mailboxes) is of the accounts that have Gmail, by their primary address.
  - The group C(drives) is of the accounts' Drives, by the address with C(+drive) after it, because what is done to a
    host depends on its groups, and a mailbox is not a Drive.
  - Suspended and archived accounts cannot be read. They are in C(suspended) and C(archived), and in neither of these.
  - The group C(departments) has a group for each department, and C(org_units) one for each organisational unit.
  - The groups C(case_subject) and C(recoveries) are empty; a playbook that attends a case puts there what the case
    copies, or the account that it gives mail back to.
  - The group C(policies) has a group C(policy_NAME) for each policy of the file, with the databases, mailboxes and
    Drives that it covers, and the variables C(copias_policy), C(copias_every) and C(copias_drill_every), in seconds,
    and C(copias_nights), how many nightly copies stay. A host is in one policy at most.
  - The variable C(copias_config) of all hosts is the file's path, which every module of the collection asks for.
  - The variable C(copias_repositories) of C(control) has the names of the file's repositories.
  - A database has the variables C(sinfa_engine), C(sinfa_department) and C(sinfa_store).
  - An account has the variables C(copias_account), C(copias_department) and C(copias_org_unit).
  - Every host is worked on from the control node, so each has a local connection.
  - The Directory's texts are plain values. Nothing in them is ever a template.
  - A Directory that does not answer is an error, unless an earlier answer is in the cache, which is used then, however
    old, with a warning. Where it is not required it is a warning in any case, and the variable
    C(copias_directory_error) of all hosts tells what it said.
requirements:
  - The Python package C(copias), which is in this repository.
extends_documentation_fragment:
  - inventory_cache
options:
  plugin:
    description: Marks the file as this plugin's.
    type: str
    required: true
    choices:
      - funza.copias.workspace
  directory:
    description:
      - Make a host of each account of the Directory.
      - Without C(mailboxes) in the file, which names the administrator that is acted for, there are none either way.
      - A run of one case turns it off by the environment. What it copies is added by its playbook.
    type: bool
    default: true
    env:
      - name: COPIAS_DIRECTORY
  directory_required:
    description:
      - Whether an inventory without the accounts of a Directory that does not answer is an error.
      - The night turns it off by the environment. Its databases wait for no Directory.
    type: bool
    default: true
    env:
      - name: COPIAS_DIRECTORY_REQUIRED
  account_filter:
    description: A search in the Directory's own language. Only accounts that fit it become hosts.
    type: str
    default: ""
  account_groups:
    description: By what accounts are grouped.
    type: list
    elements: str
    choices:
      - department
      - org_unit
    default:
      - department
"""

EXAMPLES = r"""
# inventories/example/copias.yml; docs/configuration.md explains every key.
plugin: funza.copias.workspace
entity: Alcaldía de ejemplo
state: /var/lib/copias
people: people.yml

google:
  key_file: /etc/copias/google.json

# The accounts of one unit, remembered for a day.
account_filter: orgUnitPath='/Secretaría de Hacienda'
account_groups: [department, org_unit]
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: /var/lib/copias/inventory
cache_timeout: 86400

mailboxes:
  domains: [example.gov]
  administrator: mesa.ayuda@example.gov
  store: nas_principal

help_desk:
  spreadsheet: the-id-of-the-spreadsheet
  requests_tab: Solicitudes
  responses_tab: Respuestas
  control_spreadsheet: the-id-of-another
  control_tab: Control

stores:
  nas_principal:
    kind: sftp
    host: nas.example
    user: copias
    path: /copias
    identity_file: /etc/copias/keys/nas
    known_hosts: /etc/copias/known_hosts

databases:
  hacienda:
    engine: postgresql
    host: sinfa.example
    database: sinfa
    user: copias
    password_file: /etc/copias/keys/sinfa.password
    department: Secretaría de Hacienda
    record_series: Estados financieros
    store: nas_principal

policies:
  hacienda_diaria:
    every: P1D
    nights: {daily: 14, weekly: 8, monthly: 12, yearly: 10}
    databases: [hacienda]
    org_units: [/Secretaría de Hacienda/Tesorería]
"""

import sys
import time
import typing as t
from dataclasses import asdict
from pathlib import Path

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable

try:
    from copias.config import Deployment, load_deployment
    from copias.errors import BackupError, Unavailable
    from copias.google.directory import DirectoryUser, read_accounts
    from copias.google.roster import ACCOUNT_GROUPS, Roster, find_policies, make_roster
    from copias.policies import GROUPS, policy_group

    IMPORT_ERROR: ImportError | None = None
except ImportError as error:
    IMPORT_ERROR = error


class InventoryModule(BaseInventoryPlugin, Cacheable):
    """Builds the inventory of one deployment."""

    NAME = "funza.copias.workspace"

    def verify_file(self, path: str) -> bool:
        """Tell whether the file is a deployment's."""
        return super().verify_file(path) and Path(path).name == "copias.yml"

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:  # noqa: FBT001, FBT002  Ansible's own signature
        """Add the hosts and groups of the deployment."""
        super().parse(inventory, loader, path, cache)
        if IMPORT_ERROR is not None:
            raise AnsibleParserError("the Python package copias is needed") from IMPORT_ERROR
        try:
            self._deployment = deployment = load_deployment(Path(path))
            self._set_up(deployment)
            accounts = self._find_accounts(deployment, path, cache=cache)
        except BackupError as error:
            # Its own cause is a dump of the whole model, which says no more than the message.
            raise AnsibleParserError(str(error)) from None
        self._add_host("control", None)
        self._add_group("sinfa", sorted(deployment.databases))
        self._add_group("nas", sorted(deployment.stores))
        self._add_accounts(accounts)
        self._add_group("case_subject", [])
        self._add_group("recoveries", [])
        for group in ("case_subject", "recoveries"):
            self._connect(group)  # a playbook puts in them what the case is about, whatever its kind
        self.inventory.set_variable("all", "copias_config", str(Path(path).resolve()))
        self.inventory.set_variable("control", "copias_repositories", sorted(deployment.repositories))
        self._describe_databases(deployment)
        self._add_policies(deployment)

    def _set_up(self, deployment: Deployment) -> None:
        """Take the options from the file as the package read it, with its variables filled in."""
        file = deployment.cache_options() | {
            "plugin": deployment.plugin,
            "account_filter": deployment.account_filter,
            "account_groups": list(deployment.account_groups),
        }
        # Left out when it is on, so that the environment can turn it off.
        self.set_options(direct=file if deployment.directory else {**file, "directory": False})
        # Where nothing is to be cached its folder is not made: whoever sets the machine up is not whoever works on it.
        if self.get_option("cache") and self.get_option("directory") and deployment.mailboxes is not None:
            self._open_cache()

    def _open_cache(self) -> None:
        """Open the cache of the Directory's answers; one that this account cannot use is done without, and told."""
        self._fresh = self.get_option("cache_timeout")
        # The cache itself keeps everything: an old answer is better than none while the Directory is down.
        self.set_option("cache_timeout", 0)
        try:
            self.load_cache_plugin()
        except AnsibleError as error:
            self.set_option("cache", value=False)
            self.display.warning(f"sin caché del directorio: {error}. Déle esa carpeta a la cuenta que hace las copias")

    def _find_accounts(self, deployment: Deployment, path: str, *, cache: bool) -> list[DirectoryUser]:
        """Return the Directory's accounts; none, and a variable that says why, where they are not required."""
        try:
            return self._accounts(deployment, path, cache=cache)
        except BackupError as error:
            if self.get_option("directory_required"):
                raise
            self.display.warning(str(error))
            self.inventory.set_variable("all", "copias_directory_error", error.facts())
            return []

    def _accounts(self, deployment: Deployment, path: str, *, cache: bool) -> list[DirectoryUser]:
        """Return the Directory's accounts: from the cache when they are fresh, or when nothing else is to be had."""
        if not self.get_option("directory") or deployment.mailboxes is None:
            return []
        key = self.get_cache_key(f"{path}?{self.get_option('account_filter')}")
        held, age = self._recall(key)
        if held is not None and cache and 0 <= age < self._fresh:
            return held
        try:
            found = read_accounts(deployment.google, deployment.mailboxes.administrator, deployment.account_filter)
        except Unavailable as error:
            if held is None:
                raise
            self.display.warning(f"{error}; se usa la respuesta de hace {age / 3600:.1f} h, guardada en la caché")
            return held
        if self.get_option("cache"):
            self._cache[key] = {"at": time.time(), "accounts": [asdict(account) for account in found]}
            self.set_cache_plugin()
        return found

    def _recall(self, key: str) -> tuple[list[DirectoryUser] | None, float]:
        """Return the cached accounts and their age in seconds; what is not what we wrote is as good as nothing."""
        try:
            kept = self._cache.get(key) if self.get_option("cache") else None
            return [DirectoryUser(**account) for account in kept["accounts"]], time.time() - kept["at"]
        except (TypeError, KeyError, AnsibleError):  # the last for a file that a power cut left half written
            return None, 0.0

    def _add_accounts(self, accounts: list[DirectoryUser]) -> None:
        mailboxes = self._deployment.mailboxes
        self._roster = roster = make_roster(
            accounts,
            is_ours=lambda address: mailboxes is not None and mailboxes.is_account(address),
            groups=self.get_option("account_groups"),
        )
        for group in ACCOUNT_GROUPS:
            self._add_group(group, [])
            self._connect(group)  # hosts may be added later too, by a playbook
        self._add_roster(roster)

    def _add_roster(self, roster: Roster) -> None:
        for group in roster.members:
            self.inventory.add_group(group)
        for parent, children in roster.children.items():
            for child in children:
                self._put_group(parent, child)
        for group, hosts in roster.members.items():
            for host in hosts:
                self.inventory.add_host(host, group=group)
        for host, variables in roster.hosts.items():
            for name, value in variables.items():
                self.inventory.set_variable(host, name, value)

    def _put_group(self, parent: str, child: str) -> None:
        self.inventory.add_group(parent)
        self.inventory.add_group(child)
        self.inventory.add_child(parent, child)

    def _add_group(self, group: str, hosts: list[str]) -> None:
        self.inventory.add_group(group)
        for host in hosts:
            self._add_host(host, group)

    def _add_host(self, host: str, group: str | None) -> None:
        self.inventory.add_host(host, group=group)
        self._connect(host)

    def _connect(self, entity: str) -> None:
        """Have a host, or a group's hosts, worked on from here."""
        self.inventory.set_variable(entity, "ansible_connection", "local")
        self.inventory.set_variable(entity, "ansible_python_interpreter", sys.executable)

    def _describe_databases(self, deployment: Deployment) -> None:
        for name, database in deployment.databases.items():
            self.inventory.set_variable(name, "sinfa_engine", database.engine)
            self.inventory.set_variable(name, "sinfa_department", database.department)
            self.inventory.set_variable(name, "sinfa_store", database.store)

    def _add_policies(self, deployment: Deployment) -> None:
        """Group what is copied by policy, once its hosts are there; a group without any stays, for ``--limit``."""
        for name, policy in deployment.policies.items():
            group = policy_group(name)
            self._put_group(GROUPS, group)
            nights = policy.nights or deployment.retention.nights
            facts = {
                "copias_policy": name,
                "copias_every": int(policy.every.total_seconds()),
                "copias_drill_every": int(policy.drill_every.total_seconds()),
                "copias_nights": nights.model_dump(),
            }
            for key, value in facts.items():
                self.inventory.set_variable(group, key, value)
        policies = deployment.known_policies
        covered = {name: policies.of_database(name)[0] for name in sorted(deployment.databases)}
        for host, name in (covered | find_policies(self._roster, policies)).items():
            if name:
                self.inventory.add_host(host, group=policy_group(name))
