"""Whether what a copy holds can be right: questions to the restored database, and a comparison with earlier copies.

A copy that is equal to its source can still be worthless: of a source that lost its rows, or of last month's data. So
two kinds of answer are told apart. An *error* (a date too old, balances that differ, a question that cannot be asked)
stops the proof until a person accepts it with a reason. A *warning* (the copy is much smaller than the last ten)
opens a finding and stops nothing.
"""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from statistics import median

from copias.errors import BadConfiguration, CopyFailed
from copias.local_time import day_of
from copias.sinfa.check_settings import Equal, LatestDate, Rows

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from copias.database import Connection, Driver, DumpRecord, TableDigest
    from copias.sinfa.check_settings import CheckSettings

LEAST_COPIES: t.Final = 3
"""With fewer earlier copies nothing is said of what is usual."""
SHRINK: t.Final = 0.2
GROW: t.Final = 1.0
"""Shares of the median that a copy as a whole may lack or have more; of tables a ``rows`` check says its own."""
FEW_ROWS: t.Final = 20
"""A difference of so few rows is no news, however small the table."""
SECONDS: t.Final = 300.0
"""For one question."""


@dataclass(frozen=True)
class CheckResult:
    """What one check found.

    Args:
        name: of the check.
        kind: ``latest_date``, ``equal``, ``rows`` or ``size``.
        status: ``passed``, ``error``, ``warning``, or ``unknown`` when there is not enough to compare with.
        text: what was found, one sentence in Spanish; no datum of a person.
    """

    name: str
    kind: str
    status: t.Literal["passed", "error", "warning", "unknown"]
    text: str

    def __str__(self) -> str:
        """Return it for people."""
        return f"{self.name}: {self.text}"

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        return asdict(self)


class Measured(t.Protocol):
    """What is compared with earlier copies: the record of a dump of ours, or what is known of a delivered one."""

    @property
    def bytes(self) -> int:
        """Return the size of the dump."""
        ...

    @property
    def rows(self) -> int:
        """Return the rows of all tables."""
        ...

    @property
    def tables(self) -> Sequence[TableDigest]:
        """Return its tables; none when nobody could count what is in it."""
        ...


def errors_of(results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """Return those that stop a proof."""
    return tuple(result for result in results if result.status == "error")


def warnings_of(results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """Return those that open a finding."""
    return tuple(result for result in results if result.status == "warning")


def ask_checks(
    driver: Driver, restored: Connection, record: DumpRecord, checks: Sequence[CheckSettings]
) -> tuple[CheckResult, ...]:
    """Ask the restored database what its settings ask; a question that cannot be asked is an error too.

    Args:
        driver: of its engine.
        restored: the restored database.
        record: of the dump; dates are compared with the day on which it began.
        checks: of the database's settings; those that ask nothing are passed over.
    """
    return tuple(_ask(driver, restored, record, check) for check in checks if not isinstance(check, Rows))


def compare_with_earlier(
    record: Measured, earlier: Sequence[Measured], checks: Sequence[CheckSettings] = ()
) -> tuple[CheckResult, ...]:
    """Compare a dump's size and rows with the medians of earlier ones.

    Args:
        record: of the dump.
        earlier: records of the copies before it, at most as many as are to count.
        checks: of the database's settings; those of kind ``rows`` say which tables are compared, and how.
    """
    rows = [check for check in checks if isinstance(check, Rows)]
    if len(earlier) < LEAST_COPIES:
        said = f"aún no se sabe qué es usual: hay {len(earlier)} copias anteriores de {LEAST_COPIES}"
        names = [("tamaño", "size"), *((check.name, "rows") for check in rows)]
        return tuple(CheckResult(name, kind, "unknown", said) for name, kind in names)
    return (_compare_whole(record, earlier), *(_compare_tables(record, earlier, check) for check in rows))


def _ask(driver: Driver, restored: Connection, record: DumpRecord, check: LatestDate | Equal) -> CheckResult:
    try:
        answer = driver.query(restored, check.sql, seconds=SECONDS)
        trouble = _judge_date(answer, record, check) if isinstance(check, LatestDate) else _judge_equal(answer, check)
    except (BadConfiguration, CopyFailed) as error:
        return CheckResult(check.name, check.kind, "error", f"{error.what}: {error.why}")
    found = _show(answer)
    return CheckResult(check.name, check.kind, "error" if trouble else "passed", trouble or found)


def _judge_date(answer: Sequence[tuple[t.Any, ...]], record: DumpRecord, check: LatestDate) -> str:
    """Return what is wrong with the newest date; empty when nothing is."""
    (value,) = _only_row(answer, 1)
    newest, made = _read_date(value), day_of(record.started)
    if newest is None:
        return "la respuesta no es una fecha: o no hay filas, o la consulta pregunta otra cosa"
    limit = timedelta(days=check.days)
    if made - newest > limit:
        return f"el dato más nuevo es del {newest:%d/%m/%Y}, {(made - newest).days} días antes de la copia"
    if newest - made > limit:
        # Else one year typed wrong would make stale data look fresh for ever.
        return f"el dato más nuevo es del {newest:%d/%m/%Y}, {(newest - made).days} días después de la copia"
    return ""


def _judge_equal(answer: Sequence[tuple[t.Any, ...]], check: Equal) -> str:
    """Return what is wrong with two numbers; empty when nothing is."""
    first, second = map(_read_number, _only_row(answer, 2))
    if first is None or second is None:
        return "la respuesta no es de dos números"
    return "" if abs(first - second) <= check.tolerance else f"{first} no es igual a {second}"


def _only_row(answer: Sequence[tuple[t.Any, ...]], columns: int) -> tuple[t.Any, ...]:
    if len(answer) != 1 or len(answer[0]) != columns:
        shape = f"{len(answer)} filas de {len(answer[0]) if answer else 0} columnas"
        raise BadConfiguration(
            "la consulta de comprobación no responde lo que debe", why=f"se esperaba una fila de {columns}, hay {shape}"
        )
    return answer[0]


def _read_date(value: t.Any) -> date | None:
    if isinstance(value, datetime):
        return day_of(value) if value.tzinfo else value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _read_number(value: t.Any) -> Decimal | None:
    if value is None or isinstance(value, bytes | date):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _show(answer: Sequence[tuple[t.Any, ...]]) -> str:
    dates = (_read_date(value) if isinstance(value, date) else None for value in answer[0])
    return " = ".join(
        f"{day:%d/%m/%Y}" if day else str(value)[:40] for value, day in zip(answer[0], dates, strict=True)
    )


def _compare_whole(record: Measured, earlier: Sequence[Measured]) -> CheckResult:
    told = [
        ("bytes", record.bytes, [one.bytes for one in earlier]),
        ("filas", record.rows, [one.rows for one in earlier]),
        ("tablas", len(record.tables), [len(one.tables) for one in earlier]),
    ]
    odd = [text for what, count, counts in told if (text := _odd(count, counts, SHRINK, GROW, least=0, what=what))]
    counted = f", {record.rows} filas" if record.tables else ""
    said = f"{record.bytes} bytes{counted}, como las {len(earlier)} copias anteriores"
    return CheckResult("tamaño", "size", "warning" if odd else "passed", "; ".join(odd) or said)


def _compare_tables(record: Measured, earlier: Sequence[Measured], check: Rows) -> CheckResult:
    odd = list(_odd_tables(record, earlier, check))
    more = f"; y {len(odd) - 5} tablas más" if len(odd) > 5 else ""
    text = "; ".join(odd[:5]) + more if odd else f"como en las {len(earlier)} copias anteriores"
    return CheckResult(check.name, "rows", "warning" if odd else "passed", text)


def _odd_tables(record: Measured, earlier: Sequence[Measured], check: Rows) -> Iterator[str]:
    now = {table.name: table.rows for table in record.tables}
    before: dict[str, list[int]] = {}
    for one in earlier:
        for table in one.tables:
            before.setdefault(table.name, []).append(table.rows)
    for name in check.tables or sorted(before):
        if name not in now:
            if check.tables or len(before[name]) * 2 > len(earlier):
                yield f"falta la tabla {name}"
            continue
        if len(before.get(name, [])) >= LEAST_COPIES:
            text = _odd(now[name], before[name], check.shrink, check.grow, least=FEW_ROWS, what=f"filas en {name}")
            if text:
                yield text


def _odd(count: int, counts: Sequence[int], shrink: float, grow: float, *, least: int, what: str) -> str:
    """Return what is odd of a number beside the earlier ones, by their median, which one bad night moves little."""
    usual = round(median(counts))
    if abs(count - usual) <= least or usual * (1 - shrink) <= count <= usual * (1 + grow):
        return ""
    return f"{count} {what}, y lo usual son {usual}"
