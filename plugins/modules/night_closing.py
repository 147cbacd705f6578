#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of the end of a night."""

from __future__ import annotations

DOCUMENTATION = r"""
module: night_closing
short_description: End a night and tell how it went
version_added: 0.4.0
description:
  - Collects what came of all that was due tonight, keeps the report and records its sum in the ledger.
  - Tells it by mail, metrics, ping and heartbeat, as far as the deployment's file asks for them.
  - Does not fail for what the night failed of; role C(_night_report), which comes last, does so for RV(report.trouble).
  - Called again for the same run, it adds nothing.
extends_documentation_fragment:
  - funza.copias._office
  - funza.copias._case.attributes
"""

EXAMPLES = r"""
- name: End the night
  funza.copias.night_closing:
    config: "{{ copias_config }}"
"""

RETURN = r"""
report:
  description: How the night went; empty in check mode.
  returned: success
  type: dict
  contains:
    ended:
      description: How it ended; C(finished), C(stopped), C(late) or C(broken).
      type: str
      sample: finished
    good:
      description: Whether nothing failed and nothing was left to do.
      type: bool
      sample: false
    counts:
      description: How many of what was due came to each outcome.
      type: dict
      sample: {done: 3, failed: 1}
    failed:
      description: The first names of what failed.
      type: list
      elements: str
      sample: [hacienda]
    trouble:
      description: One line, in Spanish, of what is wanting and what to do; empty for a good night.
      type: str
      sample: >-
        La noche no quedó completa: 1 falla de 4: hacienda. Vea qué hacer con cada cosa: copias nightly --follow
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import CONFIG_OPTION, OfficeModule

try:
    from copias.night.ending import end_night
    from copias.night.outcome import find_folder
    from copias.night.summary import say_trouble
except ImportError:
    pass  # OfficeModule reports it

SHOWN = 50
"""Names of failed things that are returned; all are in the report."""


def close(module: OfficeModule) -> dict[str, t.Any]:
    """End the night of this run; in check mode there is none to end."""
    folder = None if module.check_mode else find_folder(module.office)
    if folder is None:
        return {"changed": False, "report": {}}
    report = end_night(module.office, folder)
    failed = [item.name for item in report.items if item.outcome == "failed"]
    told = {"ended": report.ended, "good": report.good, "counts": report.counts, "failed": failed[:SHOWN]}
    return {"changed": False, "report": {**told, "trouble": say_trouble(report)}}


def main() -> t.NoReturn:
    """Run the module."""
    OfficeModule(CONFIG_OPTION).finish(close)


if __name__ == "__main__":
    main()
