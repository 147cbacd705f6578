"""What is done with the answers of the checks: a doubtful copy waits for a person, an unusual one opens a finding.

Events of a case: ``copy.doubted`` (``copy``, ``checks``: those that failed, each with its name and text) and
``copy.accepted`` (``copy``, ``checks``: names, ``reason``). An acceptance is of the checks that had failed when it was
given, and of no other.
"""

from __future__ import annotations

import typing as t

from copias.case.book import check_number
from copias.errors import BadInput, Doubtful, NotReady
from copias.findings import open_finding
from copias.people import Role
from copias.sinfa.domain import errors_of, warnings_of

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from copias.case.story import CopyRecord, Story
    from copias.office import Office
    from copias.sinfa.domain import CheckResult
    from copias.sinfa.sources import SinfaCopy

DOUBTED: t.Final = "copy.doubted"
ACCEPTED: t.Final = "copy.accepted"
UNUSUAL: t.Final = "la copia no se parece a las anteriores"


def require_believable(office: Office, story: Story, copy: CopyRecord, checks: Sequence[CheckResult]) -> str:
    """Return by what reason a copy with failed checks counts; empty when none failed.

    Raises:
        Doubtful: some failed that nobody accepted; that is recorded, and the copy stays.
    """
    failed, (accepted, reason) = errors_of(checks), _accepted(story, copy.copy_id)
    open_errors = [check for check in failed if check.name not in accepted]
    if not open_errors:
        return reason if failed else ""
    told = [{"name": check.name, "text": check.text} for check in open_errors]
    office.book.record(story.number, DOUBTED, {"copy": copy.copy_id, "checks": told})
    known = "lo que entregó el proveedor está entero" if "delivered_by" in copy.data else "la copia es igual al origen"
    raise Doubtful(
        f"{known}, pero lo que contiene no puede estar bien",
        whose=f"caso {story.number}, copia {copy.copy_id}",
        why="; ".join(map(str, open_errors)),
        repair=f"si así debe ser: copias accept {story.number} --reason …; si no, corrija el origen y haga otra copia: "
        f"copias cancel {story.number} --reason …, y después copias reopen {story.number} --reason …",
    )


def accept_copy(office: Office, number: str, *, reason: str) -> Story:
    """Record that a doubtful copy is as it must be, and by what reason; the next run of the case goes on.

    Raises:
        BadInput: no reason is given.
        NotReady: the case has no copy that waits for it.
        NotAllowed: the role does not include it.
    """
    office.actor.require(Role.AGENT, "aceptar copias dudosas")
    if not reason.strip():
        raise BadInput("falta el motivo", whose=f"caso {number}", repair="escríbalo con --reason")
    with office.book.adding(check_number(number)) as page:
        copy = page.story.copy
        doubts = _last_doubts(page.story, copy.copy_id) if copy else []
        if copy is None or copy.status == "verified" or not doubts:
            raise NotReady(
                "el caso no tiene una copia dudosa que aceptar",
                whose=f"caso {number}",
                repair=f"vea su historia con `copias show {number}`",
            )
        names = sorted({*_accepted(page.story, copy.copy_id)[0], *(str(doubt["name"]) for doubt in doubts)})
        return page.add(ACCEPTED, {"copy": copy.copy_id, "checks": names, "reason": reason.strip()})


def accepted_checks(office: Office, copy: SinfaCopy) -> frozenset[str]:
    """Return the names of the checks that somebody accepted for a copy; of a nightly copy, none."""
    return _accepted(office.book.story(copy.case), copy.copy_id)[0] if copy.case else frozenset()


def open_warnings(office: Office, copy_id: str, checks: Iterable[CheckResult]) -> None:
    """Open a finding of what is unusual of a copy, so that a person looks at it."""
    odd = warnings_of(checks)
    if odd:
        open_finding(
            office,
            about=copy_id,
            what=UNUSUAL,
            why="; ".join(map(str, odd)),
            repair="pregunte a quien administra el sistema si el cambio es cierto, y registre la respuesta",
        )


def summarise_checks(checks: Sequence[CheckResult], reason: str = "") -> dict[str, t.Any]:
    """Return what a ledger event keeps of the checks; nothing when there was none."""
    if not checks:
        return {}
    told = [{"name": check.name, "status": check.status, "text": check.text} for check in checks]
    return {"checks": told, **({"accepted": reason} if reason else {})}


def _accepted(story: Story, copy_id: str) -> tuple[frozenset[str], str]:
    """Return the names of the checks that were accepted for a copy, and the reason."""
    for event in reversed(story.events):
        if event.event == ACCEPTED and event.data["copy"] == copy_id:
            return frozenset(event.data["checks"]), str(event.data["reason"])
    return frozenset(), ""


def _last_doubts(story: Story, copy_id: str) -> list[dict[str, t.Any]]:
    found = (event for event in reversed(story.events) if event.event == DOUBTED)
    return next((list(event.data["checks"]) for event in found if event.data["copy"] == copy_id), [])
