"""The ledger and what is signed: the chain, the heads that are kept outside, the signature of every manifest."""

from __future__ import annotations

import hashlib
import typing as t
from datetime import timedelta

import orjson

from copias.audit.model import Column, Remark, Section, put_in_order, remark_of
from copias.case.copy_folder import CopyFolder
from copias.case.evidence import MANIFEST
from copias.errors import Altered, BackupError, BadConfiguration
from copias.night.manifest import NAME as NIGHT_MANIFEST
from copias.night.report import FINISHED, report_file
from copias.package.canonical import parse_strictly, to_canonical
from copias.package.signing import is_signed, load_trusted, public_path

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from copias.audit.case_fold import CaseCopy
    from copias.audit.ledger_pass import Chain
    from copias.config import Deployment
    from copias.ledger import Event
    from copias.ledger.witnesses import Gathered
    from copias.night.catalogue import NightCopy
    from copias.office import Office
    from copias.package.signing import TrustedKeys

CHAIN: t.Final = "ledger.chain"
WITNESS: t.Final = "ledger.witness"
SIGNATURE: t.Final = "signature"
COLUMNS: t.Final = (Column("what", "Qué"), Column("checked", "Revisado", "number"), Column("bad", "Mal", "number"))
NAMED: t.Final = 5
"""Witnesses that a remark names."""
UNCONFIRMED: t.Final = timedelta(days=2)
"""How long the ledger may go on without anything outside that vouches for it: each night leaves a witness."""
ASK: t.Final = "no la edite; compárela con la copia del estado en la NAS y averigüe quién la cambió"


def ledger_section(
    office: Office,
    chain: Chain,
    gathered: Gathered,
    *,
    copies: Iterable[CaseCopy],
    nights: Iterable[NightCopy],
    reports: Iterable[Event],
) -> Section:
    """Tell whether the chain holds, whether every witness lies on it, and whether all that is signed is as it was.

    Args:
        office: of this installation.
        chain: what the pass over the ledger found.
        gathered: the heads that are kept outside.
        copies: of cases, those that count.
        nights: the nightly copies that count.
        reports: the events of nights that ended.
    """
    signed, unsigned = _check_manifests(office, copies, nights)
    kept, lost = _check_reports(office.deployment, reports)
    told = [*_tell_chain(chain), *_tell_witnesses(chain, gathered), *unsigned, *lost]
    rows = (
        _row("líneas de la bitácora", chain.head.count, len(chain.faults)),
        _row("testigos guardados fuera", _count_witnesses(chain), len(chain.unmet)),
        _row("manifiestos firmados", signed + len(unsigned), len(unsigned)),
        _row("informes de noches", kept + len(lost), len(lost)),
    )
    return Section(
        part="ledger",
        title="Bitácora: la cadena, los testigos y las firmas",
        summary=(*_summarise(chain, gathered), ("Firmas revisadas", str(signed + len(unsigned)))),
        columns=COLUMNS,
        rows=rows,
        remarks=put_in_order(told),
        facts=_list_facts(chain, gathered),
    )


def _summarise(chain: Chain, gathered: Gathered) -> tuple[tuple[str, str], ...]:
    places = ", ".join(gathered.sources) or "ningún lugar"
    return (
        ("Eventos", str(chain.head.count)),
        ("Testigo de hoy", str(chain.head)),
        ("Testigos comparados", f"{_count_witnesses(chain)}, de: {places}"),
    )


def _count_witnesses(chain: Chain) -> int:
    return chain.met + len(chain.unmet) + len(chain.lost)


def _list_facts(chain: Chain, gathered: Gathered) -> dict[str, t.Any]:
    return {
        "count": chain.head.count,
        "sha256": chain.head.sha256,
        "valid": chain.valid,
        "witnesses": {
            "met": chain.met,
            "unmet": len(chain.unmet),
            "lost": len(chain.lost),
            "confirmed": chain.confirmed,
            "sources": gathered.sources,
        },
        **({} if chain.valid else {"error": "LedgerBroken"}),
    }


def _row(what: str, checked: int, bad: int) -> dict[str, t.Any]:
    return {"what": what, "checked": checked, "bad": bad}


def _tell_chain(chain: Chain) -> Iterator[Remark]:
    for fault in chain.faults:
        what, whose = "la bitácora no es la que se escribió", f"línea {fault.line}"
        yield Remark(severity="red", what=what, whose=whose, why=fault.why, repair=ASK, clause=CHAIN)
    if chain.torn:
        yield Remark(
            severity="yellow",
            what="la última línea de la bitácora quedó a medias",
            whose=f"{chain.torn} bytes",
            why="se fue la energía mientras se escribía: no cuenta como evento",
            repair="nada: la próxima orden que escriba la aparta",
            clause=CHAIN,
        )
    for name, count in sorted(chain.strange.items()):
        yield Remark(
            severity="yellow",
            what="hay eventos que este programa no entiende",
            whose=name or "sin nombre",
            why=f"son {count}",
            repair="vea si los escribió una versión más nueva de copias",
            clause=CHAIN,
        )


def _tell_witnesses(chain: Chain, gathered: Gathered) -> Iterator[Remark]:
    for witness in sorted(chain.unmet):
        yield Remark(
            severity="red",
            what="un testigo guardado fuera no está en la bitácora",
            whose=witness.kept_in,
            why=f"guarda {witness.count}:{witness.sha256[:12]}…: le cortaron el final, fue reescrita antes de la línea "
            f"{witness.count}, o alguien cambió el testigo",
            repair=ASK,
            clause=WITNESS,
        )
    if chain.lost:
        yield Remark(
            severity="yellow",
            what="faltan en la bitácora eventos que se perdieron con una máquina",
            whose="; ".join(witness.kept_in for witness in sorted(chain.lost)[-NAMED:]),
            why=f"son {len(chain.lost)} testigos que un administrador reconoció como perdidos al reconstruirla",
            repair="vea el hallazgo con `copias finding list --all`: dice qué eventos, por qué, y qué rehacer",
            clause=WITNESS,
        )
    if chain.unconfirmed > UNCONFIRMED:
        newest = f"el testigo más nuevo es del evento {chain.confirmed}" if chain.confirmed else "no hay ningún testigo"
        yield Remark(
            severity="yellow",
            what="nada de afuera da fe de lo último de la bitácora",
            whose=", ".join(gathered.sources) or "ningún lugar",
            why=f"{newest}: quien tenga la llave pudo reescribir lo que sigue sin que se note",
            repair="vea por qué las noches no dejan la fila de la hoja, el correo o la copia del estado: copias watch",
            clause=WITNESS,
        )
    for place in gathered.unreadable:
        what, repair = "un testigo no se entiende", "alguien cambió esa celda: devuélvala, de su historial de versiones"
        yield Remark(severity="yellow", what=what, whose=place, repair=repair, clause=WITNESS)
    for error in gathered.troubles:
        yield remark_of(error, "yellow", clause=WITNESS)


def _check_manifests(
    office: Office, copies: Iterable[CaseCopy], nights: Iterable[NightCopy]
) -> tuple[int, list[Remark]]:
    """Check the signature of each manifest, and that it is of the copy that the ledger knows."""
    deployment, good, bad = office.deployment, 0, list[Remark]()
    try:
        trusted = load_trusted([public_path(deployment.signing_key)])
    except BadConfiguration as error:
        return 0, [remark_of(error, "red", clause=SIGNATURE)]
    checks: Iterator[tuple[str, t.Callable[[], None]]] = _list_checks(deployment, trusted, copies, nights)
    for name, check in checks:
        try:
            check()
        except BackupError as error:
            bad.append(remark_of(error, "red", clause=SIGNATURE, whose=name))
        else:
            good += 1
    return good, bad


def _list_checks(
    deployment: Deployment, trusted: TrustedKeys, copies: Iterable[CaseCopy], nights: Iterable[NightCopy]
) -> Iterator[tuple[str, t.Callable[[], None]]]:
    for copy in copies:
        yield copy.copy, lambda copy=copy: _check_package(deployment, trusted, copy)  # type: ignore[misc]
    for night in nights:
        yield night.copy, lambda night=night: _check_night(deployment, trusted, night)  # type: ignore[misc]


def _check_package(deployment: Deployment, trusted: TrustedKeys, copy: CaseCopy) -> None:
    data = parse_strictly(_read(deployment, copy.copy, MANIFEST))
    if not isinstance(data, dict):
        raise _not_signed("no se entiende")
    content = {key: value for key, value in data.items() if key != "signature"}
    _require_signed(content, data.get("signature"), trusted)
    package = data.get("package")
    if not isinstance(package, dict) or package.get("sha256") != copy.sha256.hex():
        raise _not_signed("es de otro paquete")


def _check_night(deployment: Deployment, trusted: TrustedKeys, copy: NightCopy) -> None:
    try:
        content = orjson.loads(_read(deployment, copy.copy, NIGHT_MANIFEST))
        told = content["manifest"]["copy"]
        mine = (told["snapshot"], told["sha256"]) == (copy.snapshot, copy.sha256)
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise _not_signed("no se entiende") from error
    _require_signed(content["manifest"], content.get("signature"), trusted)
    if not mine:
        raise _not_signed("es de otra copia")


def _require_signed(content: t.Any, signature: t.Any, trusted: TrustedKeys) -> None:
    try:
        public = trusted[signature["key_id"]]
        good = is_signed(to_canonical(content), signature["value"], public)
    except (KeyError, TypeError) as error:
        raise _not_signed("no está firmado por la llave de aquí") from error
    if not good:
        raise _not_signed("la firma no corresponde a lo que dice")


def _read(deployment: Deployment, copy: str, name: str) -> bytes:
    try:
        return CopyFolder(deployment, copy).read_bytes(name)
    except OSError as error:
        raise _not_signed(f"falta {name} en la carpeta copies del estado") from error


def _not_signed(why: str) -> Altered:
    return Altered(
        "el manifiesto de una copia no da fe de ella",
        why=why,
        repair="recupérelo de la copia del estado que hay en el repositorio, y averigüe quién lo cambió",
    )


def _check_reports(deployment: Deployment, reports: Iterable[Event]) -> tuple[int, list[Remark]]:
    """Compare the report of each night with the hash that the ledger has of it."""
    good, bad = 0, list[Remark]()
    for event in reports:
        run, expected = str(event.data.get("run", "")), event.data.get("report")
        if event.event != FINISHED or not expected:
            continue
        path = report_file(deployment, run)
        try:
            found = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError:
            found = ""
        if found == expected:
            good += 1
            continue
        why = "su archivo fue cambiado" if found else "su archivo no está"
        repair = f"recupérelo de la copia del estado en la NAS, a {path}"
        what = "el informe de una noche no es el que la bitácora dice"
        bad.append(Remark(severity="red", what=what, whose=run, why=why, repair=repair, clause=CHAIN))
    return good, bad
