"""The same work on several repositories or databases: one that fails never stops the rest, and all are told at once."""

from __future__ import annotations

import typing as t

from copias.case.guard import die_with_playbook
from copias.errors import BackupError
from copias.night.outcome import publish_outcome
from copias.night.stepping import do_step

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from copias.office import Office


class Plan(t.Protocol):
    """Work on one of them that is planned."""

    @property
    def changes(self) -> bool:
        """Tell whether anything is left to do."""

    def run(self) -> object:
        """Do it."""


Outcome: t.TypeAlias = "dict[str, t.Any]"
"""``changed``, and ``error`` with the facts of an error or ``None``."""


def choose_repositories(office: Office, names: Iterable[str]) -> list[str]:
    """Return these repositories, or all of the deployment when none is named.

    Raises:
        BadConfiguration: there is none of a name.
    """
    wanted = sorted(set(names)) or sorted(office.deployment.repositories)
    for name in wanted:
        office.deployment.repository(name)
    return wanted


def do_repositories(
    office: Office, names: Iterable[str], plan: Callable[[str], Plan], *, step: str, look: bool
) -> dict[str, t.Any]:
    """Do one step of the night on each repository, and return what a module returns.

    Args:
        office: of this installation.
        names: of repositories; all when there is none.
        plan: of one of them.
        step: end of the step's names, ``check`` of ``nas-check``.
        look: only say where it would be done.

    Raises:
        BackupError: what failed of them, once all were tried.
    """
    chosen = choose_repositories(office, names)
    if not look:
        die_with_playbook()
    outcomes = do_step(office, [f"{name}-{step}" for name in chosen], lambda: do_each(chosen, plan, look=look))
    for name, outcome in outcomes.items():
        publish_outcome(office, f"{name}-{step}", outcome)
    require_all(outcomes, "repositorios")
    return tell_each("repositories", outcomes)


def tell_each(key: str, outcomes: dict[str, Outcome]) -> dict[str, t.Any]:
    """Return what a module returns of them, under ``key``."""
    changed = [name for name, outcome in outcomes.items() if outcome["changed"]]
    diff = {"before": "", "after": "".join(f"{name}\n" for name in changed)}
    return {"changed": bool(changed), key: outcomes, "diff": diff}


def do_each(names: Iterable[str], plan: Callable[[str], Plan], *, look: bool) -> dict[str, Outcome]:
    """Plan and do the work on each; with ``look`` only plan it. Nothing is raised for one that fails."""
    return {name: _do(plan, name, look=look) for name in names}


def require_all(outcomes: dict[str, Outcome], things: str) -> None:
    """Raise what failed, if anything: one error as it was, several as one that names them all.

    Args:
        outcomes: of each.
        things: what they are, in Spanish.
    """
    failed = [outcome["error"] for outcome in outcomes.values() if outcome["error"]]
    if not failed:
        return
    first = failed[0]
    if len(failed) == 1:
        raise _rebuild(first, first["what"], first["whose"], first["why"], first["repair"])
    causes = "; ".join(f"({n}) {one['whose']}: {one['what']}: {one['why']}" for n, one in enumerate(failed, start=1))
    repairs = "; ".join(f"({n}) {one['repair']}" for n, one in enumerate(failed, start=1))
    raise _rebuild(first, f"{len(failed)} {things} tienen problemas", "", causes, repairs)


def _do(plan: Callable[[str], Plan], name: str, *, look: bool) -> Outcome:
    changed = False
    try:
        work = plan(name)
        changed = work.changes
        if changed and not look:
            work.run()
    except BackupError as error:
        return {"changed": False, "error": error.facts()}
    return {"changed": changed, "error": None}


def _rebuild(facts: dict[str, t.Any], what: str, whose: str, why: str, repair: str) -> BackupError:
    from copias import errors

    kind: type[BackupError] = getattr(errors, facts["error"], BackupError)
    return kind(what, whose=whose, why=why, repair=repair)
