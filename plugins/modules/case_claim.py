#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of starting a case."""

from __future__ import annotations

DOCUMENTATION = r"""
module: case_claim
short_description: Claim a case for this playbook and move it to in progress
version_added: 0.1.0
description:
  - Checks the conditions of operation and records who runs the case.
  - Moves the case to in progress and appends the row of the response form.
  - A case that another live run holds is refused; the claim of a dead run is taken over.
  - When the help desk does not answer, the row waits in the outbox and the copy goes on.
extends_documentation_fragment:
  - funza.copias._case
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.case_info
  - module: funza.copias.case_close
"""

EXAMPLES = r"""
- name: Claim the case
  funza.copias.case_claim:
    config: "{{ copias_config }}"
    case: "{{ case }}"
"""

RETURN = r"""
diff:
  description: The state of the case before and after.
  returned: success
  type: dict
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import CaseModule

try:
    from copias.case.starting import plan_start
    from copias.case.states import State
except ImportError:
    pass  # CaseModule reports it


def claim(module: CaseModule) -> dict[str, t.Any]:
    """Claim the case for this playbook."""
    plan = plan_start(module.office, module.case)
    before = plan.intake.state
    if plan.preflight is not None:
        plan.preflight.require(module.case)
    if not module.check_mode:
        plan.run()
    after = State.IN_PROGRESS if plan.changes else before
    return {"changed": plan.changes, "diff": {"before": {"state": before.value}, "after": {"state": after.value}}}


def main() -> t.NoReturn:
    """Run the module."""
    CaseModule().finish(claim)


if __name__ == "__main__":
    main()
