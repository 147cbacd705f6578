"""The same work on several repositories: one that fails never stops the rest, and all failures are told at once."""

from __future__ import annotations

import typing as t

from copias.errors import BackupError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from copias.office import Office


class Plan(t.Protocol):
    """Work on one repository that is planned."""

    @property
    def changes(self) -> bool:
        """Tell whether anything is left to do."""

    def run(self) -> None:
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


def do_each(names: Iterable[str], plan: Callable[[str], Plan], *, look: bool) -> dict[str, Outcome]:
    """Plan and do the work on each; with ``look`` only plan it. Nothing is raised for one that fails."""
    return {name: _do(plan, name, look=look) for name in names}


def require_all(outcomes: dict[str, Outcome]) -> None:
    """Raise what failed, if anything: one error as it was, several as one that names them all."""
    failed = [outcome["error"] for outcome in outcomes.values() if outcome["error"]]
    if not failed:
        return
    first = failed[0]
    if len(failed) == 1:
        raise _rebuild(first, first["what"], first["whose"], first["why"], first["repair"])
    causes = "; ".join(f"({n}) {one['whose']}: {one['what']}: {one['why']}" for n, one in enumerate(failed, start=1))
    repairs = "; ".join(f"({n}) {one['repair']}" for n, one in enumerate(failed, start=1))
    raise _rebuild(first, f"{len(failed)} repositorios tienen problemas", "", causes, repairs)


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
