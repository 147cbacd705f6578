# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules share that work on several repositories."""

from __future__ import annotations


class ModuleDocFragment:
    """The fragment."""

    DOCUMENTATION = r"""
options:
  repositories:
    description: Names of repositories in the deployment's file; all of them when empty.
    type: list
    elements: str
    default: []
requirements:
  - restic 0.19.1 or newer.
"""
