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
    from copias.sinfa.storing import plan_storing
except ImportError:
    pass  # CaseModule reports it


def store(module: CaseModule) -> dict[str, t.Any]:
    """Read the package back and publish it."""
    plan = plan_storing(module.office, module.case)
    if plan.changes and not module.check_mode:
        module.hold()
        plan.run()
    return {"changed": plan.changes, "copy": plan.describe(), "diff": plan.diff()}


def main() -> t.NoReturn:
    """Run the module."""
    CaseModule().finish(store)


if __name__ == "__main__":
    main()
