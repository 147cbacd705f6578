#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of copying the mirrors of mailboxes into a repository."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mirrors_snapshot
short_description: Copy the mirrors of mailboxes into their repository
version_added: 0.4.0
description:
  - Freezes all mirrors, stores them as one snapshot in the repository that C(night.mirrors_repository) of the
    deployment's file names, and reads a thirtieth of them back. Once a day; without that key it does nothing.
  - A mirror that cannot be frozen does not stop the others; at the end the module fails and names it.
requirements:
  - restic 0.19.1 or newer.
notes:
  - What was disposed of here stays in older snapshots until C(retention.mirrors) lets them go.
extends_documentation_fragment:
  - funza.copias._office
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.mailbox_mirror
  - module: funza.copias.mirror_disposal
"""

EXAMPLES = r"""
- name: Copy the mirrors
  funza.copias.mirrors_snapshot:
    config: "{{ copias_config }}"
"""

RETURN = r"""
repository:
  description: Name of the repository; empty when the deployment names none.
  returned: success
  type: str
  sample: nas
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import CONFIG_OPTION, OfficeModule

try:
    from copias.case.guard import die_with_playbook
    from copias.night.mirrors_copy import plan_mirrors
    from copias.night.outcome import publish_outcome
    from copias.night.stepping import do_step
except ImportError:
    pass  # OfficeModule reports it


def carry_out(module: OfficeModule) -> dict[str, t.Any]:
    """Copy the mirrors unless it was done today; in check mode, only say whether it would be."""
    office = module.office
    plan = plan_mirrors(office)
    if plan is None:
        return {"changed": False, "repository": "", "diff": {"before": "", "after": ""}}
    step, changed = f"{plan.name}-mirrors", plan.changes
    if not module.check_mode:
        die_with_playbook()
        do_step(office, [step], plan.run if changed else lambda: None)
        publish_outcome(office, step, {"changed": changed, "error": None})
    return {
        "changed": changed,
        "repository": plan.name,
        "diff": {"before": "", "after": f"{plan.name}\n" if changed else ""},
    }


def main() -> t.NoReturn:
    """Run the module."""
    OfficeModule(CONFIG_OPTION).finish(carry_out)


if __name__ == "__main__":
    main()
