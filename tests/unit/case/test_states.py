"""No way to resolved but through a stored and verified copy, or messages that were given back and read again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias.case.result import proven_result
from copias.case.states import TRANSITIONS, State, move
from copias.case.story import tell
from copias.errors import NotReady
from copias.ledger import Event


def event(name: str, **data: object) -> Event:
    return Event(1, "2026-11-22T10:00:00+00:00", name, "7", None, {}, data, "")


def test_resolved_is_reached_only_from_verified() -> None:
    sources = [before for moves in TRANSITIONS.values() for before, after in moves.items() if after is State.RESOLVED]

    assert sources == [State.VERIFIED]


def test_verified_is_reached_only_from_stored() -> None:
    sources = [
        before
        for moves in TRANSITIONS.values()
        for before, after in moves.items()
        if after is State.VERIFIED and before is not State.VERIFIED
    ]

    assert set(sources) == {State.STORED}


def test_an_illegal_move_is_refused_with_what_would_be_legal() -> None:
    with pytest.raises(NotReady, match="Probada"):
        move(State.ASSIGNED, "case.resolved")


def test_an_event_outside_the_table_moves_nothing() -> None:
    assert move(State.STORED, "case.noted") is State.STORED


GRANT = {"authoriser": "Mariela Ejemplo"}
COPY = {"copy": "c1", "generation": 1, "package": "p.zip", "store": "nas", "sha256": "0" * 64, "bytes": 1}
RESTORE = {
    "restore": "r1",
    "generation": 1,
    "messages": 2,
    "list_sha256": "0" * 64,
    "account": "a@example.test",
    "target": {"account": "a@example.test", "label": "Recuperado caso 7", "folder": ""},
}
PROOF = {"restore": "r1", "messages": 2, "list_sha256": "0" * 64, "compared": 2}
FULL = {"copy.made": COPY, "restore.planned": RESTORE}
NAMES = st.sampled_from([*TRANSITIONS, *FULL])


@given(st.lists(NAMES, max_size=25))
def test_whatever_happens_a_resolved_case_has_a_verified_result(names: list[str]) -> None:
    accepted: list[Event] = []
    for name in names:
        data = dict(FULL.get(name, {"copy": "c1", "authorisation": GRANT, **PROOF}))
        try:
            story = tell("7", [*accepted, event(name, **data)])
        except NotReady:
            continue
        accepted.append(event(name, **data))
        if story.state is State.RESOLVED:
            assert any(result.status == "verified" for result in (*story.copies, *story.restores))


RECOVERED = [
    event("restore.planned", **RESTORE),
    event("case.assigned"),
    event("case.started", authorisation=GRANT),
    event("restore.given", restore="r1"),
    event("restore.verified", **PROOF),
]


def test_a_recovery_is_resolved_by_what_was_given_back_and_read_again() -> None:
    result = proven_result(tell("7", RECOVERED))

    assert result.event == {"restore": "r1"}
    assert result.rows == ("resolved",)


@pytest.mark.parametrize("short", [{"messages": 1}, {"list_sha256": "1" * 64}, {}])
def test_a_recovery_with_one_message_short_is_never_done(short: dict[str, object]) -> None:
    events = [*RECOVERED[:-1], event("restore.verified", **{**PROOF, **short})] if short else RECOVERED[:-1]

    with pytest.raises(NotReady, match="devuelto y releído todo"):
        proven_result(tell("7", events))


def test_a_case_has_one_kind_of_result() -> None:
    with pytest.raises(NotReady, match="ya es una recuperación"):
        tell("7", [*RECOVERED[:4], event("copy.made", **COPY)])
    with pytest.raises(NotReady, match="que el caso no tiene"):
        tell("7", [*RECOVERED[:3], event("copy.made", **COPY), RECOVERED[3]])


def test_a_recovery_that_fails_after_giving_back_goes_on_from_there() -> None:
    again = [
        event("case.held", reason="x"),
        event("case.resumed", reason="y"),
        event("case.started", authorisation=GRANT),
    ]

    assert tell("7", [*RECOVERED[:4], event("case.failed", what="x"), *again]).state is State.STORED
    assert tell("7", [*RECOVERED, *again]).state is State.VERIFIED


def test_a_reopened_recovery_needs_a_new_plan() -> None:
    story = tell("7", [*RECOVERED, event("case.resolved"), event("case.reopened")])

    assert story.restore is None
    with pytest.raises(NotReady):
        proven_result(story)


def test_a_failure_after_storing_keeps_the_copy() -> None:
    story = tell(
        "7",
        [
            event("case.assigned"),
            event("case.started", authorisation=GRANT),
            event("copy.made", **COPY),
            event("copy.stored", copy="c1"),
            event("case.failed", what="x"),
        ],
    )

    assert story.state is State.STORED
    assert story.copy is not None
    assert story.copy.status == "stored"


def test_a_voided_copy_is_not_the_case_s_copy_any_more() -> None:
    events = [
        event("case.assigned"),
        event("case.started", authorisation=GRANT),
        event("copy.made", **COPY),
        event("copy.voided", copy="c1"),
    ]

    assert tell("7", events).copy is None


def test_a_reopened_case_needs_a_new_copy() -> None:
    events = [
        event("case.assigned"),
        event("case.started", authorisation=GRANT),
        event("copy.made", **COPY),
        event("copy.stored", copy="c1"),
        event("copy.verified", copy="c1"),
        event("case.resolved"),
        event("case.reopened"),
    ]

    story = tell("7", events)

    assert story.state is State.ASSIGNED
    assert story.generation == 2
    assert story.copy is None


def test_an_event_about_a_copy_that_never_was_is_refused() -> None:
    with pytest.raises(NotReady, match="no tiene"):
        tell(
            "7",
            [event("case.assigned"), event("case.started", authorisation=GRANT), event("copy.stored", copy="other")],
        )


def test_no_copy_starts_without_an_authorisation() -> None:
    with pytest.raises(NotReady, match="autoriz"):
        tell("7", [event("case.assigned"), event("case.started", kind="sinfa")])
