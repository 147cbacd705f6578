#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of the audit on schedule."""

from __future__ import annotations

DOCUMENTATION = r"""
module: audit_page
short_description: Keep the page of the audit, when it says something else
version_added: 0.5.0
description:
  - Makes the whole audit, as C(copias audit) does, and keeps its page and its figures in the installation's reports.
  - They are written when what was found is not what the kept ones say, or when somebody changed them.
  - When anything is red, the administrators get one letter a day of it, where the deployment sends mail.
  - The module does not fail for what is red; use the counts that it returns.
extends_documentation_fragment:
  - funza.copias._office
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.inventory_snapshot
"""

EXAMPLES = r"""
- name: Keep the page of the audit
  funza.copias.audit_page:
    config: "{{ copias_config }}"
"""

RETURN = r"""
msg:
  description: What was found, in one line.
  returned: success
  type: str
  sample: 1 en rojo, 3 avisos; vea /var/lib/copias/reports/auditoria.html
audit:
  description: What was found, and where it is kept.
  returned: success
  type: dict
  contains:
    red:
      description: How much does not meet the procedure.
      type: int
      sample: 0
    yellow:
      description: How much somebody should look at.
      type: int
      sample: 2
    page:
      description: Path of the page.
      type: str
      sample: /var/lib/copias/reports/auditoria.html
    figures:
      description: Path of the same for programs.
      type: str
      sample: /var/lib/copias/reports/auditoria.json
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import CONFIG_OPTION, OfficeModule

try:
    from copias.audit.keeping import AuditPlan
except ImportError:
    pass  # OfficeModule reports it


def keep(module: OfficeModule) -> dict[str, t.Any]:
    """Make the audit, and keep it; in check mode, only make it."""
    plan = AuditPlan(module.office)
    changed = plan.changes
    if changed and not module.check_mode:
        plan.run()
    counts = {"red": plan.report.count("red"), "yellow": plan.report.count("yellow")}
    return {
        "changed": changed,
        "msg": f"{plan.after}; vea {plan.page}",
        "audit": {**counts, "page": str(plan.page), "figures": str(plan.figures)},
        "diff": {"before": f"{plan.before}\n", "after": f"{plan.after}\n"},
    }


def main() -> t.NoReturn:
    """Run the module."""
    OfficeModule(CONFIG_OPTION).finish(keep)


if __name__ == "__main__":
    main()
