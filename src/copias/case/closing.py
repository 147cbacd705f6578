"""The end of a case: registered in the control sheet, answered, and resolved, which is computed and never typed.

A recovery is no copy: it is answered and resolved, and has no row in the control sheet.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.case.notices import tell_resolved
from copias.case.outbox import Outcome
from copias.case.result import proven_result, result_rows
from copias.case.rows import queue_control, queue_status, row_key
from copias.case.states import State
from copias.case.suspension import tell_released
from copias.errors import BackupError, HelpDeskUnavailable, NotReady
from copias.provider.letters import thank
from copias.provider.request import is_awaited

if t.TYPE_CHECKING:
    from copias.case.story import Story
    from copias.office import Office


@dataclass(frozen=True)
class ClosePlan:
    """What closing a case would do."""

    office: Office
    story: Story

    @property
    def changes(self) -> bool:
        """Tell whether anything is left to register, answer or resolve: nothing yet while a provider is awaited."""
        return self.story.state is not State.RESOLVED and not is_awaited(self.story)

    def run(self) -> Story:
        """Register the copy, answer the case, resolve it, and then tell the requester.

        Raises:
            NotReady: the copy or recovery is not proven.
            HelpDeskUnavailable: the rows wait in the outbox; the result itself is safe and proven.
        """
        story = self.story
        result = proven_result(story)
        if result.copy:
            queue_control(self.office, story, result.copy)
        queue_status(self.office, story, "resolved", done=result.done, evidence=result.evidence)
        # Queued before the case is resolved, so that no crash loses it: the result is proven, whatever the sheet does.
        tell_resolved(self.office, story, result)
        tell_released(self.office, story)
        thank(self.office, story)
        outcome = self.office.outbox.deliver_rows(story.number)
        if outcome.trouble is None:
            story = resolve(self.office, story.number)
        self.office.outbox.deliver_notices(story.number)
        if outcome.trouble is not None:
            raise _waits(story, outcome)
        return story

    def diff(self) -> dict[str, t.Any]:
        """Return the case's state and its rows for the help desk, before and after."""
        story = self.story
        before = {"state": story.state.value, "rows": list(story.rows)}
        if not self.changes:
            return {"before": before, "after": before}
        rows = dict.fromkeys([*story.rows, *(row_key(story, name) for name in result_rows(story))])
        return {"before": before, "after": {"state": State.RESOLVED.value, "rows": list(rows)}}


def plan_close(office: Office, number: str) -> ClosePlan:
    """Read the story; change nothing. The sheet is not asked: it may be down, and the rows wait then."""
    return ClosePlan(office, office.book.story(number))


def resolve(office: Office, number: str) -> Story:
    """Resolve a case whose result is proven and whose rows are all in the help desk, and let it go.

    Raises:
        NotReady: something is missing; it is named.
    """
    story = office.book.story(number)
    if story.state is not State.RESOLVED:
        result = proven_result(story)
        needed = [row_key(story, name) for name in result.rows]
        if missing := [key for key in needed if key not in story.delivered]:
            raise NotReady(
                "falta registrar el caso en la mesa de ayuda", whose=f"caso {number}", why=", ".join(missing)
            )
        story = office.book.record(number, "case.resolved", {**result.event, "rows": needed})
    claim = office.claims.read(number)
    if claim:
        office.claims.release(number, claim.run)
    return story


def finish_waiting(office: Office) -> dict[str, Outcome]:
    """Deliver what waits of every case, and resolve those that only waited for their rows; mail goes last.

    Raises:
        BackupError: a case cannot be answered or resolved; all others were, and the mail was sent.
    """
    rows = office.outbox.deliver_all_rows()
    troubles = [outcome.fault for outcome in rows.values() if outcome.fault]
    for number, story in office.book.stories().items():
        # A withdrawn answer too: of its copy, which was spoilt meanwhile, somebody must hear.
        answered = row_key(story, "resolved") in story.delivered.keys() | story.withdrawn
        if story.state is State.VERIFIED and answered and not story.waiting and office.claims.active(number) is None:
            try:
                resolve(office, number)
            except BackupError as error:
                troubles.append(error)
    notices = office.outbox.deliver_all_notices()
    if troubles:
        raise troubles[0]
    numbers = dict.fromkeys([*rows, *notices])
    return {number: rows.get(number, Outcome()) + notices.get(number, Outcome()) for number in numbers}


def _waits(story: Story, outcome: Outcome) -> HelpDeskUnavailable:
    trouble = outcome.trouble
    recovery = "control" not in result_rows(story)
    work = "recuperación" if recovery else "copia"
    done = "la copia está hecha y probada"
    if recovery and story.restore:
        done = "la base está restaurada y probada" if story.restore.database else "el correo está devuelto y probado"
    return HelpDeskUnavailable(
        f"{done}, pero la mesa de ayuda no responde",
        whose=f"caso {story.number}",
        why=f"{trouble.what if trouble else ''}; quedan {len(outcome.waiting)} filas por entregar",
        repair=f"no repita la {work}: `copias outbox` las entrega y resuelve el caso",
    )
