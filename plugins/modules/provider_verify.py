#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of proving what a provider delivered."""

from __future__ import annotations

DOCUMENTATION = r"""
module: provider_verify
short_description: Read the stored package of a provider's delivery whole and compare it with what was delivered
version_added: 0.3.0
description:
  - Reads every byte of the package as it lies on its store and compares it with the signed manifest.
  - Waits for a person where the questions of the database were answered as they cannot be.
  - Publishes the proof and the printable certificate beside the package; they say whether the dump was loaded, and that
    no source was compared with.
extends_documentation_fragment:
  - funza.copias._case
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.provider_package
  - module: funza.copias.case_close
"""

EXAMPLES = r"""
- name: Prove the copy
  funza.copias.provider_verify:
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
      sample: nas
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
    from copias.provider.proving import plan_proof
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
