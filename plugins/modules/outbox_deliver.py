#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of the outbox."""

from __future__ import annotations

DOCUMENTATION = r"""
module: outbox_deliver
short_description: Deliver what the help desk and the mail could not take before
version_added: 0.4.0
description:
  - Delivers the rows and notices of cases that wait, each once, and resolves the cases that only waited for their rows.
  - What still cannot be delivered stays, and the module fails for it, with a trouble that may pass.
extends_documentation_fragment:
  - funza.copias._office
  - funza.copias._case.attributes
"""

EXAMPLES = r"""
- name: Deliver what waits
  funza.copias.outbox_deliver:
    config: "{{ copias_config }}"
"""

RETURN = r"""
cases:
  description: Numbers of the cases of which something was delivered or, in check mode, waits.
  returned: success
  type: list
  elements: str
  sample: ["1234"]
delivered:
  description: How many rows, notices and letters arrived.
  returned: success
  type: int
  sample: 2
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import CONFIG_OPTION, OfficeModule

try:
    from copias.case.guard import die_with_playbook
    from copias.night.outbox import deliver_waiting, list_waiting
    from copias.night.outcome import publish_outcome
    from copias.night.stepping import do_step
    from copias.night.steps import OUTBOX
except ImportError:
    pass  # OfficeModule reports it


def deliver(module: OfficeModule) -> dict[str, t.Any]:
    """Deliver what waits; in check mode, tell what does."""
    office = module.office
    if module.check_mode:
        cases, letters = list_waiting(office)
        return {"changed": bool(cases or letters), "cases": cases, "delivered": 0, "diff": _show(cases, letters)}
    die_with_playbook()
    done = do_step(office, [OUTBOX], lambda: deliver_waiting(office))
    publish_outcome(office, OUTBOX, {"changed": bool(done.delivered), "error": done.error})
    for warning in done.warnings:
        module.warn(warning)
    if done.trouble is not None:
        raise done.trouble
    facts = {"changed": bool(done.delivered), "cases": list(done.cases), "delivered": done.delivered}
    return {**facts, "diff": _show(done.cases, done.letters)}


def _show(cases: t.Iterable[str], letters: t.Iterable[str]) -> dict[str, str]:
    """Return the difference between what waits now and what does afterwards: nothing."""
    return {"before": "".join(f"{name}\n" for name in (*cases, *letters)), "after": ""}


def main() -> t.NoReturn:
    """Run the module."""
    OfficeModule(CONFIG_OPTION).finish(deliver)


if __name__ == "__main__":
    main()
