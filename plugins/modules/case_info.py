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
  - Of a resolved case only the ledger is read.
  - Returns no free text of the sheet; what it returns has been matched against the inventory.
extends_documentation_fragment:
  - funza.copias._case
  - funza.copias._case.info
seealso:
  - module: funza.copias.case_claim
"""

EXAMPLES = r"""
- name: Read the case
  funza.copias.case_info:
    config: "{{ copias_config }}"
    case: "{{ case }}"
  register: case_now

- name: Show the conditions that are not met, each with its repair
  ansible.builtin.debug:
    msg: "{{ case_now.checks | rejectattr('passed') }}"
  when: not case_now.ready
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
      sample: "1234"
    state:
      description: Its state by the ledger.
      type: str
      sample: assigned
    kind:
      description: What is copied; empty when neither the words of the case nor an agent said it.
      type: str
      sample: sinfa
    subject:
      description: The inventory host that is copied; empty when the case names none.
      type: str
      sample: hacienda
    group:
      description: The inventory group of what is copied, whose role does it; empty for a kind that is not attended.
      type: str
      sample: sinfa
    resolved:
      description: Whether nothing is left to do.
      type: bool
      sample: false
checks:
  description: Each condition of operation, with its repair; none for a resolved case.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The condition, in Spanish.
      type: str
      sample: agente asignado
    passed:
      description: Whether it is met.
      type: bool
      sample: true
    warning:
      description: Whether the case starts even when it is not met.
      type: bool
      sample: false
    why:
      description: Why it is not met, in Spanish.
      type: str
      sample: la fila no tiene agente
    repair:
      description: What to do about it, in Spanish.
      type: str
      sample: asigne el caso en la mesa de ayuda
ready:
  description: Whether the case can start, or has nothing left to do.
  returned: success
  type: bool
  sample: true
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import CaseModule

try:
    from copias.case.kinds import Check, group_of, kind_of
    from copias.case.starting import plan_start
except ImportError:
    pass  # CaseModule reports it


def read(module: CaseModule) -> dict[str, t.Any]:
    """Read the case and its conditions; change nothing."""
    plan = plan_start(module.office, module.case)
    # Cell text never names a host.
    kind = kind_of(plan.kind)
    known = kind is not None and kind.is_known(module.office.deployment, plan.subject)
    return {
        "changed": False,
        "case": {
            "number": module.case,
            "state": plan.state.value,
            "kind": plan.kind,
            "subject": plan.subject if known else "",
            "group": group_of(kind, plan.mode) if kind else "",
            "resolved": plan.resolved,
        },
        "checks": [describe(check) for check in plan.preflight.checks] if plan.preflight else [],
        "ready": plan.preflight is None or plan.preflight.ready,
    }


def describe(check: Check) -> dict[str, t.Any]:
    """Return a condition of operation; of one that is met, only its name."""
    told = {"why": "", "repair": ""} if check.passed else {"why": check.why, "repair": check.repair}
    return {"name": check.name, "passed": check.passed, "warning": check.warning, **told}


def main() -> t.NoReturn:
    """Run the module."""
    CaseModule().finish(read)


if __name__ == "__main__":
    main()
