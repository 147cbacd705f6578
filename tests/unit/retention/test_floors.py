"""Whatever the schedule, restic or the history say, the floors hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from copias.night.catalogue import NightCopy
from copias.repository.snapshots import Snapshot
from copias.retention.holds import Hold, Holds
from copias.retention.night_model import NightFacts
from copias.retention.nights import plan_nights
from copias.retention.settings import Floors, RetentionSettings, Schedule

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
STATUSES = st.sampled_from(["made", "read", "restored", "void"])


def night(number: int, moment: datetime, status: str = "read") -> tuple[NightCopy, Snapshot]:
    copy = NightCopy(
        copy=f"noche-{number}",
        database="hacienda",
        repository="nas",
        snapshot=f"{number:064x}",
        path="/hacienda.dump",
        bytes=10,
        sha256="",
        tables=1,
        rows=1,
        started=moment.isoformat(),
        finished=moment.isoformat(),
        status=status,  # type: ignore[arg-type]
    )
    facts = {"host": "hacienda", "paths": ("/hacienda.dump",), "tags": (), "bytes": 10}
    return copy, Snapshot(id=copy.snapshot, time=moment, **facts)  # type: ignore[arg-type]


@st.composite
def histories(draw: st.DrawFn) -> NightFacts:
    """Nights of any status, hours apart or months, of which restic keeps any."""
    gaps = draw(st.lists(st.integers(1, 2000), min_size=1, max_size=25))
    moment, pairs = NOW - timedelta(hours=draw(st.integers(0, 60))), []
    for number, gap in enumerate(gaps):
        pairs.append(night(number, moment, draw(STATUSES)))
        moment -= timedelta(hours=gap)
    kept = frozenset(draw(st.sets(st.sampled_from([copy.snapshot for copy, _ in pairs]))))
    held = draw(st.sets(st.sampled_from([copy.copy for copy, _ in pairs]), max_size=3))
    return NightFacts(
        repository="nas",
        copies=[copy for copy, _ in pairs],
        snapshots=[snapshot for _, snapshot in pairs],
        kept=kept,
        holds=Holds(Hold(hold=f"R-{name}", copy=name, reason="x", held_at="", held_by="") for name in held),
        now=NOW,
    )


@given(facts=histories(), daily=st.integers(1, 5), least=st.integers(1, 4))
def test_floors_hold_whatever_comes(facts: NightFacts, daily: int, least: int) -> None:
    schedule = Schedule(daily=daily, weekly=0, monthly=0, yearly=0)
    settings = RetentionSettings(nights=schedule, floors=Floors(least_copies=least, most_removals=100))

    plan = plan_nights(facts, settings)

    gone = {one.copy for one in plan.removals}
    verified = sorted((copy for copy in facts.copies if copy.verified), key=lambda copy: copy.finished)
    left = [copy for copy in verified if copy.copy not in gone]
    assert len(left) >= min(least, len(verified))
    assert not verified or verified[-1] in left
    assert not any(facts.holds.find(copy=name, subject="hacienda") for name in gone)
    assert {one.snapshot for one in plan.removals if one.verified}.isdisjoint(facts.kept)
    if not verified or NOW - verified[-1].finished_at > settings.floors.freshness:
        existing = {copy.copy for copy in facts.copies if copy.exists}
        assert gone.isdisjoint(existing)


@given(facts=histories())
def test_every_copy_that_stays_says_why_and_every_one_that_goes_too(facts: NightFacts) -> None:
    plan = plan_nights(facts, RetentionSettings())

    assert len(plan.decisions) == len(facts.snapshots)
    assert all(bool(one.why) != bool(one.periods or one.floors) for one in plan.decisions)


def test_policy_that_keeps_nothing_is_refused() -> None:
    pairs = [night(number, NOW - timedelta(days=number)) for number in range(5)]
    facts = NightFacts(
        repository="nas",
        copies=[copy for copy, _ in pairs],
        snapshots=[snapshot for _, snapshot in pairs],
        kept=frozenset(),
        holds=Holds(()),
        now=NOW,
    )
    nothing = Schedule.model_construct(daily=0, weekly=0, monthly=0, yearly=0)
    settings = RetentionSettings().model_copy(update={"nights": nothing})

    plan = plan_nights(facts, settings)

    assert plan.removals == ()
    assert "la política no conserva ninguna copia" in [refusal.why for refusal in plan.refusals]


def test_void_copies_of_a_database_that_has_no_good_one_stay() -> None:
    voids = [night(number, NOW - timedelta(days=number), "void") for number in range(3)]
    facts = NightFacts(
        repository="nas",
        copies=[copy for copy, _ in voids],
        snapshots=[snapshot for _, snapshot in voids],
        kept=frozenset(),
        holds=Holds(()),
        now=NOW,
    )

    alone = plan_nights(facts, RetentionSettings())
    good, snapshot = night(9, NOW - timedelta(hours=1))
    facts = replace(facts, copies=[*facts.copies, good], snapshots=[*facts.snapshots, snapshot])
    beside = plan_nights(replace(facts, kept=frozenset({snapshot.id})), RetentionSettings())

    assert alone.removals == ()
    assert {one.copy for one in beside.removals} == {copy.copy for copy, _ in voids}
