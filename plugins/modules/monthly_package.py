#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of the packages that are sealed at each month's end."""

from __future__ import annotations

DOCUMENTATION = r"""
module: monthly_package
short_description: Seal the last nightly copy of each month into a package
version_added: 0.5.0
description:
  - For each database whose policy says C(monthly_package), packs the newest verified nightly copy of the month that has
    ended onto the database's store, reads it back, publishes it with its signed manifest, and records it.
  - A month that was missed is sealed later, as long as a nightly copy of it exists; none is ever sealed twice.
  - The package is kept by its record series and removed only with the approval of two people, as those of cases are.
  - One database that fails does not stop the others; at the end the module fails with all that failed. So it does when
    the last month has no verified nightly copy.
extends_documentation_fragment:
  - funza.copias._office
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.database_snapshot
  - module: funza.copias.retention_apply
"""

EXAMPLES = r"""
- name: Seal the month
  funza.copias.monthly_package:
    config: "{{ copias_config }}"
"""

RETURN = r"""
databases:
  description: What came of each database, by its name.
  returned: success
  type: dict
  sample:
    hacienda: {changed: true, error: null}
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import CONFIG_OPTION, OfficeModule

try:
    from copias.night.monthly import seal_months
except ImportError:
    pass  # OfficeModule reports it


def seal(module: OfficeModule) -> dict[str, t.Any]:
    """Seal what is to be sealed; in check mode, only say of which databases."""
    return seal_months(module.office, look=module.check_mode)


def main() -> t.NoReturn:
    """Run the module."""
    OfficeModule(CONFIG_OPTION).finish(seal)


if __name__ == "__main__":
    main()
