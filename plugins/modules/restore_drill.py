#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of a restore drill."""

from __future__ import annotations

DOCUMENTATION = r"""
module: restore_drill
short_description: Restore a copy of a finance database, compare it, and time it
version_added: 0.3.0
description:
  - Fetches the newest proven copy of a database, of a night or of a case, from the place that keeps it.
  - Restores it into a server that lives only for that, compares every table with what its source held, and asks the
    configured questions.
  - Records what came of it and how long each part took. A copy that fails opens a finding, and the module fails.
  - Where only a provider's deliveries exist that cannot be restored here, a certificate of the provider's that was
    recorded in the last year stands for it.
options:
  database:
    description: Name of the database in the deployment's file.
    type: str
    required: true
  oldest:
    description: Restore the oldest copy that is kept, and not the newest.
    type: bool
    default: false
requirements:
  - A server of the database's engine and version.
notes:
  - A copy that was restored today already is not restored again.
extends_documentation_fragment:
  - funza.copias._office
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.database_snapshot
"""

EXAMPLES = r"""
- name: Prove that the newest copy can be restored
  funza.copias.restore_drill:
    config: "{{ copias_config }}"
    database: hacienda
"""

RETURN = r"""
plan:
  description: Which copy it is of; empty where a provider's certificate stands for it.
  returned: success
  type: dict
  sample: {database: hacienda, copy: noche-hacienda-20261126T050000Z, source: night, place: nas}
drill:
  description: What came of it; in check mode, the last one of today, or empty.
  returned: success
  type: dict
  contains:
    outcome:
      description: V(passed), or V(certified) by a provider.
      type: str
      sample: passed
    recovery_seconds:
      description: How long it takes to have the database back.
      type: float
      sample: 42.5
    tables:
      description: How many were compared.
      type: int
      sample: 11
    rows:
      description: Of all tables.
      type: int
      sample: 136000
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import CONFIG_OPTION, OfficeModule

try:
    from copias.case.guard import die_with_playbook
    from copias.drill.drilling import find_certificate, plan_drill, require_passed
    from copias.errors import NotReady
except ImportError:
    pass  # OfficeModule reports it


def drill(module: OfficeModule) -> dict[str, t.Any]:
    """Drill the database unless the same copy was drilled today."""
    name = module.params["database"]
    try:
        plan = plan_drill(module.office, name, oldest=module.params["oldest"])
    except NotReady:
        certificate = find_certificate(module.office, name)
        if certificate is None:
            raise
        return {"changed": False, "plan": {}, "drill": certificate.to_dict()}
    done = plan.done
    if plan.changes and not module.check_mode:
        die_with_playbook()
        done = require_passed(plan.run())
    difference = {"before": "", "after": f"{plan.copy.copy_id}\n" if plan.changes else ""}
    found = done.to_dict() if done else {}
    return {"changed": plan.changes, "plan": plan.to_dict(), "drill": found, "diff": difference}


def main() -> t.NoReturn:
    """Run the module."""
    OfficeModule(
        {
            **CONFIG_OPTION,
            "database": {"type": "str", "required": True},
            "oldest": {"type": "bool", "default": False},
        }
    ).finish(drill)


if __name__ == "__main__":
    main()
