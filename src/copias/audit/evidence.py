"""Whether manifest, store, control sheet and ledger agree of each copy that counts: all of them, or a drawn sample."""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass, field

from copias.audit.model import Column, Remark, Section, put_in_order, remark_of
from copias.case.series import say_again
from copias.errors import Altered, BackupError, BadSheet
from copias.keeping.files import kept_files
from copias.opened import record_opening
from copias.progress import ignore
from copias.repository.fetching import read_dump_back
from copias.repository.opening import open_repository
from copias.repository.snapshots import list_snapshots
from copias.store.read_back import read_back

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from copias.audit.case_fold import CaseCopy
    from copias.audit.model import Severity
    from copias.audit.sheet_fold import SheetFold
    from copias.night.catalogue import NightCopy
    from copias.office import Office
    from copias.store import Store

CLAUSE: t.Final = "evidence"
READ: t.Final = "copias audit evidence --read"
SAMPLE: t.Final = 200
"""Packages that are looked for on their stores when nobody asks for all."""
COLUMNS: t.Final = (
    Column("copy", "Copia"),
    Column("place", "Lugar"),
    Column("files", "Archivos", "number"),
    Column("how", "Cómo se miró"),
    Column("verdict", "Resultado"),
)


@dataclass(frozen=True, kw_only=True)
class Look:
    """How much is looked at.

    Args:
        everything: every copy, and not a sample.
        read: read back what is looked at, and not only ask for it.
        seed: of the sample: the ledger's head, which nobody chose.
    """

    everything: bool = False
    read: bool = False
    seed: str = ""

    def draw(self, copies: Sequence[CaseCopy]) -> Sequence[CaseCopy]:
        """Return what is looked at: those of the lowest SHA-256 of ``seed:copy``."""
        if self.everything or len(copies) <= SAMPLE:
            return copies
        return sorted(copies, key=lambda one: hashlib.sha256(f"{self.seed}:{one.copy}".encode()).digest())[:SAMPLE]


@dataclass
class _Findings:
    rows: list[dict[str, t.Any]] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    """Places that did not answer: told once, and not asked again."""

    def add(self, copy: str, place: str, files: int, how: str, error: BackupError | None = None) -> None:
        verdict = "bien" if error is None else "MAL" if isinstance(error, Altered) else "no se pudo mirar"
        self.rows.append({"copy": copy, "place": place, "files": files, "how": how, "verdict": verdict})
        if isinstance(error, Altered):
            self.remarks.append(remark_of(error, "red", clause=CLAUSE, whose=copy))
        elif error is not None and place not in self.silent:
            self.silent.add(place)
            # One that is away may come back; one that nobody configures, or that another lies in place of, does not.
            severity: Severity = "yellow" if error.transient else "red"
            self.remarks.append(remark_of(error, severity, clause=CLAUSE, whose=place))


def evidence_section(
    office: Office,
    copies: Sequence[CaseCopy],
    nights: Iterable[NightCopy],
    look: Look,
    *,
    sheet: Sequence[Remark] = (),
    compared: int = 0,
) -> Section:
    """Compare what the ledger says with what lies on the stores, in the repositories and in the control sheet.

    Args:
        office: of this installation.
        copies: the packages that count.
        nights: the nightly copies that count.
        look: how much is looked at.
        sheet: what the control sheet says otherwise, as :class:`SheetFold` found it.
        compared: rows of the sheet that were compared.
    """
    found, drawn = _Findings(), look.draw(copies)
    _look_at_packages(office, drawn, look, found)
    _look_at_nights(office, nights, look, found)
    good = sum(row["verdict"] == "bien" for row in found.rows)
    sample = "todos" if len(drawn) == len(copies) else f"{len(drawn)} sorteados con la semilla {look.seed[:16]}…"
    return Section(
        part="evidence",
        title="Evidencia: lo que dice la bitácora está donde dice",
        summary=(
            ("Paquetes mirados", f"{sample}, de {len(copies)}"),
            ("Copias en su lugar", f"{good} de {len(found.rows)}"),
            ("Filas de la hoja de control comparadas", str(compared)),
            ("Cómo", "leídas de vuelta" if look.read else "existencia y tamaño; con --read se leen de vuelta"),
        ),
        columns=COLUMNS,
        rows=tuple(found.rows),
        remarks=put_in_order([*sheet, *found.remarks]),
        facts={"seed": look.seed, "looked_at": len(drawn), "copies": len(copies)},
    )


def say_unproven(case: str) -> Remark:
    """Return what is wrong with a resolved case that has no proven copy."""
    return Remark(
        severity="red",
        what="el caso está resuelto y no existe una copia probada suya",
        whose=f"caso {case}",
        why="nunca la tuvo, o la que tenía se dañó",
        repair=f"haga otra: copias reopen {case} --reason …",
        clause=CLAUSE,
    )


def read_sheet(office: Office) -> tuple[SheetFold | None, list[Remark]]:
    """Return the control sheet, to be compared, and what is wrong with the sheets: what is not there is not compared.

    A sheet that does not answer may answer later; a header that is not as it was hides what somebody took away.
    """
    from copias.audit.sheet_fold import SheetFold

    if not office.deployment.help_desk.control_tab:
        return None, []
    try:
        faults = office.help_desk.faults(heartbeat=office.deployment.night.heartbeat_tab)
        told = [remark_of(fault, "red", clause=CLAUSE) for fault in faults]
    except BackupError as error:
        return None, [remark_of(error, "yellow", clause=CLAUSE, whose="hoja de control")]
    try:
        return SheetFold(office.help_desk.control_rows()), told
    except BadSheet:
        return None, told  # it is among the faults
    except BackupError as error:
        return None, [*told, remark_of(error, "yellow", clause=CLAUSE, whose="hoja de control")]


def _look_at_packages(office: Office, copies: Iterable[CaseCopy], look: Look, found: _Findings) -> None:
    stores: dict[str, Store] = {}
    how = "leída" if look.read else "existencia y tamaño"
    for copy in copies:
        if copy.store in found.silent:
            found.add(copy.copy, copy.store, 0, "", Unasked(copy.store))
            continue
        files = 0
        error: BackupError | None = None
        try:
            if copy.store not in stores:
                stores[copy.store] = office.open_store(copy.store)
            files = _compare_package(office, stores[copy.store], copy, look)
        except FileNotFoundError:
            error = Altered("falta su manifiesto en la carpeta copies del estado", whose=copy.copy)
        except BackupError as failure:
            error = failure
        found.add(copy.copy, copy.store, files, how, error)


class Unasked(BackupError):
    """A place was not asked about another copy, because it had not answered before."""


def _compare_package(office: Office, store: Store, copy: CaseCopy, look: Look) -> int:
    """Compare the files of a package and those beside it; return how many there are.

    Raises:
        Altered: one is missing, or is not what the manifest says.
    """
    files = kept_files(office, copy.to_record())
    if look.read:
        record_opening(office, copy.copy, by=READ, to="")
    for file in files:
        if look.read:
            read_back(store, file.name, expected_bytes=file.bytes, expected_sha256=file.sha256)
            continue
        there = store.stat(file.name)
        if there is None or there.bytes != file.bytes:
            size = "no está" if there is None else f"mide {there.bytes} bytes y se guardaron {file.bytes}"
            raise Altered(
                "un archivo de la copia no está como se guardó",
                whose=copy.copy,
                why=f"{file.name}, en {copy.store}: {size}",
                repair=f"no use esta copia; haga otra ({say_again(copy.case)}) y revise el destino",
            )
    return len(files)


def _look_at_nights(office: Office, nights: Iterable[NightCopy], look: Look, found: _Findings) -> None:
    by_repository: dict[str, list[NightCopy]] = {}
    for night in nights:
        by_repository.setdefault(night.repository, []).append(night)
    for name, copies in by_repository.items():
        try:
            repository = open_repository(office, name)
            present = {snapshot.id for snapshot in list_snapshots(repository)}
        except BackupError as error:
            for copy in copies:
                found.add(copy.copy, name, 0, "", error)
            continue
        newest = {copy.database: copy.copy for copy in copies}
        for copy in copies:
            missing = _gone(copy) if copy.snapshot not in present else None
            read = look.read and not missing and (look.everything or newest[copy.database] == copy.copy)
            failure: BackupError | None = missing
            if read:
                record_opening(office, copy.copy, by=READ, to="")
                try:
                    read_dump_back(repository, copy, report=ignore)
                except BackupError as error:
                    failure = error
            found.add(copy.copy, name, 1, "leída" if read else "en la lista del repositorio", failure)


def _gone(copy: NightCopy) -> Altered:
    return Altered(
        "la copia nocturna no está en su repositorio",
        whose=copy.copy,
        why=f"falta la instantánea {copy.snapshot[:12]} y la bitácora no dice que la retención la quitara",
        repair=f"no borre nada; averigüe quién la quitó: copias retention plan {copy.repository}",
    )
