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
  - Reads the deployment's file, C(copias.yml), which the package reads too.
  - The host C(control) is this machine.
  - The groups are C(sinfa), a host for each database, and C(nas), a host for each store.
  - The group C(case_subject) is empty; a playbook that attends a case puts there what the case copies.
  - The variable C(copias_config) of all hosts is the file's path, which every module of the collection asks for.
  - A database has the variables C(sinfa_engine), C(sinfa_department) and C(sinfa_store).
  - Every host is worked on from the control node, so each has a local connection.
requirements:
  - The Python package C(copias), which is in this repository.
options:
  plugin:
    description: Marks the file as this plugin's.
    type: str
    required: true
    choices:
      - funza.copias.workspace
"""

EXAMPLES = r"""
# inventories/example/copias.yml; docs/configuration.md explains every key.
plugin: funza.copias.workspace
entity: Alcaldía de ejemplo
state: /var/lib/copias
people: people.yml

google:
  key_file: /etc/copias/google.json

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
"""

import sys
import typing as t
from pathlib import Path

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin

try:
    from copias.config import Deployment, load_deployment
    from copias.errors import BackupError

    IMPORT_ERROR: ImportError | None = None
except ImportError as error:
    IMPORT_ERROR = error


class InventoryModule(BaseInventoryPlugin):
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
            deployment = load_deployment(Path(path))
        except BackupError as error:
            # Its own cause is a dump of the whole model, which says no more than the message.
            raise AnsibleParserError(str(error)) from None
        self._add_host("control", None)
        self._add_group("sinfa", sorted(deployment.databases))
        self._add_group("nas", sorted(deployment.stores))
        self._add_group("case_subject", [])
        self.inventory.set_variable("all", "copias_config", str(Path(path).resolve()))
        self._describe_databases(deployment)

    def _add_group(self, group: str, hosts: list[str]) -> None:
        self.inventory.add_group(group)
        for host in hosts:
            self._add_host(host, group)

    def _add_host(self, host: str, group: str | None) -> None:
        self.inventory.add_host(host, group=group)
        self.inventory.set_variable(host, "ansible_connection", "local")
        self.inventory.set_variable(host, "ansible_python_interpreter", sys.executable)

    def _describe_databases(self, deployment: Deployment) -> None:
        for name, database in deployment.databases.items():
            self.inventory.set_variable(name, "sinfa_engine", database.engine)
            self.inventory.set_variable(name, "sinfa_department", database.department)
            self.inventory.set_variable(name, "sinfa_store", database.store)
