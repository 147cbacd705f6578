"""No way to resolved but through a stored and verified copy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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

    assert sources == [State.STORED]


def test_an_illegal_move_is_refused_with_what_would_be_legal() -> None:
    with pytest.raises(NotReady, match="Probada"):
        move(State.ASSIGNED, "case.resolved")


def test_an_event_outside_the_table_moves_nothing() -> None:
    assert move(State.STORED, "case.noted") is State.STORED


GRANT = {"authoriser": "Mariela Ejemplo"}
COPY = {"copy": "c1", "generation": 1, "package": "p.zip", "store": "nas", "sha256": "0" * 64, "bytes": 1}
NAMES = st.sampled_from([*TRANSITIONS, "copy.made"])


@given(st.lists(NAMES, max_size=25))
def test_whatever_happens_a_resolved_case_has_a_verified_copy(names: list[str]) -> None:
    accepted: list[Event] = []
    for name in names:
        data = dict(COPY) if name == "copy.made" else {"copy": "c1", "authorisation": GRANT}
        try:
            story = tell("7", [*accepted, event(name, **data)])
        except NotReady:
            continue
        accepted.append(event(name, **data))
        if story.state is State.RESOLVED:
            assert any(copy.status == "verified" for copy in story.copies)


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
