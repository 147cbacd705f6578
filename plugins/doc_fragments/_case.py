# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options and attributes that the modules of a case share."""

from __future__ import annotations


class ModuleDocFragment:
    """The fragment."""

    DOCUMENTATION = r"""
options:
  config:
    description:
      - The deployment's file, C(copias.yml).
      - The inventory plugin P(funza.copias.workspace#inventory) sets the variable C(copias_config) to it.
    type: path
    required: true
  case:
    description:
      - Number of the case in the help desk, 1 to 10 digits.
      - Nothing else of a case is ever given to Ansible; the package reads the rest itself.
    type: str
    required: true
requirements:
  - The Python package C(copias), which is in this repository.
author:
  - copias contributors (@copias)
"""

    ATTRIBUTES = r"""
options: {}
attributes:
  check_mode:
    description: Stops after the plan, says what would be done and changes nothing.
    support: full
  diff_mode:
    description: Returns the state before and after.
    support: full
  idempotent:
    description: A second run changes nothing and says so.
    support: full
  platform:
    description: Runs on the control node only.
    support: full
    platforms: posix
"""
