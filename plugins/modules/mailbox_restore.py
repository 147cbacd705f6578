#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of giving mail back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mailbox_restore
short_description: Give back the messages that a recovery case asks for, and prove that they are there
version_added: 0.2.0
description:
  - Gives back what C(copias restore) planned for the case, under a label of an account or as files, each message once.
  - A run that was killed is gone on with; a message whose answer was lost is looked for before it is sent again.
  - Lists the label, reads the messages again and compares them with the copy byte by byte.
  - Fails and names the ids when a message is missing, so that no such case is resolved.
  - Fails when Gmail refuses a label that messages had, after all messages are given back, until C(copias accept) says
    that the case counts without it.
  - In check mode, C(restore.pending) says how many messages would be given back.
extends_documentation_fragment:
  - funza.copias._case
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.case_claim
  - module: funza.copias.case_close
"""

EXAMPLES = r"""
- name: Give the messages back
  funza.copias.mailbox_restore:
    config: "{{ copias_config }}"
    case: "{{ case }}"
"""

RETURN = r"""
restore:
  description: The recovery as it is after the step; in check mode, as it is now.
  returned: success
  type: dict
  contains:
    restore:
      description: The recovery's id; empty while nothing is planned.
      type: str
      sample: recuperacion-1236-1
    status:
      description: V(none), V(planned), V(given) or V(verified).
      type: str
      sample: verified
    messages:
      description: How many messages the case gives back.
      type: int
      sample: 3
    given:
      description: How many of them are given back.
      type: int
      sample: 3
    pending:
      description: How many of them are not.
      type: int
      sample: 0
    unlabelled:
      description: How many messages were given back without a label that they had, which Gmail refuses.
      type: int
      sample: 0
    labels:
      description: How many labels those are; C(copias show) names them.
      type: int
      sample: 0
    to:
      description: The account that gets them; empty when they are written as files.
      type: str
      sample: marta.ejemplo@example.test
    label:
      description: Name of the label that they have there.
      type: str
      sample: Recuperado caso 1236
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import CaseModule

try:
    from copias.mailbox.restore.step import plan_restore
except ImportError:
    pass  # CaseModule reports it


def restore(module: CaseModule) -> dict[str, t.Any]:
    """Give back and prove, unless that is done."""
    plan = plan_restore(module.office, module.case)
    return {"changed": module.carry_out(plan), "restore": plan.describe(), "diff": plan.diff()}


def main() -> t.NoReturn:
    """Run the module."""
    CaseModule().finish(restore)


if __name__ == "__main__":
    main()
