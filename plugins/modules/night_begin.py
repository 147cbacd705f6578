#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of the beginning of a night."""

from __future__ import annotations

DOCUMENTATION = r"""
module: night_begin
short_description: Begin a night
version_added: 0.4.0
description:
  - Claims the night for this playbook, so that a second one is refused and told who runs it.
  - Ends the nights before it that died without a word, and records what this one is going to do.
  - Returns what is due by the policies and the ledger, the most overdue first.
options:
  hosts:
    description:
      - The hosts that the night may work on, C(control) among them. Databases, stores and mailboxes are known by name.
    type: list
    elements: str
    required: true
  always:
    description: Copy databases although their policy does not ask for it yet.
    type: bool
    default: false
  left_out:
    description:
      - How many mailboxes of the inventory a limit leaves out. A night of fewer than all is none of everything, and
        tells nobody that everything was copied.
    type: int
    default: 0
    version_added: 0.7.0
  directory_error:
    description: What the inventory's Directory failed of, as the variable C(copias_directory_error) tells.
    type: dict
    default: {}
extends_documentation_fragment:
  - funza.copias._office
  - funza.copias._case.attributes
"""

EXAMPLES = r"""
- name: Begin the night
  funza.copias.night_begin:
    config: "{{ copias_config }}"
    hosts: "{{ ansible_play_hosts_all }}"
  run_once: true
  register: begun
"""

RETURN = r"""
night:
  description: What the night is going to do. Hosts are in the order of their turns.
  returned: success
  type: dict
  sample:
    hosts: [hacienda, nas_principal, control]
    accounts: [marta.ejemplo@example.test]
    always: false
    steps: [mirrors, state, check, retention, outbox]
    repositories:
      mirrors: []
      state: [nas_noches]
      check: [nas_noches]
      retention: [nas_noches]
"""

import typing as t
from pathlib import Path

from ansible_collections.funza.copias.plugins.module_utils._module import CONFIG_OPTION, OfficeModule

try:
    from copias.night.beginning import begin_night, plan_beginning
    from copias.night.outcome import publish_outcome
    from copias.night.steps import DIRECTORY
except ImportError:
    pass  # OfficeModule reports it


def begin(module: OfficeModule) -> dict[str, t.Any]:
    """Claim the night and write down what it is going to do; in check mode, only plan it."""
    hosts, given = module.params["hosts"], {name: module.params[name] for name in ("always", "left_out")}
    if module.check_mode:
        beginning = plan_beginning(module.office, hosts, **given)
    else:
        config = Path(module.params["config"])
        beginning = begin_night(module.office, hosts, config=config, **given)
        if module.params["directory_error"]:
            publish_outcome(module.office, DIRECTORY, {"changed": False, "error": module.params["directory_error"]})
    # What a night does is told by its steps; that it began changes nothing that is looked after.
    return {"changed": False, "night": beginning.to_dict()}


def main() -> t.NoReturn:
    """Run the module."""
    OfficeModule(
        {
            **CONFIG_OPTION,
            "hosts": {"type": "list", "elements": "str", "required": True},
            "always": {"type": "bool", "default": False},
            "left_out": {"type": "int", "default": 0},
            "directory_error": {"type": "dict", "default": {}},
        }
    ).finish(begin)


if __name__ == "__main__":
    main()
