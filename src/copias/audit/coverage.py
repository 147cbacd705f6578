"""What is copied, and how old its newest verified copy is: each database and account, against its policy."""

from __future__ import annotations

import typing as t
from collections import Counter
from datetime import UTC, datetime

from copias.audit.coverage_accounts import judge_accounts
from copias.audit.coverage_judge import CLAUSE, Found, Judge, Last, newest_of
from copias.audit.dropped import say_dropped
from copias.audit.forgotten import say_forgotten
from copias.audit.model import Column, Remark, Section, put_in_order
from copias.audit.monthly import say_monthly
from copias.audit.ordered import say_ordered
from copias.audit.unretained import say_unretained
from copias.night.catalogue import CLOCKS
from copias.night.steps import list_unretained
from copias.package.texts import format_moment

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from copias.audit.case_fold import CaseFold
    from copias.audit.inventory import Inventory
    from copias.config import Deployment
    from copias.office import Office

COLUMNS: t.Final = (
    Column("kind", "Qué"),
    Column("name", "Nombre"),
    Column("department", "Dependencia"),
    Column("verdict", "Estado"),
    Column("last", "Última copia verificada", "moment"),
    Column("source", "De dónde"),
    Column("age_hours", "Edad", "hours"),
    Column("limit_hours", "Máximo", "hours"),
)


def coverage_section(office: Office, inventory: Inventory, found: Found, now: datetime) -> Section:
    """Compare who is there with what is copied.

    Args:
        office: of this installation.
        inventory: who is there.
        found: what the ledger says.
        now: aware.
    """
    judge = Judge(office, now)
    last_cases = _last_of_cases(found.cases, now + CLOCKS)
    _judge_databases(judge, found, last_cases)
    if inventory.error is not None:
        judge.remarks.append(_say_directory(inventory))
    judge_accounts(judge, inventory, found, last_cases)
    judge.remarks += say_ordered(office, inventory)
    judge.remarks += say_unretained(office.deployment, found.nights)
    judge.remarks += say_forgotten(office.deployment, found.nights, now)
    judge.remarks += say_dropped(office.deployment, found.cases)
    judge.remarks += say_monthly(office.deployment, found.cases, found.nights, now)
    counts = Counter(str(row["verdict"]) for row in judge.rows)
    return Section(
        part="coverage",
        title="Cobertura: qué está copiado y desde cuándo",
        summary=(
            *((verdict, str(count)) for verdict, count in sorted(counts.items())),
            ("Drives", _say_drives(inventory, found)),
            *_say_appended(office.deployment),
        ),
        columns=COLUMNS,
        rows=tuple(judge.rows),
        remarks=put_in_order(judge.remarks),
        facts={"counts": dict(counts), "directory": inventory.seen or ("" if inventory.error else "now")},
    )


def _judge_databases(judge: Judge, found: Found, last_cases: Mapping[tuple[str, str], Last]) -> None:
    # A copy that a wrong clock dated tomorrow must not make a missing one look young.
    nights = {copy.database: copy for copy in found.nights if copy.verified and not copy.is_future(judge.now)}
    deployment = judge.office.deployment
    for name, database in sorted(deployment.databases.items()):
        night, case = nights.get(name), last_cases.get(("sinfa", name))
        last = newest_of(Last(night.finished_at, f"noche, {night.repository}") if night else None, case)
        policy_name, policy = deployment.known_policies.of_database(name)
        if database.repository is not None or policy_name:
            judge.judge("Base", name, database.department, last, policy, f"copias nightly --only {name}")
        else:
            # Neither a repository nor a policy asks for its nights: it is copied when somebody opens a case.
            judge.add("Base", name, database.department, "solo por casos" if last else "sin ningún caso", last)
            if last is None:
                judge.remarks.append(_say_uncovered(name))


def _last_of_cases(cases: CaseFold, latest: datetime) -> dict[tuple[str, str], Last]:
    found: dict[tuple[str, str], Last] = {}
    for copy in cases.counting():
        whose = f"paquete del mes {copy.month}" if copy.month else f"caso {copy.case}"
        last = Last(_read_moment(copy.finished), f"{whose}, {copy.store}", copy.owner)
        if copy.verified and last.moment <= latest:
            key = (copy.kind, copy.subject)
            found[key] = newest_of(found.get(key), last) or last
    return found


def _read_moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _say_drives(inventory: Inventory, found: Found) -> str:
    cases = sum(copy.kind == "drive" and copy.verified for copy in found.cases.counting())
    accounts = sum(one.state == "active" for one in inventory.accounts)
    return f"las noches no los copian todavía; {accounts} cuentas tienen uno y hay {cases} copias de casos"


def _say_appended(deployment: Deployment) -> Iterator[tuple[str, str]]:
    names = list_unretained(deployment)
    if names:
        yield "Sin retención por la noche", f"{', '.join(names)}: solo agregan; la aplica una persona"


def _say_uncovered(name: str) -> Remark:
    return Remark(
        severity="yellow",
        what="ninguna noche la copia y ningún caso la ha copiado",
        whose=f"Base {name}",
        why="no tiene repository ni está en una política de policies",
        repair="póngale repository en copias.yml, o abra un caso",
        clause=CLAUSE,
    )


def _say_directory(inventory: Inventory) -> Remark:
    known = (
        f"se usa la foto del inventario del {format_moment(inventory.seen)}" if inventory.seen else "no hay una foto"
    )
    why = inventory.error.why or inventory.error.what if inventory.error else ""
    return Remark(
        severity="yellow",
        what="el Directorio no respondió: no se sabe qué cuentas hay hoy",
        whose="Google Workspace",
        why=f"{why}; {known}",
        repair=inventory.error.repair if inventory.error else "",
        clause=CLAUSE,
    )
