"""A recovery case of a database: which copy is restored and where, decided by an administrator, and its one step.

Events of the case, each with ``restore`` and ``database``:

- ``restore.planned``: ``copy``, ``made_at``, ``bytes``, ``way`` (``file`` or ``database``), ``to`` (as it was asked
  for), ``place`` (the same for people), ``engine``, ``live`` and ``new`` (what the advice on the switch names),
  ``motive``, ``generation``.
- ``restore.given``: it was compared and is equal, and gets its name now.
- ``restore.verified``: ``copy``, ``place``, ``sha256`` of the dump, ``tables``, ``rows``, ``checks``, ``warnings``,
  ``seconds``.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from pathlib import Path

from copias.case.book import check_number
from copias.case.states import State
from copias.case.work import find_work
from copias.errors import NotReady
from copias.sinfa.restore_advice import advise
from copias.sinfa.restore_plan import choose_place, plan_restore
from copias.sinfa.restoring import dump_sum, run_restore

if t.TYPE_CHECKING:
    from copias.case.story import RestoreRecord, Story
    from copias.office import Office
    from copias.sinfa.restore_plan import RestorePlan

PLANNED: t.Final = "restore.planned"


@dataclass(frozen=True)
class RecoveryDraft:
    """A plan that may not be in the ledger yet."""

    office: Office
    story: Story
    plan: RestorePlan
    recorded: bool

    def record(self) -> Story:
        """Say in the ledger what is restored, and return the story after it.

        Raises:
            NotReady: another plan was made or begun meanwhile.
            AlreadyRunning: somebody runs the case.
        """
        number = self.story.number
        if self.recorded:
            return self.story
        self.office.claims.require_free(number)
        with self.office.book.adding(number) as page:
            if (page.story.restores, page.story.state) != (self.story.restores, self.story.state):
                raise NotReady("el caso cambió mientras tanto", whose=f"caso {number}", repair="dé la orden otra vez")
            name = f"recuperacion-{number}-{len(page.story.restores) + 1}"
            return page.add(PLANNED, {"restore": name, "generation": page.story.generation, **_describe(self.plan)})


def draft_recovery(office: Office, number: str, *, copy_id: str, to: str, motive: str) -> RecoveryDraft:
    """Find out what an administrator asks for; change nothing.

    Args:
        office: of this installation.
        number: of a recovery case of the copy's database.
        copy_id: of a case or of a night.
        to: a folder when it has a ``/``, else the name of a new database.
        motive: why.

    Raises:
        NotAllowed, BadInput, NotReady: see :func:`copias.sinfa.restore_plan.plan_restore`.
        NotReady: the case restored something else already.
    """
    story = office.book.story(check_number(number))
    current = story.restore
    if current and is_planned(story, copy_id=copy_id, to=to):
        return RecoveryDraft(office, story, read_plan(office, number, current), recorded=True)
    if current and current.status == "verified":
        raise NotReady(
            "el caso ya restauró otra copia, o en otro lugar",
            whose=f"caso {number}",
            why=f"{current.data['copy']} en {current.data['place']}" if current.database else "devolvió mensajes",
            repair=f"copias run {number}; para otra, después: copias reopen {number} --reason …",
        )
    plan = plan_restore(office, copy_id, to=to, motive=motive, case=number)
    return RecoveryDraft(office, story, plan, recorded=False)


def is_planned(story: Story, *, copy_id: str, to: str) -> bool:
    """Tell whether that copy, to that place, is what the case restores or has restored."""
    current = story.restore
    if current is None or not current.database:
        return False
    wanted = f"{Path(to).absolute().resolve()}/" if "/" in to else to
    return (current.data["copy"], current.data["to"]) == (copy_id, wanted)


@dataclass(frozen=True)
class RecoveryStep:
    """What restoring the database of a case would do."""

    office: Office
    story: Story

    @property
    def changes(self) -> bool:
        """Tell whether anything is left to restore or to prove; a case without a plan has all of it left."""
        return self.story.restore is None or self.story.restore.status != "verified"

    def run(self) -> None:
        """Restore beside what is used, compare, name it, and record the evidence.

        What a run that died had ended is compared again and counts; nothing that differs ever does.

        Raises:
            NotReady: nobody chose the copy, or the case does not allow it any more.
            NotEqual: it does not restore, or not to what was copied; nothing is left.
            Altered: the place gives back something else.
            BadInput: a database of that name, or that file, is there.
        """
        number, record = self.story.number, self.require_plan()
        if find_work(self.story, "recovery").subject != record.subject:
            raise NotReady(
                "lo elegido es de otra base de datos",
                whose=f"caso {number}",
                repair=f"copias restore sinfa --case {number} --copy … --to … --motive …",
            )
        plan, book = read_plan(self.office, number, record), self.office.book
        named = {"restore": record.restore_id, "database": record.database}
        done = run_restore(plan, note_equal=lambda: book.record(number, "restore.given", named))
        if self.office.book.story(number).state is State.IN_PROGRESS:
            book.record(number, "restore.given", named)
        facts = {
            **named,
            "copy": record.data["copy"],
            "place": record.data["place"],
            "sha256": dump_sum(plan),
            "tables": done.tables,
            "rows": done.rows,
            "checks": [check.to_dict() for check in done.checks],
            "warnings": list(done.warnings),
            "seconds": done.seconds,
        }
        book.record(number, "restore.verified", facts)

    def require_plan(self) -> RestoreRecord:
        """Return what was chosen.

        Raises:
            NotReady: nobody chose anything, or messages.
        """
        record, number = self.story.restore, self.story.number
        if record is None or not record.database:
            raise NotReady(
                "nadie ha elegido qué copia se restaura",
                whose=f"caso {number}",
                repair=f"copias restore sinfa --case {number} --copy … --to … --motive …",
            )
        return record

    def describe(self) -> dict[str, t.Any]:
        """Return the recovery as it is now."""
        return _tell(self.office.book.story(self.story.number).restore)

    def diff(self) -> dict[str, t.Any]:
        """Return the recovery before the step, and after it."""
        before, now = _tell(self.story.restore), self.describe()
        if not self.changes or now["status"] == "verified":
            return {"before": _short(before), "after": _short(now)}
        return {"before": _short(before), "after": {**_short(before), "status": "verified"}}


def plan_recovery(office: Office, number: str) -> RecoveryStep:
    """Read the story; change nothing."""
    return RecoveryStep(office, office.book.story(number))


def read_plan(office: Office, number: str, record: RestoreRecord) -> RestorePlan:
    """Check that what was chosen can still be restored where it was chosen to; change nothing.

    Raises:
        BadInput, NotReady: as :func:`copias.sinfa.restore_plan.plan_restore` does; who asks is not looked at again.
    """
    data = record.data
    # A file appears whole or not at all, so one that is equal may be of a run that died at any moment.
    begun = record.status == "given" or data["way"] == "file"
    return choose_place(
        office, str(data["copy"]), to=str(data["to"]), motive=str(data["motive"]), case=number, begun=begun
    )


def _describe(plan: RestorePlan) -> dict[str, t.Any]:
    copy, server = plan.copy, plan.server
    return {
        "database": copy.database,
        "copy": copy.copy_id,
        "made_at": copy.finished_at.isoformat(),
        "bytes": copy.bytes,
        "way": plan.way,
        "to": plan.to,
        "place": plan.target,
        "engine": plan.settings.engine,
        "live": plan.settings.database,
        "new": server.database if server else "",
        "motive": plan.motive,
    }


def _tell(record: RestoreRecord | None) -> dict[str, t.Any]:
    if record is None or not record.database:
        blank = dict.fromkeys(("restore", "database", "copy", "place"), "")
        return {**blank, "status": "none", "tables": 0, "rows": 0, "advice": []}
    proven = record.status == "verified"
    return {
        "restore": record.restore_id,
        "status": record.status,
        "database": record.database,
        "copy": record.data["copy"],
        "place": record.data["place"],
        "tables": record.proof.get("tables", 0),
        "rows": record.proof.get("rows", 0),
        "advice": [*record.proof["warnings"], *advise(record.data)] if proven else [],
    }


def _short(told: dict[str, t.Any]) -> dict[str, t.Any]:
    return {name: told[name] for name in ("restore", "status", "database", "copy", "place")}
