"""``copias poll`` of the cases that nobody started: those that can start do, the most urgent first, a few at a time.

A case is started by itself only while it is on its way: assigned in the help desk, classified, and authorised. One
whose run failed, or was stopped, waits for a person, who decides with the next recorded act or ``copias run``; one
whose run died without a word (a power cut) goes on, but not for ever. A recovery is always begun by a person.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import UTC, date, datetime

from copias.case.intake import take_in
from copias.case.preflight import Preflight, check_case, check_request
from copias.case.states import State
from copias.case.story import Story
from copias.case.suspension import hold_for_account
from copias.errors import AlreadyRunning, BackupError, NotReady
from copias.helpdesk.model import FINISHED, SheetStatus
from copias.run.folder import find_runs
from copias.run.start import start_run

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from copias.case.intake import Intake
    from copias.office import Office
    from copias.run.folder import Result, RunFolder

What: t.TypeAlias = t.Literal["started", "running", "not_ready", "queued", "trouble"]

DEATHS: t.Final = 3
"""Runs of a case that died one after the other, after which a person must look."""
_ON_ITS_WAY: t.Final = frozenset({State.ASSIGNED, State.FAILED, State.IN_PROGRESS, State.STORED, State.VERIFIED})
_ACTS: t.Final = frozenset({"case.classified", "case.authorised", "case.assigned", "case.resumed", "case.reopened"})
"""What a person, or a hold that ended, says of a case after which it may be tried again."""


@dataclass(frozen=True)
class Turn:
    """What became of one case.

    Args:
        number: the case.
        subject: what it is about; empty when nothing says it.
        what: ``started`` a run, ``running`` already, ``not_ready`` for one, ``queued`` behind others, or ``trouble``.
        text: the same for people, one line.
        run: that was started.
    """

    number: str
    subject: str
    what: What
    text: str
    run: str = ""


def start_cases(
    office: Office, *, config: Path, skip: Collection[str], note: Callable[[BackupError], None]
) -> Iterator[Turn]:
    """Yield what became of each case on its way; a second round starts none twice, for a run holds its case.

    Args:
        office: of the account that cron runs as.
        config: the deployment's file, for the runs that are started.
        skip: numbers of cases that this round did something about already.
        note: gets each error that is no reason to leave the other cases.

    Raises:
        HelpDeskUnavailable: the sheet does not answer.
    """
    most = office.deployment.poll.most_at_once
    running = {claim.case for claim in office.claims.list_active()}
    for intake in _list_waiting(office):
        number, subject = intake.number, intake.subject or ""
        if number in skip or number in running:
            continue
        reason = _find_obstacle(office, intake)
        if reason:
            yield Turn(number, subject, "not_ready", reason)
        elif len(running) >= most:
            yield Turn(number, subject, "queued", f"espera turno: ya se ejecutan {len(running)} casos")
        else:
            turn = _start(office, intake, config, note)
            if turn.what in {"started", "running"}:
                running.add(number)
            yield turn


def _list_waiting(office: Office) -> list[Intake]:
    """Return the cases on their way, the most urgent first: whose account is to be deleted, then the oldest."""
    stories = office.book.stories()
    classified = {number for number, story in stories.items() if story.classification}
    deployment = office.deployment
    found = office.help_desk.cases(classified=classified, departments=deployment.departments)
    intakes = (take_in(case, stories.get(case.number, Story(case.number)), deployment) for case in found.cases)
    return sorted(filter(_is_on_its_way, intakes), key=_urgency)


def _is_on_its_way(intake: Intake) -> bool:
    return intake.state in _ON_ITS_WAY and intake.case.status not in {*FINISHED, SheetStatus.ON_HOLD}


def _urgency(intake: Intake) -> tuple[date, datetime, int]:
    asked = intake.case.requested_at
    moment = asked.astimezone(UTC) if asked else datetime.max.replace(tzinfo=UTC)
    return intake.story.retires or date.max, moment, int(intake.number)


def _find_obstacle(office: Office, intake: Intake) -> str:
    """Return why a case cannot be started by itself, by what is known without asking anybody; empty when it can."""
    number = intake.number
    if intake.kind == "recovery":
        return f"una recuperación la empieza una persona: copias restore {number}"
    if _is_undecided(intake.story):
        repair = (
            f"copias classify {number} --kind … --subject …, y copias authorise {number} --name … --post … "
            f"--document … --motive …; o copias run {number} si sigue igual"
        )
        return f"se reabrió, y nadie confirmó después de quién es ni quién lo autoriza; {repair}"
    asked = Preflight(tuple(check_request(intake)))
    if not asked.ready:
        return _say(asked, number)
    runs = find_runs(office.deployment.runs, number)
    return _judge_runs(intake.story, [run for run in runs if not run.request.check])


def _is_undecided(story: Story) -> bool:
    """Tell whether a case was reopened, and what was decided of it before was not decided again.

    A case is often reopened because it was about somebody else: what it said then must not start by itself.
    """
    last = {event.event: event.n for event in story.events}
    reopened = last.get("case.reopened", 0)
    return any(last.get(name, reopened) < reopened for name in ("case.classified", "case.authorised"))


def _judge_runs(story: Story, runs: list[RunFolder]) -> str:
    """Return why what came of the runs of a case is for a person to look at; empty when it is not."""
    acts = [event.when for event in story.events if event.event in _ACTS]
    latest = max(acts, default=datetime.min.replace(tzinfo=UTC))
    deaths = 0
    for run in reversed(runs):
        result = run.read_result()
        if result is None:
            deaths += datetime.fromisoformat(run.request.started) >= latest
            continue
        if result.exit_code and datetime.fromisoformat(result.finished) >= latest:
            return _say_ended(story.number, result)
        break
    if deaths >= DEATHS:
        repair = f"revise la máquina y siga con copias run {story.number}"
        return f"{deaths} ejecuciones seguidas murieron sin terminar; {repair}"
    return ""


def _say_ended(number: str, result: Result) -> str:
    said = result.message or "sin explicación"
    return f"su última ejecución no terminó bien ({said}); una persona la sigue con copias run {number}"


def _start(office: Office, intake: Intake, config: Path, note: Callable[[BackupError], None]) -> Turn:
    """Start the run of a case, as ``copias run`` does; what keeps it is told."""
    number, subject = intake.number, intake.subject or ""
    try:
        office.claims.require_free(number)
        preflight = check_case(office, intake)
        if preflight.suspended:
            raise hold_for_account(office, number, preflight.suspended)
        preflight.require(number)
        folder = start_run(office, number, config=config)
    except AlreadyRunning:
        return Turn(number, subject, "running", "ya se está ejecutando")
    except BackupError as error:
        note(error)
        what: What = "not_ready" if isinstance(error, NotReady) else "trouble"
        return Turn(number, subject, what, f"no puede empezar todavía: {error}")
    run = folder.path.name
    return Turn(number, subject, "started", f"cumple todas las condiciones y empezó, ejecución {run}", run)


def _say(preflight: Preflight, number: str) -> str:
    try:
        preflight.require(number)
    except NotReady as error:
        return f"no puede empezar todavía: {error}"
    return ""
