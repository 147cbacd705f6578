#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of looking at repositories."""

from __future__ import annotations

DOCUMENTATION = r"""
module: repository_info
short_description: Tell how the restic repositories of nightly copies stand
version_added: 0.3.0
description:
  - Opens each repository and counts its snapshots and keys; nothing is changed.
  - A repository that cannot be reached does not make the module fail. Its RV(repositories) entry has the error.
extends_documentation_fragment:
  - funza.copias._office
  - funza.copias._case.info
  - funza.copias._repositories
seealso:
  - module: funza.copias.repository_init
"""

EXAMPLES = r"""
- name: Look at the repositories
  funza.copias.repository_info:
    config: "{{ copias_config }}"
  register: found
"""

RETURN = r"""
repositories:
  description: The facts of each repository, by its name.
  returned: success
  type: dict
  sample:
    nas:
      kind: sftp
      restic: 0.19.1
      id: d7dfb459c1dd9f15b27feea1aee76806add8d1e4450192e655064be7429b0e3c
      snapshots: 43
      keys: 2
      error: null
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import REPOSITORIES_OPTIONS, OfficeModule

try:
    from copias.night.each import choose_repositories
    from copias.repository.facts import describe_repositories
except ImportError:
    pass  # OfficeModule reports it


def look(module: OfficeModule) -> dict[str, t.Any]:
    """Look at the repositories."""
    office = module.office
    names = choose_repositories(office, module.params["repositories"])
    return {"changed": False, "repositories": describe_repositories(office, names)}


def main() -> t.NoReturn:
    """Run the module."""
    OfficeModule(REPOSITORIES_OPTIONS).finish(look)


if __name__ == "__main__":
    main()
