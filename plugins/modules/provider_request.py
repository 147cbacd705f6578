#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of asking a provider for a copy."""

from __future__ import annotations

DOCUMENTATION = r"""
module: provider_request
short_description: Ask the provider of a case for its copy, once, and have the case wait for it
version_added: 0.3.0
description:
  - Queues one mail to the contact that the providers file names, with the case in its subject, and keeps it as C(.eml).
  - Records by when the provider is to deliver, by the business hours of its contract, and puts the case on hold.
  - Of a case whose provider was asked it only looks whether something arrived; then there is nothing to change.
  - When mail cannot be sent now it waits in the outbox; where the deployment sends none, it is left as a draft.
extends_documentation_fragment:
  - funza.copias._case
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.case_claim
  - module: funza.copias.case_close
"""

EXAMPLES = r"""
- name: Ask the provider
  funza.copias.provider_request:
    config: "{{ copias_config }}"
    case: "{{ case }}"
  register: asked

- name: Say that the case waits
  ansible.builtin.debug:
    msg: "{{ asked.request.promised }}"
  when: asked.waiting
"""

RETURN = r"""
waiting:
  description: Whether nothing arrived yet, so that the case is on hold and there is nothing to do until it does.
  returned: success
  type: bool
  sample: true
request:
  description: What was asked for, as it is after the step; empty while nothing was asked, as in check mode.
  returned: success
  type: dict
  contains:
    provider:
      description: The provider's name in the providers file.
      type: str
      sample: nube_sur
    database:
      description: The inventory host whose copy is asked for.
      type: str
      sample: hacienda
    promised:
      description: By when it is to be delivered, ISO 8601 with zone.
      type: str
      sample: "2026-11-27T10:15-05:00"
    waiting:
      description: Whether the case waits for it.
      type: bool
      sample: true
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import CaseModule

try:
    from copias.provider.asking import plan_request
except ImportError:
    pass  # CaseModule reports it


def ask(module: CaseModule) -> dict[str, t.Any]:
    """Ask the provider unless it was asked, and say whether there is anything to wait for."""
    plan = plan_request(module.office, module.case)
    waiting, changed = plan.waiting, module.carry_out(plan)
    return {"changed": changed, "waiting": waiting, "request": plan.describe(), "diff": plan.diff()}


def main() -> t.NoReturn:
    """Run the module."""
    CaseModule().finish(ask)


if __name__ == "__main__":
    main()
