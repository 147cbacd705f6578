#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of preparing repositories."""

from __future__ import annotations

DOCUMENTATION = r"""
module: repository_init
short_description: Prepare the restic repositories of nightly copies
version_added: 0.3.0
description:
  - Makes each repository that does not exist, in the format 2 of restic, or takes over the one that is there.
  - Records its id in the ledger.
  - From then on another id in its place, as under a mount that is lost, is refused, and nothing is written there.
  - One repository that fails does not stop the others; at the end the module fails with all that failed.
extends_documentation_fragment:
  - funza.copias._office
  - funza.copias._case.attributes
  - funza.copias._repositories
seealso:
  - module: funza.copias.database_snapshot
"""

EXAMPLES = r"""
- name: Prepare the repositories
  funza.copias.repository_init:
    config: "{{ copias_config }}"
"""

RETURN = r"""
repositories:
  description: What came of each repository, by its name.
  returned: success
  type: dict
  sample:
    nas: {changed: true, error: null}
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import REPOSITORIES_OPTIONS, OfficeModule

try:
    from copias.night.each import do_repositories
    from copias.repository.preparing import PreparePlan
except ImportError:
    pass  # OfficeModule reports it


def carry_out(module: OfficeModule) -> dict[str, t.Any]:
    """Do it for each repository; in check mode, only say where it would be done."""
    office, names = module.office, module.params["repositories"]
    return do_repositories(office, names, lambda name: PreparePlan(office, name), step="init", look=module.check_mode)


def main() -> t.NoReturn:
    """Run the module."""
    OfficeModule(REPOSITORIES_OPTIONS).finish(carry_out)


if __name__ == "__main__":
    main()
