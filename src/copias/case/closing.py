"""The end of a case: registered in the control sheet, answered, and resolved, which is computed and never typed."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.case.outbox import Outcome
from copias.case.rows import PROOF_RESTORED, queue_control, queue_status, row_key
from copias.case.states import State
from copias.case.story import CopyRecord, Story
from copias.errors import HelpDeskUnavailable, NotReady

if t.TYPE_CHECKING:
    from copias.office import Office


@dataclass(frozen=True)
class ClosePlan:
    """What closing a case would do."""

    office: Office
    story: Story

    @property
    def changes(self) -> bool:
        """Tell whether anything is left to register, answer or resolve."""
        return self.story.state is not State.RESOLVED

    def run(self) -> Story:
        """Register the copy, answer the case and resolve it.

        Raises:
            NotReady: the copy is not proven.
            HelpDeskUnavailable: the rows wait in the outbox; the copy itself is safe and proven.
        """
        story = self.story
        copy = _proven_copy(story)
        queue_control(self.office, story, copy)
        queue_status(self.office, story, "resolved", done=_describe(copy), evidence=_evidence(copy))
        outcome = self.office.outbox.deliver_case(story.number)
        if outcome.trouble is not None:
            raise _waits(story.number, outcome)
        return resolve(self.office, story.number)

    def diff(self) -> dict[str, t.Any]:
        """Return the case's state and its rows for the help desk, before and after."""
        story = self.story
        before = {"state": story.state.value, "rows": list(story.queued)}
        if not self.changes:
            return {"before": before, "after": before}
        rows = dict.fromkeys([*story.queued, row_key(story, "control"), row_key(story, "resolved")])
        return {"before": before, "after": {"state": State.RESOLVED.value, "rows": list(rows)}}


def plan_close(office: Office, number: str) -> ClosePlan:
    """Read the story; change nothing. The sheet is not asked: it may be down, and the rows wait then."""
    return ClosePlan(office, office.book.story(number))


def resolve(office: Office, number: str) -> Story:
    """Resolve a case whose copy is proven and whose rows are all in the help desk, and let it go.

    Raises:
        NotReady: something is missing; it is named.
    """
    story = office.book.story(number)
    if story.state is not State.RESOLVED:
        copy = _proven_copy(story)
        needed = (row_key(story, "control"), row_key(story, "resolved"))
        if missing := [key for key in needed if key not in story.delivered]:
            raise NotReady(
                "falta registrar el caso en la mesa de ayuda", whose=f"caso {number}", why=", ".join(missing)
            )
        story = office.book.record(number, "case.resolved", {"copy": copy.copy_id, "rows": list(needed)})
    claim = office.claims.read(number)
    if claim:
        office.claims.release(number, claim.run)
    return story


def finish_waiting(office: Office) -> dict[str, Outcome]:
    """Deliver what waits of every case, and resolve those that only waited for that."""
    outcomes = office.outbox.deliver_all()
    for number, story in office.book.stories().items():
        answered = row_key(story, "resolved") in story.delivered
        if story.state is State.VERIFIED and answered and not story.waiting and office.claims.active(number) is None:
            resolve(office, number)
    return outcomes


def _proven_copy(story: Story) -> CopyRecord:
    copy = story.copy
    if copy is None or copy.status != "verified" or story.state not in {State.VERIFIED, State.RESOLVED}:
        raise NotReady(
            "el caso no se puede resolver sin una copia probada",
            whose=f"caso {story.number}",
            why="falta la prueba de restauración" if copy else "no hay copia",
            repair=f"copias run {story.number}",
        )
    return copy


def _describe(copy: CopyRecord) -> str:
    return (
        f"Copia de {copy.data['subject']} hecha, almacenada en {copy.store}, releída y {PROOF_RESTORED}: "
        f"{copy.proof.get('tables', 0)} tablas y {copy.proof.get('rows', 0)} filas iguales al origen."
    )


def _evidence(copy: CopyRecord) -> str:
    return f"{copy.package} · {copy.bytes} bytes · SHA-256 {copy.sha256}"


def _waits(number: str, outcome: Outcome) -> HelpDeskUnavailable:
    trouble = outcome.trouble
    return HelpDeskUnavailable(
        "la copia está hecha y probada, pero la mesa de ayuda no responde",
        whose=f"caso {number}",
        why=f"{trouble.what if trouble else ''}; quedan {len(outcome.waiting)} filas por entregar",
        repair="no repita la copia: `copias outbox` las entrega y resuelve el caso",
    )
