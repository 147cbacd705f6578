#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of storing a package."""

from __future__ import annotations

DOCUMENTATION = r"""
module: package_store
short_description: Read a package back from its store and publish it
version_added: 0.1.0
description:
  - Reads the unpublished package back from the store and compares it with what was sent.
  - Then gives it its name and writes the signed manifest beside it, which is the commit.
  - A package that is published already and has its manifest is left alone.
extends_documentation_fragment:
  - funza.copias._case
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.database_dump
  - module: funza.copias.database_verify
"""

EXAMPLES = r"""
- name: Store the package
  funza.copias.package_store:
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
      sample: stored
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
    from copias.case.storing import plan_storing
except ImportError:
    pass  # CaseModule reports it


def store(module: CaseModule) -> dict[str, t.Any]:
    """Read the package back and publish it, unless that is done."""
    plan = plan_storing(module.office, module.case)
    return {"changed": module.carry_out(plan), "copy": plan.describe(), "diff": plan.diff()}


def main() -> t.NoReturn:
    """Run the module."""
    CaseModule().finish(store)


if __name__ == "__main__":
    main()
