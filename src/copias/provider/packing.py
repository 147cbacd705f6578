"""The step that takes a provider's delivery in: a fit one is packed as it came, any other rejected and kept apart."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime

from copias.case.copy_folder import CopyFolder
from copias.case.evidence import MANIFEST
from copias.case.step import StepPlan, describe_copy, new_copy_id
from copias.case.work import draft_manifest
from copias.database.contract import TableDigest
from copias.errors import CopyFailed
from copias.local_time import BOGOTA
from copias.package import DeliveredPackage, SourceFacts, load_key
from copias.package.facts import Scope
from copias.package.texts import say_count
from copias.progress import Step
from copias.provider.arrival import identify, look_for_arrival, show
from copias.provider.checksum import WrongChecksum
from copias.provider.described import describe_delivered, describe_load
from copias.provider.likeness import check_engine, check_name
from copias.provider.mails import list_mails, read_mail
from copias.provider.quarantine import put_away
from copias.provider.request import ARRIVED, REJECTED, find_request, require_configured
from copias.provider.taking import Taken, bring, judge
from copias.provider.unfit import Unfit
from copias.provider.waiting import require_request, say_awaited, tell_rejected
from copias.sinfa.domain import ask_checks
from copias.sinfa.plan import Subject, find_subject
from copias.store import part_name, safe_part

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.database import Connection, Driver, DumpRecord
    from copias.delivery.fetching import FetchedPart
    from copias.office import Office
    from copias.package import Manifest, SealedPackage
    from copias.package.delivered_facts import DeliveredFacts
    from copias.provider.arrival import Arrival
    from copias.provider.examining import Examined
    from copias.provider.request import DeliveryRequest
    from copias.sinfa.domain import CheckResult

LOAD: t.Final = "load.json"
"""Name, in a copy's folder, of what came of loading it."""
_BLOCK: t.Final = 1 << 20


class PackPlan(StepPlan):
    """What taking in the delivery of a case would do."""

    before = "none"
    after = "made"

    @property
    def changes(self) -> bool:
        """Tell whether a package is to be made: there is none, or its unpublished file is gone."""
        return super().changes or self._is_lost()

    def run(self) -> None:
        """Bring the delivery here, look at it, and pack it; what cannot be used is rejected, and the case waits again.

        Raises:
            AwaitingProvider: there is nothing to take in.
            NotReady: it changed meanwhile, or this machine lacks a program that it takes.
            StoreFull, StoreUnavailable: nothing is lost, the next run goes on from here.
        """
        office, number = self.office, self.story.number
        if self.story.copy is not None:
            lost = {"copy": self.story.copy.copy_id, "why": "el archivo sin publicar ya no está en el destino"}
            office.book.record(number, "copy.voided", lost)
        request, started = require_configured(office, require_request(self.story)), datetime.now(UTC)
        arrival = look_for_arrival(office, number, remember=False)
        if not arrival.ready:
            raise say_awaited(self.story, arrival.why)
        file: FetchedPart | None = None
        try:
            if arrival.fault:
                raise Unfit(arrival.fault)
            file = bring(office.deployment, number, arrival)
            taken = self._judge(request, arrival, file)
        except Unfit as unfit:
            self._reject(request, arrival, file, unfit)
            return
        _record_arrival(office, number, taken, arrival)
        self._pack(request, taken, started)

    def is_waiting(self) -> bool:
        """Tell whether the case has no copy still: what was delivered was rejected."""
        return self.office.book.story(self.story.number).copy is None

    def diff(self) -> dict[str, t.Any]:
        """Return the copy before the step and after it; after a rejection there is none as before."""
        story = self.office.book.story(self.story.number)
        if story.copy is None and len(story.events) > len(self.story.events):
            return {"before": describe_copy(None), "after": describe_copy(None)}
        return super().diff()

    def _is_lost(self) -> bool:
        copy = self.story.copy
        if copy is None or copy.status != "made":
            return False
        store = self.office.open_store(copy.store)
        return store.stat(part_name(copy.package)) is None and store.stat(copy.package) is None

    def _judge(self, request: DeliveryRequest, arrival: Arrival, file: FetchedPart) -> Taken:
        office = self.office
        settings = office.deployment.database(request.database)

        def ask(driver: Driver, restored: Connection, record: DumpRecord) -> tuple[CheckResult, ...]:
            return ask_checks(driver, restored, record, settings.checks)

        return judge(
            office.deployment,
            self.story.number,
            arrival,
            file,
            office.deployment.providers[request.provider].drop,
            seconds=settings.time_limit.total_seconds(),
            ask=ask,
        )

    def _reject(self, request: DeliveryRequest, arrival: Arrival, file: FetchedPart | None, unfit: Unfit) -> None:
        """Keep the file apart, say in the ledger why, then tell the provider; each can be repeated after a crash."""
        office, number = self.office, self.story.number
        names = ", ".join(show(one) for one in arrival.files[:5])
        facts = {"file": names, "bytes": sum(one.bytes for one in arrival.files), "keys": arrival.keys}
        if arrival.checksum is not None and isinstance(unfit, WrongChecksum):
            facts["checksum"] = identify(arrival.checksum)
        kept = ""
        if file is not None:
            most = office.deployment.providers[request.provider].drop.quarantine_bytes
            kept = put_away(office.deployment, number, file, most=most)
        sha256 = file.sha256 if file else ""
        rejection = {**facts, "sha256": sha256, "quarantine": kept, "reason": unfit.reason}
        office.book.record(number, REJECTED, {"provider": request.provider, **rejection})
        tell_rejected(office, number, unfit.reason)

    def _pack(self, request: DeliveryRequest, taken: Taken, started: datetime) -> None:
        office, number = self.office, self.story.number
        subject = find_subject(office, self.story)
        copy_id = new_copy_id(self.story, "sinfa", subject.name)
        package = f"SINFA/{safe_part(subject.work.department)}/{subject.name}/{copy_id}.zip"
        sealed, manifest = _Packer(office, request, subject, taken, started).pack(number, package)
        folder = CopyFolder(office.deployment, copy_id)
        named = check_name(office.deployment, subject.name, taken.examined.database)
        engine = check_engine(office.deployment, subject.name, taken.examined.format)
        folder.write(LOAD, describe_load(taken.loaded, *named, *engine))
        folder.write_bytes(MANIFEST, manifest.to_json())
        made = {
            "copy": copy_id,
            "generation": self.story.generation,
            "kind": "sinfa",
            "subject": subject.name,
            "record_series": subject.settings.record_series,
            **office.deployment.retention.promise(subject.settings.record_series),
            "store": subject.settings.store,
            "package": package,
            "bytes": sealed.bytes,
            "sha256": sealed.sha256,
            "started": started.isoformat(),
            "finished": datetime.now(UTC).isoformat(),
        }
        office.book.record(number, "copy.made", {**made, **_describe_content(taken, request)})


@dataclass(frozen=True)
class _Packer:
    """Writes the package of a delivery."""

    office: Office
    request: DeliveryRequest
    subject: Subject
    taken: Taken
    started: datetime

    def pack(self, number: str, package: str) -> tuple[SealedPackage, Manifest]:
        """Write the package onto its store, complete and durable but not published; nothing is staged.

        Raises:
            CopyFailed: the store did not take all of it.
            StoreFull, StoreUnavailable: the store's side.
        """
        office, file = self.office, self.taken.file
        mails = tuple((mail.name, read_mail(office, number, mail)) for mail in list_mails(office, number))
        store = office.open_store(self.subject.settings.store)
        with Step("Empaquetar", file.bytes) as step, store.create(package) as upload:
            packer = DeliveredPackage(upload.write, name=file.name, when=datetime.now(BOGOTA))
            with file.path.open("rb") as stream:
                while block := stream.read(_BLOCK):
                    step(packer.write(block))
            sealed, manifest = packer.seal(
                self._draft(len(mails)),
                file_name=package.rpartition("/")[2],
                mails=mails,
                key=load_key(office.deployment.signing_key),
            )
            stored = upload.finish()
        content = manifest.content
        if stored.bytes != sealed.bytes or content is None or content.sha256 != file.sha256:
            raise CopyFailed("el destino no guardó todo", whose=package, why=f"{stored.bytes} de {sealed.bytes} bytes")
        return sealed, manifest

    def _draft(self, mails: int) -> Manifest:
        subject, examined = self.subject, self.taken.examined
        delivered = describe_delivered(self.office.deployment, self.request, self.taken)
        included = [f"Lo que entregó el proveedor {delivered.provider}, byte por byte"]
        if mails:
            included.append(f"Los correos con el proveedor que se guardaron ({mails})")
        tables = self.taken.loaded.contents.tables if self.taken.loaded.contents else ()
        return draft_manifest(
            self.office,
            subject.work,
            source=SourceFacts(
                system=examined.format.engine or examined.format.words,
                version=examined.version,
                host=subject.name,
                name=subject.settings.database,
            ),
            scope=Scope(included=tuple(included), excluded=tuple(_list_excluded(delivered, examined))),
            counts={"tables": len(tables), "rows": _count_rows(tables)} if tables else {"files": 1},
            store=subject.settings.store,
            record_series=subject.settings.record_series,
            started=self.started,
            delivered=delivered,
        )


def _list_excluded(delivered: DeliveredFacts, examined: Examined) -> Iterator[str]:
    """Yield what was not done with a delivery, for its manifest."""
    yield "La comparación con el origen: no es posible, porque la copia la hizo el proveedor"
    if not delivered.load.loaded:
        yield delivered.load.text
    if examined.others:
        beside = say_count(examined.others, "archivo")
        yield f"La revisión de lo que venía junto al volcado ({beside}): se guarda como llegó, y no se sabe qué es"


def _record_arrival(office: Office, number: str, taken: Taken, arrival: Arrival) -> None:
    """Say in the ledger that something fit arrived, once for each file, also where one has the other's content."""
    facts = {
        "file": show_name(taken.file.name),
        "bytes": taken.file.bytes,
        "sha256": taken.file.sha256,
        "keys": arrival.keys,
        "format": taken.examined.format.name,
        "checksum": taken.checksum,
        "scan": taken.scan,
        "loaded": taken.loaded.contents is not None,
    }
    with office.book.adding(number) as page:
        request = find_request(page.story)
        last = next((event for event in reversed(page.story.events) if event.event == ARRIVED), None)
        known = request is not None and request.arrived and last is not None
        if not known or (last and any(last.data.get(name) != facts[name] for name in ("sha256", "keys"))):
            page.add(ARRIVED, facts)


def show_name(name: str) -> str:
    """Return a hostile name for the ledger."""
    return ascii(name[:120])


def _describe_content(taken: Taken, request: DeliveryRequest) -> dict[str, t.Any]:
    contents = taken.loaded.contents
    counted = {"tables": len(contents.tables), "rows": _count_rows(contents.tables)} if contents else {}
    return {
        "delivered_by": request.provider,
        "delivered_sha256": taken.file.sha256,
        "dump_sha256": taken.examined.sha256,
        "format": taken.examined.format.name,
        "loaded": contents is not None,
        **counted,
    }


def _count_rows(tables: tuple[TableDigest, ...]) -> int:
    return sum(table.rows for table in tables)


def plan_package(office: Office, number: str) -> PackPlan:
    """Read the story; change nothing."""
    return PackPlan(office, office.book.story(number))
