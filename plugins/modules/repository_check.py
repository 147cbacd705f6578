#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of checking repositories."""

from __future__ import annotations

DOCUMENTATION = r"""
module: repository_check
short_description: Check the restic repositories of nightly copies
version_added: 0.3.0
description:
  - Checks the structure of each repository and reads a thirtieth of its bytes, another one each day, so that in any
    thirty days all is read. Once a day, unless it is forced.
  - When something is damaged, every copy in that repository is read, and those that are not what was stored are named,
    count no more, and have a finding open.
  - One repository that fails does not stop the others; at the end the module fails with all that failed.
options:
  force:
    description: Check them although they were checked tonight.
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
- name: Check the repositories
  funza.copias.repository_check:
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
    from copias.night.checking import CheckPlan
    from copias.night.each import do_repositories
except ImportError:
    pass  # OfficeModule reports it


def carry_out(module: OfficeModule) -> dict[str, t.Any]:
    """Do it for each repository; in check mode, only say where it would be done."""
    office, (names, force) = module.office, (module.params[key] for key in ("repositories", "force"))
    return do_repositories(
        office, names, lambda name: CheckPlan(office, name, force=force), step="check", look=module.check_mode
    )


def main() -> t.NoReturn:
    """Run the module."""
    OfficeModule({**REPOSITORIES_OPTIONS, "force": {"type": "bool", "default": False}}).finish(carry_out)


if __name__ == "__main__":
    main()
