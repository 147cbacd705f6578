"""The step of a night that seals the packages of the month that has ended."""

from __future__ import annotations

import typing as t

from copias.case.guard import die_with_playbook
from copias.night.each import do_each, require_all, tell_each
from copias.night.outcome import publish_outcome
from copias.night.stepping import do_step
from copias.night.steps import MONTHLY, list_monthly
from copias.sinfa.monthly import plan_monthly, tell_missing

if t.TYPE_CHECKING:
    from copias.night.each import Outcome
    from copias.office import Office


def seal_months(office: Office, *, look: bool) -> dict[str, t.Any]:
    """Seal the months of every database whose policy says so, and return what a module returns.

    Args:
        office: of this installation.
        look: only say of which databases.

    Raises:
        BackupError: what failed of them, once all were tried.
    """
    if not look:
        die_with_playbook()
    told = tell_each("databases", do_step(office, [MONTHLY], lambda: _seal(office, look=look)))
    publish_outcome(office, MONTHLY, {"changed": told["changed"], "error": None})
    return told


def _seal(office: Office, *, look: bool) -> dict[str, Outcome]:
    names = list_monthly(office.deployment)
    outcomes = do_each(names, lambda name: plan_monthly(office, name), look=look)
    if not look:
        for name in names:
            tell_missing(office, name)
    require_all(outcomes, "bases de datos")
    return outcomes
