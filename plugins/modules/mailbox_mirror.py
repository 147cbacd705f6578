#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of the mirrors of many accounts."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mailbox_mirror
short_description: Bring the mirrors of many mailboxes up to date
version_added: 0.2.0
description:
  - Brings the local mirrors of all the accounts up to date in one call, many at a time, with one quota for all.
  - A mailbox is mirrored only under an open case that names it and that somebody authorised, or under
    C(mailboxes.standing) of the deployment's file.
  - The call does not fail for one account. What came of each is in RV(mailboxes), and role C(mailbox_mirror) with
    playbook C(mirror.yml) makes it each host's own result.
options:
  accounts:
    description: Primary addresses, in lower case; a double counts once.
    type: list
    elements: str
    required: true
  reconcile:
    description:
      - Also list each mailbox in full, name and make good what the history feed did not tell, fetch a random sample
        again and compare it byte by byte.
    type: bool
    default: false
  night:
    description:
      - Plan the accounts as a night does. Only those that are due by their policy are mirrored, the most overdue first,
        each within C(night.mailbox_time_limit), all before the night's end; what does not fit is told as postponed.
      - An account that nobody's leave covers, or whose copy is young enough, is not in RV(mailboxes) then.
    type: bool
    default: false
    version_added: 0.4.0
  always:
    description: With O(night), somebody asked for these accounts by name; they are due whatever their policy says.
    type: bool
    default: false
    version_added: 0.4.0
  whole:
    description:
      - With O(night), O(accounts) are all of the inventory. One that the standing authorisation covers and that is not
        among them has vanished or is suspended, and is told once.
    type: bool
    default: false
    version_added: 0.4.0
notes:
  - In check mode each mailbox is asked, with one call, whether it is another than its mirror; nothing is changed.
extends_documentation_fragment:
  - funza.copias._office
  - funza.copias._case.attributes
seealso:
  - module: funza.copias.mailbox_sync
"""

EXAMPLES = r"""
- name: Bring two mirrors up to date
  funza.copias.mailbox_mirror:
    config: "{{ copias_config }}"
    accounts:
      - marta.ejemplo@example.test
      - ana.prueba@example.test
  register: mirrored
"""

RETURN = r"""
mailboxes:
  description: What came of each account, by its address.
  returned: success
  type: dict
  sample:
    marta.ejemplo@example.test:
      changed: true
      full: false
      fetched: 3
      bytes: 48211
      relabelled: 1
      deleted: 0
      refused: 0
      seconds: 0.8
      postponed: false
      leave: {case: "1235", document: Oficio 12 de 2026, authoriser: Mariela Ejemplo Rincón}
      reconciliation:
      error:
    ana.prueba@example.test:
      changed: false
      full: false
      fetched: 0
      bytes: 0
      relabelled: 0
      deleted: 0
      refused: 0
      seconds: 0.2
      postponed: false
      leave: {case: "", document: Resolución 100 de 2026, authoriser: Mariela Ejemplo Rincón}
      reconciliation:
      error:
        error: AccountSuspended
        what: la cuenta está suspendida
        whose: ana.prueba@example.test
        why: Google no deja leer una cuenta suspendida
        repair: un superadministrador la reactiva
        exit_code: 3
        transient: false
news:
  description:
    - The accounts that a report by host is worth its while for. With O(always) all of RV(mailboxes), else those whose
      mirror changed or is not up to date.
  returned: success
  type: list
  elements: str
  sample: [marta.ejemplo@example.test, ana.prueba@example.test]
unchanged:
  description: How many accounts were found as their mirrors are.
  returned: success
  type: int
  sample: 0
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import CONFIG_OPTION, OfficeModule

try:
    from copias.case.guard import die_with_playbook
    from copias.mailbox.mirroring import mirror_accounts, publish_outcomes
    from copias.mailbox.night_rounds import mirror_night
    from copias.mailbox.outcome import show_difference
    from copias.night.stepping import do_step
    from copias.night.steps import MIRRORS
except ImportError:
    pass  # OfficeModule reports it


def mirror(module: OfficeModule) -> dict[str, t.Any]:
    """Bring the mirrors up to date; in check mode, ask which are not."""
    if not module.check_mode:
        die_with_playbook()
    office, accounts, look = module.office, module.params["accounts"], module.check_mode
    if module.params["night"]:
        given = {name: module.params[name] for name in ("always", "whole")}
        outcomes = do_step(office, [MIRRORS], lambda: mirror_night(office, accounts, look=look, **given))
    else:
        outcomes = mirror_accounts(office, accounts, reconcile=module.params["reconcile"], look=look)
    publish_outcomes(office, outcomes.values())
    news = [account for account, outcome in outcomes.items() if outcome.is_news]
    return {
        "changed": any(outcome.changed for outcome in outcomes.values()),
        "mailboxes": {account: outcome.to_dict() for account, outcome in outcomes.items()},
        "news": list(outcomes) if module.params["always"] else news,
        "unchanged": len(outcomes) - len(news),
        "diff": show_difference(outcomes.values()),
    }


def main() -> t.NoReturn:
    """Run the module."""
    OfficeModule(
        {
            **CONFIG_OPTION,
            "accounts": {"type": "list", "elements": "str", "required": True},
            "reconcile": {"type": "bool", "default": False},
            "night": {"type": "bool", "default": False},
            "always": {"type": "bool", "default": False},
            "whole": {"type": "bool", "default": False},
        }
    ).finish(mirror)


if __name__ == "__main__":
    main()
