#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of the rolling reading of stores."""

from __future__ import annotations

DOCUMENTATION = r"""
module: store_verify
short_description: Read sealed packages on their stores, one in 30 each day, and compare them
version_added: 0.3.0
description:
  - Reads whole, from the store, the packages whose turn it is today and those that were not read for 30 days, and
    compares each with its signed manifest.
  - Each reading is kept in the ledger as soon as it is done, so one that was interrupted goes on where it was.
  - A package that was altered or is gone opens a finding and is warned of; the others are read all the same.
  - A store that does not answer is told as a warning; its packages wait for the next time.
options:
  stores:
    description: Names of stores in the deployment's file; all of them when empty.
    type: list
    elements: str
    default: []
  everything:
    description: Read every package that was not read today, whosever turn it is.
    type: bool
    default: false
  budget:
    description: Minutes after which no other package is begun.
    type: int
    default: 120
extends_documentation_fragment:
  - funza.copias._office
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.store_capacity
"""

EXAMPLES = r"""
- name: Read today's share of the stores
  funza.copias.store_verify:
    config: "{{ copias_config }}"
    budget: 60
"""

RETURN = r"""
due:
  description: Names of the copies whose turn it was.
  returned: success
  type: list
  elements: str
  sample: [correo-ana-1235]
verified:
  description: What came of it; in check mode nothing was read.
  returned: success
  type: dict
  contains:
    good:
      description: Names of the copies that are what they were.
      type: list
      elements: str
      sample: [correo-ana-1235]
    altered:
      description: What was found of the others, by the name of the copy.
      type: dict
      sample: {}
    unknown:
      description: Why a copy could not be compared, by its name.
      type: dict
      sample: {}
    unavailable:
      description: Why a store did not answer, by its name.
      type: dict
      sample: {}
    left:
      description: How many copies the time did not reach.
      type: int
      sample: 0
    bytes:
      description: How much was read.
      type: int
      sample: 190000000
"""

import typing as t
from datetime import timedelta

from ansible_collections.funza.copias.plugins.module_utils._module import CONFIG_OPTION, OfficeModule

try:
    from copias.keeping.verifying import VerifyOutcome, plan_verification, run_verification
    from copias.night.stepping import do_step
    from copias.night.watching import publish_verification
except ImportError:
    pass  # OfficeModule reports it


def verify(module: OfficeModule) -> dict[str, t.Any]:
    """Read what is due; in check mode, only say so."""
    plan = plan_verification(module.office, module.params["stores"], everything=module.params["everything"])
    budget = timedelta(minutes=module.params["budget"])
    names = module.params["stores"]
    work = VerifyOutcome if module.check_mode else lambda: run_verification(plan, budget=budget)
    outcome = do_step(module.office, names, work)
    publish_verification(module.office, names, outcome)
    for warning in outcome.warnings:
        module.warn(warning)
    due = [copy.copy_id for copy in plan.due]
    read = due if module.check_mode else [*outcome.good, *outcome.altered]
    return {
        "changed": bool(read),
        "due": due,
        "verified": outcome.to_dict(),
        "diff": {"before": "", "after": "".join(f"{name}\n" for name in read)},
    }


def main() -> t.NoReturn:
    """Run the module."""
    options = {
        **CONFIG_OPTION,
        "stores": {"type": "list", "elements": "str", "default": []},
        "everything": {"type": "bool", "default": False},
        "budget": {"type": "int", "default": 120},
    }
    OfficeModule(options).finish(verify)


if __name__ == "__main__":
    main()
