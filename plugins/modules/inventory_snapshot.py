#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of the snapshots of the inventory."""

from __future__ import annotations

DOCUMENTATION = r"""
module: inventory_snapshot
short_description: Keep a snapshot of who is there, when that changed
version_added: 0.4.0
description:
  - Reads the accounts of the Directory, with department, unit and state, and the databases of the deployment's file.
  - When they are not as they were, keeps them in a file of the state, whose SHA-256 goes into the ledger.
  - C(copias audit inventory) tells from these who appeared, left, moved or was suspended between two dates.
extends_documentation_fragment:
  - funza.copias._office
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.state_snapshot
"""

EXAMPLES = r"""
- name: Keep who is there
  funza.copias.inventory_snapshot:
    config: "{{ copias_config }}"
"""

RETURN = r"""
inventory:
  description: What was seen.
  returned: success
  type: dict
  contains:
    sha256:
      description: Of the snapshot's content.
      type: str
      sample: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
    accounts:
      description: How many accounts there are.
      type: int
      sample: 412
    databases:
      description: How many databases there are.
      type: int
      sample: 3
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import CONFIG_OPTION, OfficeModule

try:
    from copias.audit.inventory import SnapshotPlan
except ImportError:
    pass  # OfficeModule reports it


def keep(module: OfficeModule) -> dict[str, t.Any]:
    """Look, and keep what changed; in check mode, only look."""
    plan = SnapshotPlan(module.office)
    changed, before = plan.changes, plan.before
    if changed and not module.check_mode:
        plan.run()
    counts = {"accounts": len(plan.inventory.accounts), "databases": len(plan.inventory.databases)}
    return {
        "changed": changed,
        "inventory": {"sha256": plan.sha256, **counts},
        "diff": {"before": f"{before}\n", "after": f"{plan.sha256}\n"},
    }


def main() -> t.NoReturn:
    """Run the module."""
    OfficeModule(CONFIG_OPTION).finish(keep)


if __name__ == "__main__":
    main()
