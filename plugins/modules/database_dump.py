#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of dumping a database."""

from __future__ import annotations

DOCUMENTATION = r"""
module: database_dump
short_description: Dump the database of a case into a package on its store
version_added: 0.1.0
description:
  - Streams the engine's own dump, compressed and sealed in a package, to the store as an unpublished file.
  - The rows of every table are digested by other connections in the same snapshot.
  - Fails, and leaves nothing that could be taken for a copy, when anything is in doubt.
extends_documentation_fragment:
  - funza.copias._case
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.package_store
  - module: funza.copias.database_verify
"""

EXAMPLES = r"""
- name: Dump the database
  funza.copias.database_dump:
    config: "{{ copias_config }}"
    case: "{{ case }}"
"""

RETURN = r"""
copy:
  description: The copy, as far as it is known.
  returned: success
  type: dict
  contains:
    copy:
      description: The copy's id.
      type: str
    package:
      description: The package's name in its store.
      type: str
    store:
      description: Logical name of the store.
      type: str
    status:
      description: V(none), V(made), V(stored) or V(verified).
      type: str
    bytes:
      description: Size of the package.
      type: int
    sha256:
      description: SHA-256 of the package.
      type: str
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import CaseModule

try:
    from copias.sinfa.copying import plan_copy
except ImportError:
    pass  # CaseModule reports it


def dump(module: CaseModule) -> dict[str, t.Any]:
    """Dump the database unless the case has its copy."""
    plan = plan_copy(module.office, module.case)
    if plan.changes and not module.check_mode:
        module.hold()
        plan.run()
    return {"changed": plan.changes, "copy": plan.describe(), "diff": plan.diff()}


def main() -> t.NoReturn:
    """Run the module."""
    CaseModule().finish(dump)


if __name__ == "__main__":
    main()
