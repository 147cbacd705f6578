#!/usr/bin/python

# Copyright (c) 2026, copias contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's face of the retention of nightly copies."""

from __future__ import annotations

DOCUMENTATION = r"""
module: retention_apply
short_description: Remove the nightly copies that the policy lets go
version_added: 0.3.0
description:
  - Removes, in each restic repository of the deployment, the nightly copies that its policy of retention lets go, by
    their ids, and frees their room once the repository was found whole.
  - What no policy removes stays and is named. That is the newest verified copy, the least number of them, and what is
    held. Nothing is removed of a database without a verified copy of the last 48 hours, with dates that look forged, or
    when more would go at once than was foreseen; a warning says so. Where nothing at all may go from a repository the
    module fails, once the others were done, and the night's report says so too.
  - A copy that is gone without a plan is warned of and opens a finding.
  - The plan, with restic's own answer, is kept in the state as evidence before anything is removed.
  - Sealed packages of cases are never removed by this; RV(expired) tells how many wait for the approval of two people.
extends_documentation_fragment:
  - funza.copias._office
  - funza.copias._case.attributes
  - funza.copias._repositories
"""

EXAMPLES = r"""
- name: Remove the nightly copies that the policy lets go
  funza.copias.retention_apply:
    config: "{{ copias_config }}"
"""

RETURN = r"""
repositories:
  description: What came of each repository, or would in check mode, by its name.
  returned: success
  type: dict
  sample:
    nas:
      removed: [noche-hacienda-20261101T060000Z]
      lost: []
      freed: true
      kept: 34
      refusals: []
expired:
  description: How many sealed packages are past their time and wait for the approval of two people.
  returned: success
  type: int
  sample: 0
"""

import typing as t

from ansible_collections.funza.copias.plugins.module_utils._module import REPOSITORIES_OPTIONS, OfficeModule

try:
    from copias.case.guard import die_with_playbook
    from copias.night.outcome import publish_error, publish_outcome
    from copias.night.stepping import do_step
    from copias.night.steps import RETENTION
    from copias.retention.step import apply_step, find_refusal, plan_step
except ImportError:
    pass  # OfficeModule reports it


def apply(module: OfficeModule) -> dict[str, t.Any]:
    """Carry the plan out; in check mode, tell it."""
    if not module.check_mode:
        die_with_playbook()
    office, names = module.office, module.params["repositories"]
    act = plan_step if module.check_mode else apply_step
    result = do_step(office, [RETENTION], lambda: act(office, names))
    refused = find_refusal(result["repositories"])
    if refused is not None:
        publish_error(office, RETENTION, refused)
    else:
        publish_outcome(office, RETENTION, {"changed": result["changed"], "error": None})
    for name, told in result["repositories"].items():
        for refusal in told["refusals"]:
            module.warn(f"{refusal['database'] or name}: no se quita nada, {refusal['why']}. {refusal['repair']}")
        for copy in told["lost"]:
            module.warn(f"{name}: {copy} desapareció sin que la retención la quitara; vea `copias finding list`")
    if refused is not None:
        module.fail_with(refused, **result)
    return result


def main() -> t.NoReturn:
    """Run the module."""
    OfficeModule(REPOSITORIES_OPTIONS).finish(apply)


if __name__ == "__main__":
    main()
