"""Whether a delivery can be what was asked for: compared with what was delivered before.

A file can be whole and load, and be last month's, or another database's. Its source cannot be asked; earlier deliveries
can, and some dumps say what database they are of. One that came before, byte for byte, says that it is another
database of ours, or is of another engine stops the proof until a person accepts it; an unusual one opens a finding.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime

from copias.case.evidence import read_trusted_manifest
from copias.database.contract import TableDigest
from copias.errors import Altered
from copias.local_time import day_of
from copias.provider.described import clean
from copias.provider.earlier import list_replaced
from copias.provider.formats import FORMATS
from copias.sinfa.check_settings import Rows
from copias.sinfa.domain import CheckResult, compare_with_earlier
from copias.sinfa.history import MOST

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from copias.case.story import CopyRecord
    from copias.config import Deployment
    from copias.office import Office
    from copias.package.delivered_facts import DeliveredFacts
    from copias.provider.formats import Format
    from copias.sinfa.check_settings import CheckSettings

REPEATED: t.Final = "entrega repetida"
ORIGIN: t.Final = "base de datos"
ENGINE: t.Final = "motor"
_SAME_ENGINE: t.Final = {"mysql": "mariadb", "postgresql_cluster": "postgresql"}


@dataclass(frozen=True)
class Earlier:
    """A copy that was delivered before: number of its case, and its record."""

    case: str
    record: CopyRecord

    @property
    def subject(self) -> str:
        """Return the database that it was taken for."""
        return str(self.record.data["subject"])

    @property
    def finished(self) -> datetime:
        """Return when it was taken in."""
        return _finished(self.record)

    def is_same(self, delivered: DeliveredFacts) -> bool:
        """Tell whether a delivery is the same file, or holds the same dump packed in another way."""
        data = self.record.data
        return delivered.sha256 == data["delivered_sha256"] or delivered.dump_sha256 == data.get("dump_sha256")


@dataclass(frozen=True)
class Size:
    """How much a delivery holds: what of it can be compared with other deliveries."""

    bytes: int
    tables: tuple[TableDigest, ...]

    @classmethod
    def of(cls, facts: DeliveredFacts) -> t.Self:
        """Return the size of a delivery, unpacked, and its tables where it was loaded."""
        tables = (TableDigest(one.schema_name, one.table, one.rows, one.xor, one.total) for one in facts.load.tables)
        return cls(facts.dump_bytes, tuple(tables))

    @property
    def rows(self) -> int:
        """Return the rows of all tables."""
        return sum(table.rows for table in self.tables)


def compare_with_deliveries(
    office: Office, number: str, copy: CopyRecord, delivered: DeliveredFacts, checks: Sequence[CheckSettings]
) -> tuple[CheckResult, ...]:
    """Compare a delivery with those of other cases, whatever database they were taken for.

    Args:
        office: whose ledger and manifests.
        number: of its case; what was delivered for it before is the same file, taken in again, unless the case was
            reopened to have another.
        copy: that was made of it.
        delivered: what its manifest says.
        checks: of the database's settings; those of kind ``rows`` say which tables are compared.
    """
    replaced = {one.copy_id for one in list_replaced(office.book.story(number))}
    earlier = [one for one in _list_earlier(office, copy) if one.case != number or one.record.copy_id in replaced]
    usual = _read_usual(office, copy, delivered, earlier)
    return (*find_repeated(delivered, earlier), *compare_size(delivered, usual, checks))


def check_name(deployment: Deployment, subject: str, named: str) -> Iterator[CheckResult]:
    """Yield whether the database that a dump says it is of is the one that was asked for; nothing when it says none.

    Args:
        deployment: whose inventory.
        subject: the database that was asked for, by its name there.
        named: as the dump has it: hostile.
    """
    if not named:
        return
    wanted = deployment.database(subject).database
    others = [name for name, one in deployment.databases.items() if _is_called(one.database, named) and name != subject]
    said = f"el volcado dice que es de la base «{clean(named)}»"
    if _is_called(wanted, named):
        yield CheckResult(ORIGIN, "origin", "passed", said)
    elif others:
        yield CheckResult(ORIGIN, "origin", "error", f"{said}, que es la de {others[0]}, y se pidió «{wanted}»")
    else:
        yield CheckResult(ORIGIN, "origin", "warning", f"{said}, y se pidió «{wanted}»")


def check_engine(deployment: Deployment, subject: str, delivered: Format) -> Iterator[CheckResult]:
    """Yield an error when a dump is of another engine than its database; nothing where the inventory's word is free.

    Args:
        deployment: whose inventory.
        subject: the database that was asked for, by its name there.
        delivered: format of the dump.
    """
    written = deployment.database(subject).engine
    wanted, found = (_SAME_ENGINE.get(word, word) for word in (written.casefold(), delivered.engine))
    if wanted != found and wanted in {known.engine for known in FORMATS if known.engine}:
        text = f"lo entregado es un {delivered.words}, y la base es {written} en copias.yml"
        yield CheckResult(ENGINE, "origin", "error", text)


def _is_called(database: str, named: str) -> bool:
    return database.casefold() == named.casefold()


def find_repeated(delivered: DeliveredFacts, earlier: Iterable[Earlier]) -> Iterator[CheckResult]:
    """Yield an error when the very same bytes came before, for this database or for another."""
    same = next((one for one in earlier if one.is_same(delivered)), None)
    if same is not None:
        text = f"es, byte por byte, la que se entregó para {same.subject} en el caso {same.case}"
        yield CheckResult(REPEATED, "repeated", "error", f"{text}, el {day_of(same.finished):%d/%m/%Y}")


def compare_size(
    delivered: DeliveredFacts, earlier: Sequence[DeliveredFacts], checks: Sequence[CheckSettings]
) -> tuple[CheckResult, ...]:
    """Compare size and rows with earlier deliveries; of one that was not loaded, the size alone."""
    rows = [check for check in checks if isinstance(check, Rows)]
    sizes = [Size.of(one) for one in earlier]
    if delivered.load.loaded:
        return compare_with_earlier(Size.of(delivered), sizes, rows)
    uncounted = (CheckResult(one.name, one.kind, "unknown", "no se cargó y no se puede contar") for one in rows)
    bare = [Size(one.bytes, ()) for one in sizes]
    return (*compare_with_earlier(Size.of(delivered), bare), *uncounted)


def _read_usual(
    office: Office, copy: CopyRecord, delivered: DeliveredFacts, earlier: Iterable[Earlier]
) -> list[DeliveredFacts]:
    """Read of the last deliveries of the same database and form; of those that were loaded, for one that was."""
    wanted = (copy.data["subject"], delivered.format)
    found: list[DeliveredFacts] = []
    for one in earlier:
        if (one.subject, one.record.data["format"]) != wanted or len(found) == MOST:
            continue
        try:
            facts = read_trusted_manifest(office, one.record).delivered
        except (FileNotFoundError, Altered):
            continue  # its manifest is lost here: one delivery fewer to compare with
        if facts is not None and (facts.load.loaded or not delivered.load.loaded):
            found.append(facts)
    return found


def _list_earlier(office: Office, copy: CopyRecord) -> list[Earlier]:
    """List what was delivered before for any database, the newest first; void copies are none."""
    found = [
        Earlier(number, one)
        for number, story in office.book.keepers().items()
        for one in story.copies
        if "delivered_by" in one.data and one.status != "void" and _finished(one) < _finished(copy)
    ]
    return sorted(found, key=lambda one: one.finished, reverse=True)


def _finished(copy: CopyRecord) -> datetime:
    return datetime.fromisoformat(str(copy.data["finished"]))
