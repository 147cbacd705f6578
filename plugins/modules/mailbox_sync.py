#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of mirroring a mailbox."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mailbox_sync
short_description: Mirror the mailbox of a case and reconcile it with Gmail
version_added: 0.2.0
description:
  - Brings the local mirror of the account up to date, with one call for each new message and none for an old one.
  - Lists the mailbox before and after, and compares both listings with the mirror.
  - Fails and names the ids when a message is missing without an explanation; what was copied is kept for the next run.
extends_documentation_fragment:
  - funza.copias._case
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.case_claim
  - module: funza.copias.mailbox_package
"""

EXAMPLES = r"""
- name: Mirror the mailbox
  funza.copias.mailbox_sync:
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
    from copias.mailbox.copying import plan_mirror
except ImportError:
    pass  # CaseModule reports it


def sync(module: CaseModule) -> dict[str, t.Any]:
    """Mirror and reconcile the mailbox unless the case has its copy."""
    plan = plan_mirror(module.office, module.case)
    return {"changed": module.carry_out(plan), "copy": plan.describe(), "diff": plan.diff()}


def main() -> t.NoReturn:
    """Run the module."""
    CaseModule().finish(sync)


if __name__ == "__main__":
    main()
