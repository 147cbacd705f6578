# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules of an installation, of no case, share; their attributes are those of the modules of a case."""

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
requirements:
  - The Python package C(copias), which is in this repository.
notes:
  - A failure tells in RV(ignore:msg), in Spanish, what happened, to whose copy, why, and what to do.
    It also returns RV(ignore:error), RV(ignore:exit_code) and RV(ignore:transient).
author:
  - copias contributors (@copias)
"""
