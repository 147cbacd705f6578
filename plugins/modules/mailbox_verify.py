#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of proving the copy of a mailbox."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mailbox_verify
short_description: Give messages back from the stored package of a case and compare them with the mailbox
version_added: 0.2.0
description:
  - Takes a random sample of the messages from the package as it lies on its store.
  - Reads the same messages again from Gmail and compares the two byte by byte.
  - Publishes the proof and the printable certificate beside the package.
extends_documentation_fragment:
  - funza.copias._case
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.package_store
  - module: funza.copias.case_close
"""

EXAMPLES = r"""
- name: Prove the copy
  funza.copias.mailbox_verify:
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
      sample: correo-ana.prueba@example.test-1234
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
      sample: Correo/Tesoreria-5b0c1d2e/ana.prueba@example.test/correo-ana.prueba@example.test-1234.zip
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
    from copias.mailbox.proving import plan_proof
except ImportError:
    pass  # CaseModule reports it


def prove(module: CaseModule) -> dict[str, t.Any]:
    """Prove the copy unless that is done."""
    plan = plan_proof(module.office, module.case)
    return {"changed": module.carry_out(plan), "copy": plan.describe(), "diff": plan.diff()}


def main() -> t.NoReturn:
    """Run the module."""
    CaseModule().finish(prove)


if __name__ == "__main__":
    main()
