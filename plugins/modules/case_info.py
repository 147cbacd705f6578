#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of reading a case."""

from __future__ import annotations

DOCUMENTATION = r"""
module: case_info
short_description: Read a case and check its conditions of operation
version_added: 0.1.0
description:
  - Reads one case from the help desk's sheet, joins it to the ledger and checks everything it needs before it starts.
  - Returns no free text of the sheet; what it returns has been matched against the inventory.
extends_documentation_fragment:
  - funza.copias._case
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.case_claim
"""

EXAMPLES = r"""
- name: Read the case
  funza.copias.case_info:
    config: "{{ copias_config }}"
    case: "{{ case }}"
  register: __case_intake_info
"""

RETURN = r"""
case:
  description: The case.
  returned: success
  type: dict
  contains:
    number:
      description: Its number.
      type: str
    state:
      description: Its state by the ledger.
      type: str
    kind:
      description: What is copied.
      type: str
    subject:
      description: The inventory host that is copied; empty when the case names none.
      type: str
    resolved:
      description: Whether nothing is left to do.
      type: bool
checks:
  description: Each condition of operation, with its repair.
  returned: success
  type: list
  elements: dict
ready:
  description: Whether the case can start.
  returned: success
  type: bool
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import CaseModule

try:
    from copias.case.starting import plan_start
except ImportError:
    pass  # CaseModule reports it


def read(module: CaseModule) -> dict[str, t.Any]:
    """Read the case and its conditions; change nothing."""
    plan = plan_start(module.office, module.case)
    intake = plan.intake
    known = intake.subject in module.office.deployment.databases
    return {
        "changed": False,
        "case": {
            "number": intake.number,
            "state": intake.state.value,
            "kind": intake.kind or "",
            "subject": intake.subject if known else "",
            "resolved": plan.resolved,
        },
        "checks": [vars(check) for check in plan.preflight.checks] if plan.preflight else [],
        "ready": plan.preflight is None or plan.preflight.ready,
    }


def main() -> t.NoReturn:
    """Run the module."""
    CaseModule().finish(read)


if __name__ == "__main__":
    main()
