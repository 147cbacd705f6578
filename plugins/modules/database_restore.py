#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of restoring a database for a recovery case."""

from __future__ import annotations

DOCUMENTATION = r"""
module: database_restore
short_description: Restore the copy that a recovery case asks for, and prove it equal to what was copied
version_added: 0.5.0
description:
  - Restores what C(copias restore sinfa --case) planned, as a new database or as a file; never over one that exists.
  - A new database is compared with what the source held before it gets its name; one that differs is removed, and the
    module fails.
  - A run that died after that is found again by comparing what is there; nothing that differs counts.
  - The database that is used is not touched. C(restore.advice) says how people come to use the restored one.
extends_documentation_fragment:
  - funza.copias._case
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.case_claim
  - module: funza.copias.case_close
"""

EXAMPLES = r"""
- name: Restore the database
  funza.copias.database_restore:
    config: "{{ copias_config }}"
    case: "{{ case }}"
"""

RETURN = r"""
restore:
  description: The recovery as it is after the step; in check mode, as it is now.
  returned: success
  type: dict
  contains:
    restore:
      description: The recovery's id; empty while nothing is planned.
      type: str
      sample: recuperacion-1236-1
    status:
      description: V(none), V(planned), V(given) or V(verified).
      type: str
      sample: verified
    database:
      description: The database of the inventory whose copy it is.
      type: str
      sample: hacienda
    copy:
      description: The copy that is restored.
      type: str
      sample: noche-hacienda-20261126T050000Z
    place:
      description: The new database, or the file.
      type: str
      sample: base de datos «hacienda_prueba» en db.example.test:5432
    tables:
      description: How many tables were compared; 0 of a file.
      type: int
      sample: 118
    rows:
      description: How many rows they have.
      type: int
      sample: 2034567
    advice:
      description: What is left to do for people, line by line, in Spanish; empty until it is proven.
      type: list
      elements: str
      sample: ["La base sinfa sigue como estaba. Para que SINFA use la restaurada:"]
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import CaseModule

try:
    from copias.sinfa.recovery import plan_recovery
except ImportError:
    pass  # CaseModule reports it


def restore(module: CaseModule) -> dict[str, t.Any]:
    """Restore and prove, unless that is done."""
    plan = plan_recovery(module.office, module.case)
    return {"changed": module.carry_out(plan), "restore": plan.describe(), "diff": plan.diff()}


def main() -> t.NoReturn:
    """Run the module."""
    CaseModule().finish(restore)


if __name__ == "__main__":
    main()
