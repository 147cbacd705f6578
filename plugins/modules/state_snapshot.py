#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of copying this installation's state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: state_snapshot
short_description: Copy the state of the installation into its repositories
version_added: 0.3.0
description:
  - Copies the ledger, the records and signed manifests of all copies and the people file, without any key, into each
    repository, so that a repository alone tells what its copies are. Once a day, unless it is forced.
  - One repository that fails does not stop the others; at the end the module fails with all that failed.
options:
  force:
    description: "Copy the state although it was copied tonight: what was copied since is not in that copy."
    type: bool
    default: false
    version_added: 0.7.0
extends_documentation_fragment:
  - funza.copias._office
  - funza.copias._case.attributes
  - funza.copias._repositories
seealso:
  - module: funza.copias.database_snapshot
"""

EXAMPLES = r"""
- name: Copy the state
  funza.copias.state_snapshot:
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
    from copias.night.state_copy import StatePlan
except ImportError:
    pass  # OfficeModule reports it


def carry_out(module: OfficeModule) -> dict[str, t.Any]:
    """Do it for each repository; in check mode, only say where it would be done."""
    office, (names, force) = module.office, (module.params[key] for key in ("repositories", "force"))
    return do_repositories(
        office, names, lambda name: StatePlan(office, name, force=force), step="state", look=module.check_mode
    )


def main() -> t.NoReturn:
    """Run the module."""
    OfficeModule({**REPOSITORIES_OPTIONS, "force": {"type": "bool", "default": False}}).finish(carry_out)


if __name__ == "__main__":
    main()
