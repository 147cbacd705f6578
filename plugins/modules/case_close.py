#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of closing a case."""

from __future__ import annotations

DOCUMENTATION = r"""
module: case_close
short_description: Register the copy of a case, answer the case and resolve it
version_added: 0.1.0
description:
  - Writes the row of the control sheet and the row of the response form, each once, and resolves the case.
  - Refuses a case whose copy or recovery is not proven. A recovery has no row in the control sheet.
  - A case that waits for what its provider delivers is left as it is.
  - When the help desk does not answer, the rows wait in the outbox and the module fails as transient.
extends_documentation_fragment:
  - funza.copias._case
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.case_claim
  - module: funza.copias.database_verify
"""

EXAMPLES = r"""
- name: Close the case
  funza.copias.case_close:
    config: "{{ copias_config }}"
    case: "{{ case }}"
"""

RETURN = r"""
state:
  description: The state of the case after the step; in check mode, as it would be.
  returned: success
  type: str
  sample: resolved
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import CaseModule

try:
    from copias.case.closing import plan_close
except ImportError:
    pass  # CaseModule reports it


def close(module: CaseModule) -> dict[str, t.Any]:
    """Register, answer and resolve, unless that is done."""
    plan = plan_close(module.office, module.case)
    changed, diff = module.carry_out(plan), plan.diff()
    return {"changed": changed, "state": diff["after"]["state"], "diff": diff}


def main() -> t.NoReturn:
    """Run the module."""
    CaseModule().finish(close)


if __name__ == "__main__":
    main()
