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
      - Number of the case in the help desk, 1 to 10 digits; anything else is refused.
      - Nothing else of a case is ever given to Ansible; the package reads the rest itself.
    type: str
    required: true
requirements:
  - The Python package C(copias), which is in this repository.
notes:
  - A failure tells in RV(ignore:msg), in Spanish, what happened, to whose copy, why, and what to do.
  - It also returns RV(ignore:error), the name of the error in the package;
    RV(ignore:exit_code), the exit code of the command C(copias) for it;
    and RV(ignore:transient), whether the same call may work later.
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
    description: Returns the state before and after; in check mode, as far as it can be known before.
    support: full
  idempotent:
    description: A second run changes nothing and says so.
    support: full
  platform:
    description: Runs on the control node only.
    support: full
    platforms: posix
"""

    # A module that only reads has nothing to stop and no difference to show.
    INFO = r"""
options: {}
attributes:
  check_mode:
    description: Reads the same, and changes nothing in either mode.
    support: full
  diff_mode:
    description: There is no difference to show, because nothing is changed.
    support: N/A
  idempotent:
    description: Changes nothing.
    support: full
  platform:
    description: Runs on the control node only.
    support: full
    platforms: posix
"""
