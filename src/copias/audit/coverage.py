"""What is copied, and how old its newest verified copy is: each database and account, against its policy."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from copias.audit.forgotten import say_forgotten
from copias.audit.mirrors import last_of_mirrors
from copias.audit.model import Column, Remark, Section, put_in_order, remark_of
from copias.audit.monthly import say_monthly
from copias.audit.ordered import is_ordered, say_never_copied, say_ordered
from copias.audit.unretained import say_unretained
from copias.errors import BackupError, NotAllowed
from copias.mailbox.permission import Leave, find_leaves
from copias.night.catalogue import CLOCKS
from copias.night.steps import list_unretained
from copias.package.texts import format_moment
from copias.store.names import safe_part

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from copias.audit.case_fold import CaseFold
    from copias.audit.inventory import Inventory, SeenAccount
    from copias.config import Deployment
    from copias.night.catalogue import NightCopy
    from copias.office import Office
    from copias.policies import Policy

CLAUSE: t.Final = "backup.coverage"
AGE: t.Final = "backup.age"
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
GOOD: t.Final = "al día"
"""Verdict of what is copied as its policy says."""


@dataclass(frozen=True)
class Found:
    """What the pass over the ledger found, for this part.

    Args:
        cases: the cases and their copies.
        nights: the nightly copies that count, the oldest first.
        synced: by account, when the ledger last says that its mirror changed.
    """

    cases: CaseFold
    nights: list[NightCopy]
    synced: Mapping[str, str]


@dataclass(frozen=True)
class _Last:
    """The newest verified copy of something: its moment, and where it is from."""

    moment: datetime
    source: str


@dataclass
class _Judge:
    """Puts rows and remarks together."""

    office: Office
    now: datetime
    rows: list[dict[str, t.Any]] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    def limit_of(self, policy: Policy) -> timedelta:
        """Return how old a copy may be: the night in which it falls due may take its whole time to come to it."""
        return policy.every + self.office.deployment.night.time_limit

    def add(
        self, kind: str, name: str, department: str, verdict: str, last: _Last | None, policy: Policy | None = None
    ) -> None:
        """Add a row."""
        age = (self.now - last.moment).total_seconds() / 3600 if last else None
        self.rows.append(
            {
                "kind": kind,
                "name": name,
                "department": department,
                "verdict": verdict,
                "last": last.moment.isoformat(timespec="seconds") if last else "",
                "source": last.source if last else "",
                "age_hours": round(age, 1) if age is not None else None,
                "limit_hours": policy.every.total_seconds() / 3600 if policy else None,
            }
        )

    def judge(self, kind: str, name: str, department: str, last: _Last | None, policy: Policy, repair: str) -> None:
        """Add the row of something that must have a young verified copy, and a red remark if it has none."""
        if last is None:
            verdict, why = "SIN COPIA", "no hay ninguna copia verificada"
        elif self.now - last.moment > self.limit_of(policy):
            verdict, why = "VENCIDA", f"la última verificada es del {format_moment(last.moment.isoformat())}"
        else:
            self.add(kind, name, department, GOOD, last, policy)
            return
        self.add(kind, name, department, verdict, last, policy)
        what = "no tiene copia verificada" if last is None else "su copia verificada es más vieja de lo permitido"
        clause = CLAUSE if last is None else AGE
        self.remarks.append(
            Remark(severity="red", what=what, whose=f"{kind} {name}", why=why, repair=repair, clause=clause)
        )


def coverage_section(office: Office, inventory: Inventory, found: Found, now: datetime) -> Section:
    """Compare who is there with what is copied.

    Args:
        office: of this installation.
        inventory: who is there.
        found: what the ledger says.
        now: aware.
    """
    judge = _Judge(office, now)
    last_cases = _last_of_cases(found.cases, now + CLOCKS)
    _judge_databases(judge, found, last_cases)
    if inventory.error is not None:
        judge.remarks.append(_say_directory(inventory))
    _judge_accounts(judge, inventory, found, last_cases)
    judge.remarks += say_ordered(office, inventory)
    judge.remarks += say_unretained(office.deployment, found.nights)
    judge.remarks += say_forgotten(office.deployment, found.nights, now)
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


def _judge_databases(judge: _Judge, found: Found, last_cases: Mapping[tuple[str, str], _Last]) -> None:
    # A copy that a wrong clock dated tomorrow must not make a missing one look young.
    nights = {copy.database: copy for copy in found.nights if copy.verified and not copy.is_future(judge.now)}
    deployment = judge.office.deployment
    for name, database in sorted(deployment.databases.items()):
        night, case = nights.get(name), last_cases.get(("sinfa", name))
        last = _newest(_Last(night.finished_at, f"noche, {night.repository}") if night else None, case)
        policy_name, policy = deployment.known_policies.of_database(name)
        if database.repository is not None or policy_name:
            judge.judge("Base", name, database.department, last, policy, f"copias nightly --only {name}")
        else:
            # Neither a repository nor a policy asks for its nights: it is copied when somebody opens a case.
            judge.add("Base", name, database.department, "solo por casos" if last else "sin ningún caso", last)
            if last is None:
                judge.remarks.append(_say_uncovered(name))


def _judge_accounts(
    judge: _Judge, inventory: Inventory, found: Found, last_cases: Mapping[tuple[str, str], _Last]
) -> None:
    settings = judge.office.deployment.mailboxes
    if settings is None:
        return
    boxes = [one for one in inventory.accounts if one.state == "active" and one.mailbox]
    departments = {one.address: one.department for one in inventory.accounts}
    known = departments if inventory.accounts else inventory.error
    addresses = [one.address for one in boxes]
    leaves = find_leaves(judge.office, addresses, stories=found.cases.open_stories(), departments=known)
    # Of one that a case names too, the act is what tells how old its copy may be: a case may stay open for long.
    of_cases = [address for address, leave in leaves.items() if isinstance(leave, Leave) and leave.case]
    standing = find_leaves(judge.office, of_cases, stories=(), departments=known)
    leaves |= {address: leave for address, leave in standing.items() if isinstance(leave, Leave)}
    mirrors = {name: _Last(*told) for name, told in last_of_mirrors(judge.office, judge.now).items()}
    for one in inventory.accounts:
        last = _newest(mirrors.get(safe_part(one.address)), _case_of(last_cases, one.address))
        leave = leaves.get(one.address)
        if one.state != "active":
            state = "suspendida" if one.state == "suspended" else "archivada"
            judge.add("Buzón", one.address, one.department, state, last)
            if last is None and is_ordered(judge.office, one):
                judge.remarks.append(say_never_copied(one))
        elif leave is None:
            judge.add("Cuenta", one.address, one.department, "sin buzón", last)
        else:
            _judge_mailbox(judge, one, leave, last, found)
    _judge_vanished(judge, departments.keys(), mirrors, last_cases, known=bool(inventory.accounts))


def _judge_mailbox(
    judge: _Judge, one: SeenAccount, leave: Leave | BackupError, last: _Last | None, found: Found
) -> None:
    if isinstance(leave, NotAllowed):
        judge.add("Buzón", one.address, one.department, "no autorizado copiar", last)
    elif isinstance(leave, BackupError):
        judge.add("Buzón", one.address, one.department, "no se sabe", last)
        judge.remarks.append(remark_of(leave, "yellow", clause=CLAUSE, whose=one.address))
    elif leave.case:
        judge.add("Buzón", one.address, one.department, f"caso {leave.case} abierto", last)
    else:
        place = {"department": one.department, "org_unit": one.org_unit}
        _, policy = judge.office.deployment.known_policies.of_account(one.address, **place)
        repair = f"copias nightly --only {one.address}"
        if last is None and one.address in found.synced:
            repair += f"; la bitácora dice que su espejo se copió el {format_moment(found.synced[one.address])}"
        judge.judge("Buzón", one.address, one.department, last, policy, repair)


def _judge_vanished(
    judge: _Judge,
    known_accounts: t.Iterable[str],
    mirrors: Mapping[str, _Last],
    last_cases: Mapping[tuple[str, str], _Last],
    *,
    known: bool,
) -> None:
    """Name the accounts of which there are copies and that the Directory does not have; unless nobody knows those."""
    here = {name for address in known_accounts for name in (address, safe_part(address))}
    copied = mirrors.keys() | {subject for kind, subject in last_cases if kind != "sinfa" and "@" in subject}
    for address in sorted(copied - here) if known else ():
        last = _newest(mirrors.get(address), _case_of(last_cases, address))
        judge.add("Buzón", address, "", "ya no está en el Directorio", last)


def _last_of_cases(cases: CaseFold, latest: datetime) -> dict[tuple[str, str], _Last]:
    found: dict[tuple[str, str], _Last] = {}
    for copy in cases.counting():
        whose = f"paquete del mes {copy.month}" if copy.month else f"caso {copy.case}"
        last = _Last(_read_moment(copy.finished), f"{whose}, {copy.store}")
        if copy.verified and last.moment <= latest:
            key = (copy.kind, copy.subject)
            found[key] = _newest(found.get(key), last) or last
    return found


def _case_of(last_cases: Mapping[tuple[str, str], _Last], address: str) -> _Last | None:
    return _newest(last_cases.get(("mailbox", address)), last_cases.get(("manual", address)))


def _newest(one: _Last | None, other: _Last | None) -> _Last | None:
    if one is None or other is None:
        return one or other
    return max(one, other, key=lambda last: last.moment)


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
