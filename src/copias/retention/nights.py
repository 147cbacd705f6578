"""The plan of the nightly copies of one repository: what stays, why, and what may go.

Three must agree before a copy goes: restic's own schedule, the same schedule over the copies that the ledger knows,
and again over those that were verified. So neither a snapshot that somebody else put there, nor a copy that was voided
or never verified, pushes a good one out. The floors come on top, each with its name.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace

from copias.night.mirrors_view import HOST
from copias.retention.floors import check_count, check_database, check_repository, find_floors
from copias.retention.night_model import STATE, Decision, NightFacts, NightPlan, Pair, Refusal, SortedOut, sort_out
from copias.retention.schedule import PERIOD_WORDS, Dated, Period, apply_schedule

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from copias.night.catalogue import NightCopy
    from copias.retention.settings import RetentionSettings, Schedule


def plan_nights(facts: NightFacts, settings: RetentionSettings) -> NightPlan:
    """Decide what stays; nothing is changed anywhere."""
    found = sort_out(facts)
    refusals = [*check_repository(facts, settings, found)]
    decisions: list[Decision] = []
    for database, pairs in sorted(found.copies.items()):
        doubts = [*check_database(facts, settings, database, pairs)]
        refusals += doubts
        decisions += _decide(facts, settings, pairs, doubts=doubts)
    doubted = {refusal.database for refusal in refusals}
    decisions += _decide_leftovers(facts, found, decisions, doubted)
    refusals += check_count(facts, settings, len({one.copy for one in decisions if not one.stays}))
    if any(not refusal.database for refusal in refusals):
        decisions = [_keep(decision) for decision in decisions]
    return NightPlan(
        repository=facts.repository,
        decisions=tuple(sorted(decisions, key=lambda one: (one.moment, one.snapshot))),
        refusals=tuple(refusals),
        vanished=tuple(found.vanished),
        strangers=tuple(found.strangers),
    )


def _decide(
    facts: NightFacts, settings: RetentionSettings, pairs: Sequence[Pair], *, doubts: Sequence[Refusal]
) -> Iterable[Decision]:
    schedule = facts.schedule_of(pairs[0][0].database, settings)
    kept = _apply(schedule, pairs)
    kept_verified = _apply(schedule, [pair for pair in pairs if pair[0].verified])
    floors = find_floors(facts, settings, pairs)
    for copy, snapshot in pairs:
        periods = dict.fromkeys((*kept.get(copy.copy, ()), *kept_verified.get(copy.copy, ())))
        reasons = floors.get(copy.copy, ())
        if not reasons and not periods:
            by_restic = snapshot.id in facts.kept
            reasons = ("la conserva el plan de restic",) if by_restic else tuple(doubt.why for doubt in doubts)
        yield Decision(
            snapshot=snapshot.id,
            copy=copy.copy,
            database=copy.database,
            moment=snapshot.time,
            bytes=copy.bytes,
            verified=copy.verified and copy.database != STATE,
            periods=tuple(PERIOD_WORDS[period] for period in periods),
            floors=reasons,
            why="" if periods or reasons else f"la política conserva {schedule}",
        )


def _apply(schedule: Schedule, pairs: Iterable[Pair]) -> dict[str, tuple[Period, ...]]:
    if schedule.is_empty:
        return {}
    return apply_schedule((Dated(copy.copy, snapshot.time) for copy, snapshot in pairs), schedule)


def _decide_leftovers(
    facts: NightFacts, found: SortedOut, decisions: Sequence[Decision], doubted: AbstractSet[str]
) -> Iterable[Decision]:
    """Decide of what no schedule is asked: what is void goes once nobody asks why, companions with their copy."""
    leaders = {decision.copy: decision for decision in decisions}
    for copy, snapshot in (*found.dead, *found.companions):
        floors, why = _decide_leftover(facts, copy, leaders.get(copy.copy))
        if why and copy.database in doubted:
            floors, why = ("de esta base de datos no se quita nada, por lo que se dice aparte",), ""
        elif why and copy.status == "void" and copy.database not in {"", HOST, *found.copies}:
            # A failed attempt has no database, and what was disposed of goes from the mirrors whatever else there is.
            floors, why = ("de esta base de datos no hay otra copia",), ""
        yield Decision(
            snapshot=snapshot.id,
            copy=copy.copy,
            database=copy.database,
            moment=snapshot.time,
            floors=floors,
            why=why,
        )


def _decide_leftover(facts: NightFacts, copy: NightCopy, leader: Decision | None) -> tuple[tuple[str, ...], str]:
    """Return what keeps the snapshot, or else why it goes."""
    if leader is not None:
        return (("acompaña a una copia que se conserva",), "") if leader.stays else ((), leader.why)
    if (hold := facts.holds.find(copy=copy.copy, subject=copy.database)) is not None:
        return (f"está retenida: {hold}",), ""
    if copy.exists:
        return ("acompaña a una copia que no está en el repositorio",), ""
    if copy.status == "void" and copy.copy in facts.in_question:
        # Why it is void may be a fault of the proof: it is evidence, and perhaps the only copy of its day.
        return ("tiene un hallazgo abierto",), ""
    return (), "su copia fue anulada" if copy.status == "void" else "su copia ya se eliminó"


def _keep(decision: Decision) -> Decision:
    if decision.stays:
        return decision
    return replace(decision, why="", floors=("de este repositorio no se quita nada, por lo que se dice aparte",))
