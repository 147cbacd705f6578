"""The proof of a copy: read from its store, restored into a scratch server, compared with its source."""

from __future__ import annotations

import tempfile
import time
import typing as t
from pathlib import Path

from copias.case.copy_folder import CopyFolder
from copias.case.evidence import publish_proof
from copias.case.step import StepPlan
from copias.database import verify
from copias.database.enclosing import require_walls
from copias.errors import Altered, NotEqual
from copias.files import make_private_directory
from copias.progress import Step
from copias.sinfa.believing import open_warnings, require_believable, summarise_checks
from copias.sinfa.domain import CheckResult, ask_checks, compare_with_earlier
from copias.sinfa.fetching import fetch_case_dump
from copias.sinfa.history import earlier_records
from copias.sinfa.plan import find_subject
from copias.sinfa.records import read_dump
from copias.sinfa.spools import sweep

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from copias.case.story import CopyRecord
    from copias.database import Connection, DumpRecord, Verification
    from copias.office import Office


class ProofPlan(StepPlan):
    """What proving a case's copy would do."""

    before = "stored"
    after = "verified"

    def run(self) -> None:
        """Restore the stored package and compare it with what the source held.

        Raises:
            NotEqual: it differs; the copy is void and the differences are named.
            Altered: the package is not what was stored; the copy is void.
            Doubtful: it is equal, but what it holds cannot be right; it waits for a person who accepts it.
            NotReady: no fit scratch server can be started here.
        """
        copy, office = self.require_copy(), self.office
        require_walls(office.deployment.scratch_servers)
        record = read_dump(CopyFolder(office.deployment, copy.copy_id))
        begun = time.monotonic()
        try:
            proof, checks = self._prove(copy, record)
            proof.require_equal(f"caso {self.story.number}, copia {copy.copy_id}")
        except (NotEqual, Altered) as error:
            office.book.record(self.story.number, "copy.voided", {"copy": copy.copy_id, "why": str(error)})
            raise
        self._keep(copy, proof, checks)
        reason = require_believable(office, self.story, copy, checks)
        open_warnings(office, copy.copy_id, checks)
        publish_proof(office, copy)
        summary = _summarise(copy, proof, time.monotonic() - begun)
        office.book.record(self.story.number, "copy.verified", {**summary, **summarise_checks(checks, reason)})

    def _prove(self, copy: CopyRecord, record: DumpRecord) -> tuple[Verification, tuple[CheckResult, ...]]:
        """Fetch the dump from the store, not from anything kept here, restore it, compare it and ask it."""
        subject, office = find_subject(self.office, self.story), self.office
        driver, asked = subject.driver(), subject.settings.checks
        answers: list[CheckResult] = []

        def ask(restored: Connection) -> None:
            answers.extend(ask_checks(driver, restored, record, asked))

        spools = make_private_directory(office.deployment.state / "spool")
        sweep(spools, f"{copy.copy_id}-")  # the claim says that no other run of this copy is using them
        with tempfile.TemporaryDirectory(dir=spools, prefix=f"{copy.copy_id}-") as spool:
            dump = Path(spool) / "dump"
            with Step("Traer del destino", copy.bytes) as fetched:
                fetch_case_dump(office, copy, dump, report=fetched)
            with Step("Restaurar y comparar", record.source_bytes) as restored:
                proof = verify(driver, dump, record, report=restored, ask=ask)
        earlier = earlier_records(office, subject.name, record)
        return proof, (*answers, *compare_with_earlier(record, earlier, asked))

    def _keep(self, copy: CopyRecord, proof: Verification, checks: Iterable[CheckResult]) -> None:
        evidence = {**proof.to_dict(), "checks": [check.to_dict() for check in checks]}
        CopyFolder(self.office.deployment, copy.copy_id).write("proof.json", evidence)


def _summarise(copy: CopyRecord, proof: Verification, seconds: float) -> dict[str, t.Any]:
    compared = proof.compared
    moving = len(proof.tables) - len(compared)
    return {
        "copy": copy.copy_id,
        "level": "restored",
        "tables": len(compared),
        "rows": sum(table.found.rows for table in compared if table.found),
        # Tables that changed while they were dumped, or that no snapshot holds still: restored, and not compared.
        **({"not_compared": moving} if moving else {}),
        "server": proof.version,
        "restore_seconds": round(proof.restore_seconds, 1),
        "compare_seconds": round(proof.compare_seconds, 1),
        "seconds": round(seconds, 1),
    }


def plan_proof(office: Office, number: str) -> ProofPlan:
    """Read the story; change nothing."""
    return ProofPlan(office, office.book.story(number))
