#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of the room of repositories."""

from __future__ import annotations

DOCUMENTATION = r"""
module: repository_capacity
short_description: Measure the room where repositories lie, and foresee when it is gone
version_added: 0.5.0
description:
  - Keeps one measurement of each repository and day in the ledger, and foresees from those of 90 days when it is full,
    by the faster of two paces, that at which the room goes and that at which the repository grows.
  - A server of kind C(rest) does not tell its room, nor does one of kind C(sftp) without C(statvfs@openssh.com); then
    nothing is foreseen, and RV(repositories) says so.
  - A repository that is full within 60 days opens a finding, once, and is warned of each time.
  - One that does not answer is told as a warning; the check of the repositories fails for it.
extends_documentation_fragment:
  - funza.copias._office
  - funza.copias._case.attributes
  - funza.copias._repositories
seealso:
  - module: funza.copias.repository_check
  - module: funza.copias.store_capacity
"""

EXAMPLES = r"""
- name: Measure the room of the repositories
  funza.copias.repository_capacity:
    config: "{{ copias_config }}"
"""

RETURN = r"""
repositories:
  description: The room of each repository.
  returned: success
  type: list
  elements: dict
  contains:
    repository:
      description: Logical name of the repository.
      type: str
      sample: principal
    free:
      description: Bytes that are free where it lies; null when the place does not tell.
      type: int
      sample: 810000000000
    size:
      description: Bytes of its files; null where only restic could count them.
      type: int
      sample: 190000000000
    daily:
      description: Bytes that are filled a day by the trend; null while too little was measured.
      type: float
      sample: 2000000000.0
    days_left:
      description: Days until it is full by that trend; null when it does not fill, or is not known.
      type: int
      sample: 405
    unknown:
      description: Why the room is not known though the place answers, in Spanish; else empty.
      type: str
      sample: ""
    soon_full:
      description: Whether it is full within 60 days.
      type: bool
      sample: false
    trouble:
      description: Why the place could not be asked; empty when it could.
      type: str
      sample: ""
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import REPOSITORIES_OPTIONS, OfficeModule

try:
    from copias.keeping.repository_capacity import (
        measure_repositories,
        open_size_findings,
        plan_sizes,
        record_sizes,
    )
except ImportError:
    pass  # OfficeModule reports it


def measure(module: OfficeModule) -> dict[str, t.Any]:
    """Measure, and keep what was not measured today; in check mode, only measure."""
    found = measure_repositories(module.office, module.params["repositories"])
    new = plan_sizes(module.office, found)
    if not module.check_mode:
        record_sizes(module.office, new)
        open_size_findings(module.office, found)
    for one in found:
        if one.warning:
            module.warn(one.warning)
    return {
        "changed": bool(new),
        "repositories": [one.to_dict() for one in found],
        "diff": {"before": "", "after": "".join(f"{one.repository}: {one.free}\n" for one in new)},
    }


def main() -> t.NoReturn:
    """Run the module."""
    OfficeModule(REPOSITORIES_OPTIONS).finish(measure)


if __name__ == "__main__":
    main()
