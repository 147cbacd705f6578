"""The evidence pack of cases or of a period: one zip that anybody can check without this product.

Event of the installation: ``audit.packed`` (``cases`` or ``from`` and ``to``, ``name``, ``bytes``, ``sha256`` of the
zip, ``head`` of the ledger that it shows, ``previous``: number and SHA-256 of the pack before, or ``None``). The file
appears after its event, so no pack is outside that the ledger does not know. Of one state of the ledger the same pack
is made, byte for byte.
"""

from __future__ import annotations

import errno
import tempfile
import typing as t
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from copias.case.book import check_number
from copias.case.story import tell
from copias.errors import BadInput, StoreFull
from copias.evidence.contents import Contents, PackFile, collect_case, collect_copy
from copias.evidence.description import describe_case
from copias.evidence.excerpt import Excerpt, write_excerpt
from copias.evidence.pages import render
from copias.files import check_folder, locked, make_private_directory, sync_directory
from copias.local_time import BOGOTA, day_of
from copias.package.canonical import to_canonical
from copias.package.signing import ALGORITHM, load_key, public_path
from copias.package.texts import render_csv
from copias.package.writer import PackageWriter
from copias.standards import clause

if t.TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from copias.case.story import Story
    from copias.ledger import Event, Ledger
    from copias.office import Office

PACKED: t.Final = "audit.packed"
FORMAT: t.Final = "copias-evidence-1"
SCRIPTS: t.Final = Path(__file__).resolve().parents[3] / "scripts"
_PROGRAMS: t.Final = {
    "verificar.py": "verify_evidence.py",
    "verificar_paquete.py": "verify_package.py",
    "verificar_bitacora.py": "verify_ledger.py",
}
_OF_A_PERIOD: t.Final = frozenset(
    {"night.made", "night.verified", "night.voided", "night.removed", "night.state", "store.measured"}
    | {f"drill.{what}" for what in ("passed", "failed", "certified")}
    | {f"repository.{what}" for what in ("made", "checked", "pushed")}
)
"""The installation's events that name nobody who is copied; of all others a pack of a period has the sum only."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a pack is of: some cases, or a period of days of Colombia, both included."""

    cases: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None

    def __str__(self) -> str:
        if self.cases:
            return f"caso{'s' if len(self.cases) > 1 else ''} {', '.join(self.cases)}"
        return f"del {self.first:%d/%m/%Y} al {self.last:%d/%m/%Y}" if self.first and self.last else ""

    def holds(self, event: Event) -> bool:
        """Tell whether an event lies in the period; a pack of cases has none."""
        return bool(self.first and self.last and self.first <= day_of(event.when) <= self.last)

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data."""
        day = {"from": self.first, "to": self.last}
        return {"cases": list(self.cases), **{name: one.isoformat() if one else "" for name, one in day.items()}}


@dataclass(frozen=True, kw_only=True)
class Pack:
    """A pack that was made; ``missing`` are plain data of what it ought to hold and does not."""

    path: Path
    bytes: int
    sha256: str
    files: int
    cases: tuple[str, ...]
    missing: tuple[dict[str, str], ...]


def make_pack(office: Office, scope: Scope, target: Path) -> Pack:
    """Make a pack at ``target``, which must not be there, and record it.

    Raises:
        BadInput: there is no such case, nothing in the period, or the target cannot be used.
        LedgerBroken: the chain does not hold: nothing is packed.
        StoreFull: the disk has no room; nothing is left.
    """
    _check_target(target, state=office.deployment.state)
    state = make_private_directory(office.deployment.state)
    part = target.with_name(target.name + ".part")
    with locked(state / "packs.lock"), tempfile.TemporaryDirectory(dir=state, prefix="pack-") as spool:
        try:
            done = _build(office, scope, part, Path(spool) / "excerpt.jsonl", target)
            _record(office, scope, done)
            part.rename(target)
        except OSError as error:
            raise _say_disk(target, error) from error
        finally:
            part.unlink(missing_ok=True)
        sync_directory(target.parent)
    return done


def _build(office: Office, scope: Scope, part: Path, excerpt: Path, target: Path) -> Pack:
    ledger, deployment = office.book.ledger, office.deployment
    until = ledger.head()
    cases = scope.cases or _cases_of(ledger, scope)
    taken = write_excerpt(ledger, excerpt, shown=_chooser(ledger, scope, cases), until=until)
    stories = [tell(number, taken.events) for number in cases]
    if strange := [story.number for story in stories if not story.events]:
        raise BadInput("el caso no está en la bitácora", whose=f"caso {strange[0]}", repair="vea `copias cases`")
    if not taken.events:
        raise BadInput("no hay nada registrado en ese período", whose=str(scope), repair="revise --from y --to")
    contents = Contents()
    for story in stories:
        collect_case(deployment, story, contents)
    for event in taken.events:
        if event.event == "night.made" and scope.holds(event):
            collect_copy(deployment, str(event.data["copy"]), "noches", contents, must=True)
    contents.add("llave-publica.pem", public_path(deployment.signing_key).read_bytes(), "llave pública de la entidad")
    for name, script in _PROGRAMS.items():
        contents.add(name, (SCRIPTS / script).read_bytes(), "programa de comprobación, solo con Python")
    record = _describe(office, scope, taken, stories, contents)
    sealed = _write(office, record, contents, excerpt, part, scope)
    return Pack(
        path=target,
        bytes=sealed[0],
        sha256=sealed[1],
        files=sealed[2],
        cases=tuple(cases),
        missing=tuple(record["missing"]),
    )


def _describe(
    office: Office, scope: Scope, taken: Excerpt, stories: Iterable[Story], contents: Contents
) -> dict[str, t.Any]:
    procedure = office.deployment.procedure
    return {
        "format": FORMAT,
        "entity": office.deployment.entity,
        "procedure": f"{procedure.code} v{procedure.version}",
        "scope": scope.to_dict(),
        "as_of": taken.as_of,
        "made_by": office.actor.to_event(),
        "ledger": {"first": taken.first, "count": taken.head.count, "sha256": taken.head.sha256},
        "previous_pack": find_previous(office.book.ledger),
        "cases": [describe_case(story) for story in stories],
        "missing": [{"what": one.what, "whose": one.whose, "why": one.why} for one in contents.missing],
    }


def _write(
    office: Office, record: dict[str, t.Any], contents: Contents, excerpt: Path, part: Path, scope: Scope
) -> tuple[int, str, int]:
    """Write the zip; return its size, SHA-256 and how many files it has."""
    key = load_key(office.deployment.signing_key)
    when = datetime.fromisoformat(record["as_of"]).astimezone(BOGOTA)
    listed: list[dict[str, t.Any]] = []
    with part.open("xb") as stream:
        part.chmod(0o600)
        writer = PackageWriter(stream.write, when=when)

        def put(file: PackFile) -> None:
            entry = writer.add(file.name, file.content)
            facts = {"name": file.name, "bytes": entry.bytes, "sha256": entry.sha256}
            listed.append({**facts, "what": file.what, "signed": file.signed})

        for file in sorted(contents.files, key=lambda one: one.name):
            put(file)
        listed.append(_put_excerpt(writer, excerpt))
        values = {"r": record, "scope": str(scope), "key": key.key_id}
        put(PackFile("LEEME.txt", _for_windows(render("LEEME.txt.j2", **values)), "cómo se comprueba"))
        put(PackFile("indice.csv", _index(listed), "los archivos y sus sumas, para Excel"))
        page = render("evidence.html.j2", **values, files=listed, clause=clause("evidence.pack"))
        put(PackFile("index.html", page.encode(), "esta evidencia, para leer"))
        sums = [(one["name"], one["sha256"]) for one in listed]
        put(PackFile("comprobar-windows.txt", _certutil(sums), "líneas certutil y la suma que deben dar"))
        put(PackFile("SHA256SUMS", "".join(f"{sha}  {name}\n" for name, sha in sums).encode(), "sumas para sha256sum"))
        record["files"] = listed
        signature = {"algorithm": ALGORITHM, "key_id": key.key_id, "value": key.sign(to_canonical(record))}
        sealed = orjson.dumps({"record": record, "signature": signature}, option=orjson.OPT_INDENT_2)
        writer.add("evidencia.json", sealed)
        done = writer.close()
    return done.bytes, done.sha256, done.count


def _put_excerpt(writer: PackageWriter, excerpt: Path) -> dict[str, t.Any]:
    name = "bitacora/extracto.jsonl"
    entry = writer.open_entry(name, deflate=True)
    with excerpt.open("rb") as stream:
        while block := stream.read(1 << 20):
            entry.write(block)
    done = entry.close()
    what = "líneas de la bitácora de esta evidencia, y la suma de las demás"
    return {"name": name, "bytes": done.bytes, "sha256": done.sha256, "what": what, "signed": False}


def _index(listed: Iterable[dict[str, t.Any]]) -> bytes:
    rows = ((one["name"], one["what"], one["bytes"], one["sha256"]) for one in listed)
    return render_csv(("archivo", "qué es", "bytes", "SHA-256"), rows)


def _certutil(sums: Iterable[tuple[str, str]]) -> bytes:
    lines = ['certutil -hashfile "{}" SHA256\n    {}\n'.format(name.replace("/", "\\"), sha) for name, sha in sums]
    return _for_windows("".join(lines))


def _for_windows(text: str) -> bytes:
    return ("\ufeff" + text.replace("\n", "\r\n")).encode()


def _record(office: Office, scope: Scope, pack: Pack) -> None:
    facts: dict[str, t.Any] = {"name": pack.path.name, "bytes": pack.bytes, "sha256": pack.sha256, "files": pack.files}
    head, previous = office.book.ledger.head(), find_previous(office.book.ledger)
    facts |= {"holds": list(pack.cases), "head": str(head), "previous": previous}
    office.record(PACKED, {**scope.to_dict(), **facts})


def find_previous(ledger: Ledger) -> dict[str, t.Any] | None:
    """Return number in the ledger and SHA-256 of the newest pack, ``None`` before the first."""
    found = None
    for event in ledger.events_of({PACKED}):
        found = {"n": event.n, "sha256": str(event.data["sha256"])}
    return found


def _cases_of(ledger: Ledger, scope: Scope) -> tuple[str, ...]:
    """Return the cases that something happened in during the period, by number."""
    found = {event.case for event in ledger.events() if event.case and scope.holds(event)}
    return tuple(sorted(found, key=lambda number: (len(number), number)))


def _chooser(ledger: Ledger, scope: Scope, cases: Iterable[str]) -> t.Callable[[Event], bool]:
    """Return what tells whether a line may leave: the cases', and the installation's that are about nobody else."""
    wanted = frozenset(map(check_number, cases))
    copies = {event.data.get("copy") for event in ledger.events_of({"copy.made"}) if event.case in wanted}

    def shown(event: Event) -> bool:
        if event.case is not None:
            return event.case in wanted
        about = event.data.get("copy")
        return (about is not None and about in copies) or (event.event in _OF_A_PERIOD and scope.holds(event))

    return shown


def _check_target(target: Path, *, state: Path) -> None:
    check_folder(target.parent, state=state)
    if target.suffix != ".zip" or target.name.startswith(".") or target.exists() or not target.parent.is_dir():
        raise BadInput(
            "el paquete no se puede escribir ahí",
            whose=ascii(str(target)[:200]),
            why="el nombre no termina en .zip, el archivo ya existe, o no existe su carpeta",
            repair="dé otro archivo con --output",
        )


def _say_disk(target: Path, error: OSError) -> StoreFull | BadInput:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return StoreFull(
            "no se pudo escribir el paquete",
            whose=str(target),
            why="el disco está lleno",
            repair="libere espacio y repita",
        )
    return BadInput("no se pudo escribir el paquete", whose=str(target), why=error.strerror or str(error))
