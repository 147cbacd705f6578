#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of disposing of the mirrors of closed cases."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mirror_disposal
short_description: Dispose of the mirrors of closed cases
version_added: 0.4.0
description:
  - Removes each local mirror of a mailbox that was made for a case which is closed since C(mailboxes.dispose_after) of
    the deployment's file, when no open case, no standing authorisation and no hold covers its account, and a proven
    package with every message of the mirror lies on its store.
  - Each is an event of the ledger, with the rule by which it went. A mirror that is the only copy is never removed.
notes:
  - This destroys personal data, as the rule asks. Copies of a mirror that older nights made stay until their retention
    lets them go.
extends_documentation_fragment:
  - funza.copias._office
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.mailbox_mirror
  - module: funza.copias.mirrors_snapshot
"""

EXAMPLES = r"""
- name: Dispose of the mirrors of closed cases
  funza.copias.mirror_disposal:
    config: "{{ copias_config }}"
"""

RETURN = r"""
disposed:
  description: The accounts whose mirror went; in check mode, would go.
  returned: success
  type: list
  elements: str
  sample: [ana.prueba@example.test]
"""

import typing as t
from datetime import UTC, datetime

from ansible_collections.funza.copias.plugins.module_utils._module import CONFIG_OPTION, OfficeModule

try:
    from copias.case.guard import die_with_playbook
    from copias.mailbox.disposal import dispose, has_unfinished, plan_disposals
    from copias.night.outcome import publish_outcome
    from copias.night.stepping import do_step
except ImportError:
    pass  # OfficeModule reports it


def carry_out(module: OfficeModule) -> dict[str, t.Any]:
    """Dispose of what is to go; in check mode, only say of what."""
    office, now = module.office, datetime.now(UTC)
    if module.check_mode:
        gone = [one.account for one in plan_disposals(office, now) if not one.stays]
        return _describe(gone, changed=bool(gone) or has_unfinished(office))
    die_with_playbook()
    unfinished = has_unfinished(office)
    done, errors = do_step(office, ["disposal"], lambda: dispose(office, now))
    changed = bool(done) or unfinished
    publish_outcome(office, "disposal", {"changed": changed, "error": errors[0].facts() if errors else None})
    if errors:
        raise errors[0]
    return _describe([one.account for one in done], changed=changed)


def _describe(gone: list[str], *, changed: bool) -> dict[str, t.Any]:
    before = "".join(f"{account}\n" for account in gone)
    return {"changed": changed, "disposed": gone, "diff": {"before": before, "after": ""}}


def main() -> t.NoReturn:
    """Run the module."""
    OfficeModule(CONFIG_OPTION).finish(carry_out)


if __name__ == "__main__":
    main()
