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
  - Refuses a case that does not meet its conditions of operation, naming all that fail, each with its repair.
  - A case that nothing but its suspended account keeps from starting is put on hold, and the module fails; the
    administrator is asked once, and C(copias poll) goes on with the case when the account is active.
  - Records who runs the case. A case that another live run holds is refused; the claim of a dead run is taken over.
  - Moves the case to in progress and appends the row of the response form.
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
state:
  description: The state of the case after the step; in check mode, as it would be.
  returned: success
  type: str
  sample: in_progress
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import CaseModule

try:
    from copias.case.starting import plan_start
except ImportError:
    pass  # CaseModule reports it


def claim(module: CaseModule) -> dict[str, t.Any]:
    """Claim the case for this playbook."""
    plan = plan_start(module.office, module.case)
    if module.check_mode:
        plan.require_ready()
    else:
        # Also when nothing changes: a case that is under way is taken over from a run that died.
        plan.run()
    diff = plan.diff()
    return {"changed": plan.changes, "state": diff["after"]["state"], "diff": diff}


def main() -> t.NoReturn:
    """Run the module."""
    CaseModule().finish(claim)


if __name__ == "__main__":
    main()
