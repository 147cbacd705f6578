"""The states of a case and every legal move between them, in one table.

::

    registered → assigned → in_progress → stored → verified → resolved
                    ↑  ↖ on_hold ↙ ↓                              │
                    ├──────────── failed                          │
                    └───────────────── reopened ──────────────────┘      cancelled: from any open state

``resolved`` is only reached from ``verified``: nobody can type it.
"""

from __future__ import annotations

import typing as t
from enum import StrEnum

from copias.errors import NotReady


class State(StrEnum):
    """Where a case is, by the ledger."""

    REGISTERED = "registered"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    STORED = "stored"
    VERIFIED = "verified"
    RESOLVED = "resolved"
    CANCELLED = "cancelled"
    FAILED = "failed"


STATE_WORDS: t.Final = {
    State.REGISTERED: "Registrado",
    State.ASSIGNED: "Asignado",
    State.IN_PROGRESS: "En proceso",
    State.ON_HOLD: "En espera",
    State.STORED: "Almacenada",
    State.VERIFIED: "Probada",
    State.RESOLVED: "Solucionado",
    State.CANCELLED: "Cancelado",
    State.FAILED: "Fallido",
}

COPY_WORDS: t.Final = {
    "made": "hecha, sin guardar",
    "stored": "guardada, sin probar",
    "verified": "probada",
    "spoilt": "DAÑADA",
    "removed": "eliminada",
    "read": "releída, sin restaurar",
    "restored": "probada",
    "void": "anulada",
}
"""Where a copy of a case, a night or the mirrors is, by the ledger."""

_OPEN = frozenset(State) - {State.RESOLVED, State.CANCELLED}

TRANSITIONS: t.Final[dict[str, dict[State, State]]] = {
    "case.assigned": {State.REGISTERED: State.ASSIGNED, State.FAILED: State.ASSIGNED},
    # A case that was paused with a stored or proven result goes on from there: see copias.case.story.
    "case.started": {State.ASSIGNED: State.IN_PROGRESS},
    "case.held": dict.fromkeys(_OPEN - {State.ON_HOLD}, State.ON_HOLD),
    "case.resumed": {State.ON_HOLD: State.ASSIGNED},
    # What is stored or proven stays so when a later step fails; the next run goes on from there.
    "case.failed": {
        State.IN_PROGRESS: State.FAILED,
        State.STORED: State.STORED,
        State.VERIFIED: State.VERIFIED,
    },
    "case.cancelled": dict.fromkeys(_OPEN, State.CANCELLED),
    "case.reopened": {State.RESOLVED: State.ASSIGNED, State.CANCELLED: State.ASSIGNED},
    "case.resolved": {State.VERIFIED: State.RESOLVED},
    "copy.stored": {State.IN_PROGRESS: State.STORED},
    "copy.verified": {State.STORED: State.VERIFIED},
    # Of a recovery: its messages are in their place; what is gone again before the proof is given again.
    "restore.given": {State.IN_PROGRESS: State.STORED, State.STORED: State.STORED},
    "restore.verified": {State.STORED: State.VERIFIED},
    "copy.voided": {State.IN_PROGRESS: State.IN_PROGRESS, State.STORED: State.IN_PROGRESS},
}
"""Event → state before → state after. An event that is not here moves nothing."""
_ASKED: t.Final = {
    "case.assigned": "asignarse",
    "case.started": "empezar",
    "case.held": "ponerse en espera",
    "case.resumed": "reanudarse",
    "case.failed": "darse por fallido",
    "case.cancelled": "cancelarse",
    "case.reopened": "reabrirse",
    "case.resolved": "resolverse",
}
"""What was asked of a case by an event that a person or a run records."""


def move(state: State, event: str) -> State:
    """Return the state after ``event``.

    Raises:
        NotReady: the move is not legal.
    """
    moves = TRANSITIONS.get(event)
    if moves is None:
        return state
    if state not in moves:
        raise NotReady(
            f"un caso en estado «{STATE_WORDS[state]}» no puede {_ASKED.get(event, event)}",
            why=f"solo desde: {', '.join(sorted(STATE_WORDS[before] for before in moves))}",
            repair="vea la historia del caso con `copias show`",
        )
    return moves[state]
