#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of measuring the room of stores."""

from __future__ import annotations

DOCUMENTATION = r"""
module: store_capacity
short_description: Measure the room of stores, and foresee the day on which each is full
version_added: 0.3.0
description:
  - Keeps one measurement of each store and day in the ledger, and foresees from those of 90 days when it is full.
  - A store that is full within 60 days opens a finding, once, and is warned of each time.
  - A store that does not answer is told as a warning; looking after it is the work of others.
options:
  stores:
    description: Names of stores in the deployment's file; all of them when empty.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - funza.copias._office
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.package_store
"""

EXAMPLES = r"""
- name: Measure the room of the stores
  funza.copias.store_capacity:
    config: "{{ copias_config }}"
"""

RETURN = r"""
stores:
  description: The room of each store.
  returned: success
  type: list
  elements: dict
  contains:
    store:
      description: Logical name of the store.
      type: str
      sample: nas_principal
    free:
      description: Bytes that copies may still take; null when the place does not tell.
      type: int
      sample: 810000000000
    kept:
      description: Bytes of the packages that lie there, by the ledger.
      type: int
      sample: 190000000000
    copies:
      description: How many packages lie there.
      type: int
      sample: 321
    daily:
      description: Bytes that it fills a day by the trend; null while too little was measured.
      type: float
      sample: 2000000000.0
    days_left:
      description: Days until it is full by that trend; null when it does not fill, or is not known.
      type: int
      sample: 405
    soon_full:
      description: Whether it is full within 60 days.
      type: bool
      sample: false
    trouble:
      description: Why the store could not be asked; empty when it could.
      type: str
      sample: ""
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import CONFIG_OPTION, OfficeModule

try:
    from copias.keeping.capacity import measure_stores, open_findings, plan_measurements, record_measurements
    from copias.night.watching import publish_capacities
except ImportError:
    pass  # OfficeModule reports it


def measure(module: OfficeModule) -> dict[str, t.Any]:
    """Measure, and keep what was not measured today; in check mode, only measure."""
    found = measure_stores(module.office, module.params["stores"])
    new = plan_measurements(module.office, found)
    publish_capacities(module.office, found)
    if not module.check_mode:
        record_measurements(module.office, new)
        open_findings(module.office, found)
    for one in found:
        if one.warning:
            module.warn(one.warning)
    return {
        "changed": bool(new),
        "stores": [one.to_dict() for one in found],
        "diff": {"before": "", "after": "".join(f"{one.store}: {one.free}\n" for one in new)},
    }


def main() -> t.NoReturn:
    """Run the module."""
    OfficeModule({**CONFIG_OPTION, "stores": {"type": "list", "elements": "str", "default": []}}).finish(measure)


if __name__ == "__main__":
    main()
