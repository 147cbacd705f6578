"""Retention as one step of a playbook: planned in check mode, else carried out; an error of one repository fails it."""

from __future__ import annotations

import typing as t

from copias.errors import BackupError, NotReady
from copias.retention.overview import apply_all, plan_all

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from copias.office import Office
    from copias.retention.applying import NightOutcome
    from copias.retention.night_model import NightPlan


def plan_step(office: Office, names: Sequence[str] = ()) -> dict[str, t.Any]:
    """Return what the step would do in these repositories, in all when none is named.

    Raises:
        BackupError: a repository could not be asked.
    """
    found = plan_all(office, names=names)
    _raise_first(found.errors)
    told = {plan.repository: _describe(plan, [one.copy for one in plan.removals]) for plan in found.plans}
    for name, one in told.items():
        waits = bool(one["lost"]) or name in found.unexplained
        one["freed"] = name in found.to_free or (one["freed"] and not waits)
    return {
        "changed": found.changes,
        "repositories": told,
        "expired": len(found.packages.removable),
        "diff": _show({plan.repository: plan for plan in found.plans}, told),
    }


def apply_step(office: Office, names: Sequence[str] = ()) -> dict[str, t.Any]:
    """Carry the step out in these repositories, in all when none is named, and then fail if one failed.

    Raises:
        BackupError: of the first repository that failed; all others were done.
    """
    outcomes, errors = apply_all(office, names=names)
    _raise_first({**errors, **{one.plan.repository: one.error for one in outcomes if one.error}})
    told = {one.plan.repository: _describe_outcome(one) for one in outcomes}
    return {
        "changed": any(one.changed for one in outcomes),
        "repositories": told,
        "expired": len(plan_all_packages(office)),
        "diff": _show({one.plan.repository: one.plan for one in outcomes}, told),
    }


def find_refusal(told: Mapping[str, Mapping[str, t.Any]]) -> BackupError | None:
    """Return why nothing at all may go from a repository, the first; what is refused of one database passes by itself.

    Args:
        told: what the step returned, by repository.
    """
    for name, one in told.items():
        for refusal in one["refusals"]:
            if not refusal["database"]:
                what = "la retención no quita nada de este repositorio"
                return NotReady(what, whose=name, why=refusal["why"], repair=refusal["repair"])
    return None


def plan_all_packages(office: Office) -> tuple[t.Any, ...]:
    """Return the packages that wait for the approval of two people."""
    from copias.local_time import today
    from copias.retention.expiry import plan_office

    return plan_office(office, today()).removable


def _raise_first(errors: Mapping[str, BackupError]) -> None:
    for error in errors.values():
        raise error


def _describe(plan: NightPlan, removed: list[str]) -> dict[str, t.Any]:
    return {
        "removed": list(dict.fromkeys(removed)),
        "lost": [copy.copy for copy in plan.vanished],
        "freed": bool(plan.removals),
        "kept": sum(one.stays for one in plan.decisions),
        "refusals": [refusal.to_dict() for refusal in plan.refusals],
    }


def _describe_outcome(outcome: NightOutcome) -> dict[str, t.Any]:
    return {**_describe(outcome.plan, outcome.removed), "lost": outcome.lost, "freed": outcome.freed}


def _show(plans: Mapping[str, NightPlan], told: Mapping[str, dict[str, t.Any]]) -> dict[str, t.Any]:
    """Return the copies before and after, by repository."""
    before = {
        name: list(dict.fromkeys([*told[name]["removed"], *(one.copy for one in plan.decisions)]))
        for name, plan in plans.items()
    }
    after = {
        name: [copy for copy in copies if copy not in set(told[name]["removed"])] for name, copies in before.items()
    }
    return {"before": before, "after": after}
