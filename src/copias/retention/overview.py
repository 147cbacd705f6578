"""All that retention would do, in every repository and of every package; one that cannot be asked stops no other."""

from __future__ import annotations

import re
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date

from copias.errors import BackupError, BadInput
from copias.local_time import today
from copias.repository.opening import open_repository
from copias.retention.applying import NightOutcome, apply_repository
from copias.retention.expiry import PackagePlan, plan_office, read_ledger
from copias.retention.nights import plan_nights
from copias.retention.reading import FEW, ask_restic, read_facts
from copias.retention.simulation import LAST_YEAR, Forecast, foresee

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from copias.office import Office
    from copias.repository.repository import Repository
    from copias.retention.night_model import NightPlan

_YEAR: t.Final = re.compile(r"\d{4}", re.ASCII)
_DAY: t.Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)


@dataclass(kw_only=True)
class Overview:
    """What is planned.

    Args:
        plans: of the repositories that answered.
        to_free: names of those where room of an earlier run is still to be freed.
        unexplained: names of those where none is, because copies are gone and nobody has treated that finding.
        errors: of those that did not answer, by name.
        packages: of the cases.
        forecasts: what will be kept, where it was asked for.
    """

    packages: PackagePlan
    plans: list[NightPlan] = field(default_factory=list)
    to_free: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    errors: dict[str, BackupError] = field(default_factory=dict)
    forecasts: list[Forecast] = field(default_factory=list)

    @property
    def changes(self) -> bool:
        """Tell whether applying it would change anything."""
        return bool(self.to_free) or any(plan.removals or plan.vanished for plan in self.plans)

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return {
            "repositories": [plan.to_dict() for plan in self.plans],
            "to_free": self.to_free,
            "unexplained": self.unexplained,
            "errors": {name: error.facts() for name, error in self.errors.items()},
            "packages": self.packages.to_dict(),
            "forecasts": [one.to_dict() for one in self.forecasts],
        }


def plan_all(office: Office, *, names: Sequence[str] = (), until: date | None = None) -> Overview:
    """Plan everything, changing nothing.

    Args:
        office: of this installation.
        names: of the repositories that are asked; all when empty.
        until: the last day that is foreseen; nothing is foreseen without.
    """
    now = today()
    wanted, settings = require_names(office, names), office.deployment.retention
    own = office.deployment.night_schedules
    opened, errors = _open_all(office, wanted)
    # While restic reads its repositories, the ledger is read here, once for all: of many copies each takes seconds.
    with ThreadPoolExecutor(max_workers=1) as aside:
        asked = [(name, aside.submit(ask_restic, one, settings.nights, own)) for name, one in opened.items()]
        told = read_ledger(office, FEW)
    found = Overview(packages=plan_office(office, now, told=told), errors=errors)
    for name, future in asked:
        try:
            facts = read_facts(office, name, future.result(), events=told.events)
        except BackupError as error:
            found.errors[name] = error
            continue
        plan = plan_nights(facts, settings)
        found.plans.append(plan)
        found.to_free += [name] if facts.to_free else []
        found.unexplained += [name] if facts.unexplained else []
        if until is not None:
            copied = [key for key, one in office.deployment.databases.items() if one.repository == name]
            found.forecasts += foresee(plan, settings, today=now, until=until, schedules=own, copied=copied)
    return found


def _open_all(office: Office, names: Sequence[str]) -> tuple[dict[str, Repository], dict[str, BackupError]]:
    opened: dict[str, Repository] = {}
    errors: dict[str, BackupError] = {}
    for name in names:
        try:
            opened[name] = open_repository(office, name)
        except BackupError as error:
            errors[name] = error
    return opened, errors


def apply_all(
    office: Office, *, names: Sequence[str] = (), most: int | None = None
) -> tuple[list[NightOutcome], dict[str, BackupError]]:
    """Carry out the plan of each repository; return what came of each, and the errors of those that could not begin."""
    outcomes: list[NightOutcome] = []
    errors: dict[str, BackupError] = {}
    for name in require_names(office, names):
        try:
            outcomes.append(apply_repository(office, name, most=most))
        except BackupError as error:
            errors[name] = error
    return outcomes, errors


def require_names(office: Office, names: Sequence[str]) -> list[str]:
    """Return the repositories that are meant, each once.

    Raises:
        BadConfiguration: there is none of a name.
    """
    for name in names:
        office.deployment.repository(name)
    return list(dict.fromkeys(names)) or sorted(office.deployment.repositories)


def read_until(text: str, *, today: date) -> date:
    """Read a year, which means its last day, or a day as 31/12/2030.

    Raises:
        BadInput: it is neither, or not between today and the last year that is foreseen.
    """
    day = _DAY.fullmatch(text)
    try:
        if day:
            found = date(int(day[3]), int(day[2]), int(day[1]))
        elif _YEAR.fullmatch(text):
            found = date(int(text), 12, 31)
        else:
            raise ValueError("no es un año ni un día")
        if not today <= found <= date(LAST_YEAR, 12, 31):
            raise ValueError(f"debe estar entre hoy y {LAST_YEAR}")
    except ValueError as error:
        raise BadInput(
            "no se entiende hasta cuándo simular",
            whose=ascii(text[:20]),
            why=str(error),
            repair="escriba un año, 2030, o un día, 31/12/2030",
        ) from error
    return found
