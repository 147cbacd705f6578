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
  - module: funza.copias.case_claim
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
  description: The copy as it is after the step; in check mode, as it is now.
  returned: success
  type: dict
  contains:
    copy:
      description: The copy's id; empty while there is none.
      type: str
      sample: sinfa-hacienda-1234
    status:
      description: V(none), V(made), V(stored) or V(verified).
      type: str
      sample: made
    store:
      description: Logical name of the store.
      type: str
      sample: nas_principal
    package:
      description: The package's name in its store.
      type: str
      sample: SINFA/Secretaria-de-Hacienda-89dcf65c/hacienda/sinfa-hacienda-1234.zip
    bytes:
      description: Size of the package.
      type: int
      sample: 20971520
    sha256:
      description: SHA-256 of the package, in hexadecimal.
      type: str
      sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
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
    return {"changed": module.carry_out(plan), "copy": plan.describe(), "diff": plan.diff()}


def main() -> t.NoReturn:
    """Run the module."""
    CaseModule().finish(dump)


if __name__ == "__main__":
    main()
