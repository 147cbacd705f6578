#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of packing what a user delivered."""

from __future__ import annotations

DOCUMENTATION = r"""
module: manual_package
short_description: Pack the Takeout that was delivered for a case into one sealed package
version_added: 0.2.0
description:
  - Finds the delivery in the folder of the case, on a shared drive or on this server, and brings it here.
  - Refuses one that is not complete, that may still be on its way, or that is made to do harm, and says what to do.
  - Counts and hashes the messages of its mbox files and packs them as a mailbox, with index, notes and signed manifest.
  - The manifest tells names and hashes of what was delivered, and what is not known of it.
extends_documentation_fragment:
  - funza.copias._case
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.case_claim
  - module: funza.copias.package_store
"""

EXAMPLES = r"""
- name: Pack what was delivered
  funza.copias.manual_package:
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
      sample: takeout-ana.prueba@example.test-1234
    status:
      description: V(none), V(made), V(stored) or V(verified).
      type: str
      sample: made
    store:
      description: Logical name of the store.
      type: str
      sample: drive_copias
    package:
      description: The package's name in its store.
      type: str
      sample: Correo/Secretaria-de-Hacienda-89dcf65c/ana.prueba@example.test/takeout-ana.prueba@example.test-1234.zip
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
    from copias.takeout.packing import plan_packing
except ImportError:
    pass  # CaseModule reports it


def pack(module: CaseModule) -> dict[str, t.Any]:
    """Pack the delivery unless the case has its copy."""
    plan = plan_packing(module.office, module.case)
    return {"changed": module.carry_out(plan), "copy": plan.describe(), "diff": plan.diff()}


def main() -> t.NoReturn:
    """Run the module."""
    CaseModule().finish(pack)


if __name__ == "__main__":
    main()
