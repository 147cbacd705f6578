#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of the nightly copy of a database."""

from __future__ import annotations

DOCUMENTATION = r"""
module: database_snapshot
short_description: Make the nightly copy of a database in its repository
version_added: 0.3.0
description:
  - Streams the engine's own dump into the restic repository that the database has in the deployment's file, records
    it, reads it back from there and compares its sum.
  - Once a day and database; a database without a repository has no nightly copies, and nothing is done for it.
  - Fails, and leaves no snapshot that counts, when anything is in doubt.
options:
  database:
    description: Name of the database in the deployment's file, which is that of its host in the inventory.
    type: str
    required: true
  force:
    description: Make another copy although there is one of today.
    type: bool
    default: false
  smaller:
    description: Believe a dump that is less than half as big as the last one, because somebody knows why.
    type: bool
    default: false
requirements:
  - restic 0.19.1 or newer.
extends_documentation_fragment:
  - funza.copias._office
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.repository_init
  - module: funza.copias.repository_check
"""

EXAMPLES = r"""
- name: Make tonight's copy
  funza.copias.database_snapshot:
    config: "{{ copias_config }}"
    database: "{{ inventory_hostname }}"
"""

RETURN = r"""
night:
  description: Today's copy as it is after the run; in check mode, as it is now.
  returned: success
  type: dict
  contains:
    copy:
      description: The copy's name; empty while there is none.
      type: str
      sample: noche-hacienda-20261126T050000Z
    status:
      description: V(made), V(read) back from its repository, or V(restored) and compared.
      type: str
      sample: read
    bytes:
      description: Size of the dump.
      type: int
      sample: 20971520
    tables:
      description: How many it has.
      type: int
      sample: 11
    rows:
      description: Of all tables.
      type: int
      sample: 136000
    seconds:
      description: That dumping and reading back took.
      type: float
      sample: 12.4
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import CONFIG_OPTION, OfficeModule

try:
    from copias.case.guard import die_with_playbook
    from copias.errors import BackupError
    from copias.night.copying import NightOptions, require_leave
    from copias.night.outcome import publish_outcome
    from copias.night.plan import NightResult, plan_night
    from copias.night.stepping import NightEnded, do_step
except ImportError:
    pass  # OfficeModule reports it


def snapshot(module: OfficeModule) -> dict[str, t.Any]:
    """Make the copy unless there is one of today, and leave what came of it for the command line."""
    name = module.params["database"]
    try:
        result = do_step(module.office, [name], lambda: _make(module, name))
    except NightEnded:
        raise  # told as postponed already
    except BackupError as error:
        publish_outcome(module.office, name, NightResult(database=name, changed=False, error=error.facts()).to_dict())
        raise
    if result["night"]:
        publish_outcome(module.office, name, result["night"])
    return result


def _make(module: OfficeModule, name: str) -> dict[str, t.Any]:
    if module.office.deployment.database(name).repository is None:
        return {"changed": False, "night": {}}
    options = NightOptions(smaller=module.params["smaller"])
    plan = plan_night(module.office, name, force=module.params["force"], options=options)
    changes, difference = plan.changes, plan.diff()
    if changes and module.check_mode:
        require_leave(module.office, name)  # what a run would fail of is no change that it would make
    if changes and not module.check_mode:
        die_with_playbook()
        plan.run()
        difference = plan.diff()
    return {"changed": changes, "night": plan.describe(changed=changes).to_dict(), "diff": difference}


def main() -> t.NoReturn:
    """Run the module."""
    OfficeModule(
        {
            **CONFIG_OPTION,
            "database": {"type": "str", "required": True},
            "force": {"type": "bool", "default": False},
            "smaller": {"type": "bool", "default": False},
        }
    ).finish(snapshot)


if __name__ == "__main__":
    main()
