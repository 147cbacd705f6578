"""The work of a case as it was started: what is copied, for whom, by whose leave; and its share of the manifest."""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime

from copias import __version__
from copias.authorisation import Authorisation
from copias.case.intake import in_force
from copias.errors import NotReady

if t.TYPE_CHECKING:
    from copias.case.story import Story
    from copias.office import Office
    from copias.package.facts import AuthorisationFacts, Scope, SourceFacts
    from copias.package.manifest import Manifest


@dataclass(frozen=True)
class CaseWork:
    """What the case's last start recorded; nothing of the sheet is read again."""

    number: str
    kind: str
    subject: str
    mode: str
    department: str
    requester: str
    agent: str
    authorisation: Authorisation
    standing: bool
    """The authorisation is the inventory's, not one recorded for this case."""


def find_work(story: Story, kind: str) -> CaseWork:
    """Return the work of a started case.

    Raises:
        NotReady: the case was not started as one of this kind, or is not allowed any more.
    """
    started = story.started
    if started.get("kind") != kind:
        raise NotReady("el caso no ha empezado", whose=f"caso {story.number}", repair=f"copias run {story.number}")
    recorded = story.grant_for(kind, started["subject"])
    grant = Authorisation.model_validate(recorded or started["authorisation"])
    if not in_force(grant):
        raise NotReady("la copia ya no está autorizada", whose=f"caso {story.number}", repair="copias authorise")
    return CaseWork(
        number=story.number,
        kind=kind,
        subject=started["subject"],
        mode=started["mode"],
        department=started["department"],
        requester=started["requester"],
        agent=started["agent"],
        authorisation=grant,
        standing=recorded is None,
    )


def draft_manifest(
    office: Office,
    work: CaseWork,
    *,
    source: SourceFacts,
    scope: Scope,
    counts: dict[str, int],
    store: str,
    record_series: str,
    started: datetime,
    **facts: t.Any,
) -> Manifest:
    """Return the manifest of a copy but for what only its package knows; ``facts`` are those of the kind."""
    from copias.package import Manifest, Proof, ProofLevel
    from copias.package.facts import Agent, CaseFacts, Times, Versions

    procedure = office.deployment.procedure
    return Manifest(
        entity=office.deployment.entity,
        case=CaseFacts(
            number=work.number,
            kind=t.cast("t.Any", work.kind),
            mode="remote" if work.mode == "remote" else "on_site",
            subject=work.subject,
            requester=work.requester,
            department=work.department,
            record_series=record_series,
        ),
        authorisation=_describe_authorisation(work),
        source=source,
        scope=scope,
        counts=counts,
        store=store,
        versions=Versions(
            tool=f"copias {__version__}",
            procedure=f"{procedure.code} v{procedure.version}",
            work_instruction=procedure.work_instructions.get(work.kind, ""),
        ),
        times=Times(started=started, sealed=datetime.now(UTC)),
        agent=Agent(account=office.actor.identity.account, name=office.actor.person.name),
        run=os.environ.get("COPIAS_RUN", ""),
        previous_ledger_hash=office.book.ledger.head().sha256,
        proof=Proof.at(ProofLevel.PENDING),
        **facts,
    )


def _describe_authorisation(work: CaseWork) -> AuthorisationFacts:
    from copias.package.facts import AuthorisationFacts

    grant = work.authorisation
    return AuthorisationFacts(
        authoriser=grant.authoriser,
        post=grant.post,
        document=grant.document,
        motive=grant.motive,
        standing=work.standing,
    )
