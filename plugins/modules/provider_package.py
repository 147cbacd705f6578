#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of taking in what a provider delivered."""

from __future__ import annotations

DOCUMENTATION = r"""
module: provider_package
short_description: Check what a provider delivered for a case and pack it as it came
version_added: 0.3.0
description:
  - Finds the file in the folder of the case where its provider delivers, and brings it here once nothing changes in it.
  - Recognises it by its content, tests archives and dumps, compares its checksum where there is one, and has ClamAV
    look at it where that is configured.
  - Loads a dump of an engine that can run here into a server that lives only for that.
  - What can be used is packed byte by byte with the mails, index, notes and signed manifest.
  - What cannot is kept in quarantine, its provider is told why, and the case waits for another delivery;
    that is no failure, and RV(waiting) says so.
extends_documentation_fragment:
  - funza.copias._case
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.provider_request
  - module: funza.copias.package_store
"""

EXAMPLES = r"""
- name: Take in what was delivered
  funza.copias.provider_package:
    config: "{{ copias_config }}"
    case: "{{ case }}"
"""

RETURN = r"""
waiting:
  description: Whether what arrived was rejected, so that the case waits for another delivery; false in check mode.
  returned: success
  type: bool
  sample: false
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
    from copias.provider.packing import plan_package
except ImportError:
    pass  # CaseModule reports it


def pack(module: CaseModule) -> dict[str, t.Any]:
    """Take the delivery in unless the case has its copy."""
    plan = plan_package(module.office, module.case)
    changed = module.carry_out(plan)
    waiting = not module.check_mode and plan.is_waiting()
    return {"changed": changed, "waiting": waiting, "copy": plan.describe(), "diff": plan.diff()}


def main() -> t.NoReturn:
    """Run the module."""
    CaseModule().finish(pack)


if __name__ == "__main__":
    main()
