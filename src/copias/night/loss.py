"""What a machine took with it: events of the ledger that came after the copy of the state it was rebuilt from.

The head of a night is told outside (mail, sheet) when the night ends, and the copy of the state is made before that.
So of a rebuilt ledger the newest heads that are kept outside are missing, as they would be of one whose end was cut
off. Which of the two it was, no program can tell: an administrator says so, with a reason. It becomes an event and a
finding, and the audit shows the heads that were given up, for ever. Only those that are named are: any other head that
is not in the ledger stays an alarm, and one that the ledger should contain cannot be given up at all.

Event of the installation: ``state.lost`` (``after``: events that came back, ``until``: those that there were by the
newest head outside, ``witnesses``: the heads that were given up, each ``count``, ``sha256`` and ``kept_in``;
``reason``, ``finding``).
"""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass

from copias.errors import BadInput, LedgerBroken, NotReady
from copias.findings import open_finding
from copias.ledger.witnesses import Witness, find_unmet
from copias.people import Role

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from copias.ledger import Event, Ledger
    from copias.ledger.witnesses import Gathered
    from copias.office import Office

LOST: t.Final = "state.lost"
_NAMED: t.Final = 5
"""Heads that a sentence names."""


@dataclass(frozen=True)
class Loss:
    """Events that no copy of the state has.

    Args:
        after: events that came back; the next one is lost.
        witnesses: heads kept outside that prove it, the earliest first; none when nothing is known to be lost.
    """

    after: int
    witnesses: tuple[Witness, ...]

    @property
    def until(self) -> int:
        """Return the number of the newest event that is known to be lost; ``after`` when none is."""
        return max((one.count for one in self.witnesses), default=self.after)

    def __str__(self) -> str:
        """Return which they are, in Spanish."""
        return f"eventos {self.after + 1} a {self.until} de la bitácora"

    def name_witnesses(self) -> str:
        """Return where the newest heads are kept, in Spanish."""
        newest = sorted(self.witnesses, reverse=True)
        rest = f" y {len(newest) - _NAMED} más" if len(newest) > _NAMED else ""
        return "; ".join(f"{one.kept_in}: {one.count}" for one in newest[:_NAMED]) + rest


def find_loss(ledger: Ledger, witnesses: Iterable[Witness], *, after: int) -> Loss:
    """Return what a rebuilt ledger lacks.

    Args:
        ledger: that came back.
        witnesses: heads kept outside.
        after: events that it had when it came back.

    Raises:
        LedgerBroken: one of the heads should be in what came back, and is not: that is no loss, it was rewritten.
    """
    admitted = admitted_heads(ledger.events_of({LOST}))
    unmet = [one for one in find_unmet(ledger, witnesses) if (one.count, one.sha256) not in admitted]
    early = [one for one in unmet if one.count <= after]
    if early:
        raise LedgerBroken(
            "la bitácora recuperada no contiene un testigo guardado fuera",
            whose=early[0].kept_in,
            why=f"guarda {early[0].count}:{early[0].sha256[:12]}…, y la copia llega al evento {after}: fue reescrita",
            repair="use una copia del estado de otro repositorio, y averigüe quién cambió esta",
        )
    return Loss(after, tuple(unmet))


def require_consent(loss: Loss, *, taken: str) -> None:
    """Refuse to lose events that nobody said could be lost.

    Args:
        loss: what is lost.
        taken: when the copy of the state was made, in words.

    Raises:
        NotReady: naming them, and what to do.
    """
    if not loss.witnesses:
        return
    raise NotReady(
        f"se perderían los {loss}",
        whose=f"copia del estado del {taken}",
        why=f"afuera hay testigos más nuevos que ella: {loss.name_witnesses()}",
        repair="si uno de ellos es otro repositorio, use ese; si no, repita con --accept-loss «motivo»: queda en la "
        "bitácora, como hallazgo",
    )


def record_loss(office: Office, loss: Loss, *, reason: str) -> None:
    """Record what was lost, as a finding and as the heads that were given up; of nothing lost, nothing."""
    if not loss.witnesses:
        return
    finding = open_finding(
        office,
        about="bitácora",
        what=f"se perdieron los {loss}",
        why=f"{reason}; testigos que ya no están en ella: {loss.name_witnesses()}",
        repair="reconstruya con la hoja de control, los correos y `copias repository list` qué se hizo en ese tiempo; "
        "lo que la hoja muestre «resuelto sin prueba» vuélvalo a copiar",
    )
    given_up = [asdict(one) for one in loss.witnesses]
    facts = {"after": loss.after, "until": loss.until, "witnesses": given_up, "reason": reason}
    office.record(LOST, {**facts, "finding": finding.finding})


def admit_loss(office: Office, gathered: Gathered, *, reason: str) -> Loss:
    """Record what a machine that was rebuilt lacks, once the places outside can be asked, and return it.

    Raises:
        NotAllowed: who asks is no administrator.
        BadInput: no reason is given, or nothing is missing.
        NotReady: this machine was never rebuilt: a head that is missing here was cut off.
        LedgerBroken: a head that should be in what came back is not.
    """
    office.actor.require(Role.ADMINISTRATOR, "reconocer una pérdida de la bitácora")
    if not reason.strip():
        raise BadInput("falta decir por qué se perdió", repair="escríbalo con --reason")
    recovered = list(office.book.ledger.events_of({"state.recovered"}))
    if not recovered:
        raise NotReady(
            "esta máquina no se reconstruyó, y no tiene qué reconocer",
            why="si falta un testigo, a la bitácora le cortaron el final o la reescribieron",
            repair="averigüe quién; `copias audit ledger` dice qué falta",
        )
    after = int(recovered[-1].data["head"].partition(":")[0])
    loss = find_loss(office.book.ledger, gathered.witnesses, after=after)
    if not loss.witnesses:
        raise BadInput("no falta ningún testigo", why="todos los que respondieron están en la bitácora")
    record_loss(office, loss, reason=reason.strip())
    return loss


def admitted_heads(events: Iterable[Event]) -> frozenset[tuple[int, str]]:
    """Return the heads, count and hash, that were given up."""
    return frozenset(
        (int(one["count"]), str(one["sha256"])) for event in events for one in event.data.get("witnesses", ())
    )
