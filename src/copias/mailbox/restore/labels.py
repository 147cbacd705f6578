"""Labels that Gmail did not give again: the messages are there, and the case waits for a person who accepts it so.

Event of a case: ``restore.accepted`` (``restore``, ``unlabelled``: messages that lack a label, ``labels``: how many
labels they lack, ``reason``). It is of as many as lacked then, and of no other number. The names of labels are personal
data, so no event, error or mail has them; they are in the recovery's journal, and whoever attends the case sees them
with ``copias show``.
"""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass

from copias.case.book import check_number
from copias.errors import BadInput, Doubtful, NotReady
from copias.mailbox.restore.journal import RestoreJournal
from copias.mailbox.restore.plan import RecoveryFolder
from copias.people import Role

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from copias.case.story import RestoreRecord, Story
    from copias.office import Office

ACCEPTED: t.Final = "restore.accepted"
NAMED: t.Final = 20
"""Labels that are named to people."""


@dataclass(frozen=True)
class Lacking:
    """What lacks of the labels of a recovery: messages without one that they had, and how many labels those are."""

    unlabelled: int
    labels: int

    def to_event(self) -> dict[str, int]:
        """Return what an event has of it: zeros too, for they take the place of what an earlier event of it says."""
        return asdict(self)


def count_lacking(office: Office, restore_id: str) -> Lacking:
    """Count what lacks, by the recovery's journal."""
    found = _read_unlabelled(office, restore_id)
    return Lacking(len(found), len({name for names in found.values() for name in names}))


def name_lacking(office: Office, record: RestoreRecord | None) -> list[tuple[str, int]]:
    """Return the labels that lack, and how many messages lack each, most first; nothing to who may not attend cases."""
    if record is None or record.database or not office.actor.person.role.allows(Role.AGENT):
        return []
    counts: dict[str, int] = {}
    for names in _read_unlabelled(office, record.restore_id).values():
        for name in names:
            counts[name] = counts.get(name, 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def require_labels(story: Story, record: RestoreRecord, lacking: Lacking) -> str:
    """Return by what reason a recovery counts without some labels; empty when it has all of them.

    Raises:
        Doubtful: nobody accepted it so.
    """
    if not lacking.unlabelled:
        return ""
    for event in reversed(story.events):
        if event.event == ACCEPTED and event.data["restore"] == record.restore_id and _names(event.data, lacking):
            return str(event.data["reason"])
    number = story.number
    raise Doubtful(
        "los mensajes están devueltos y comprobados, pero no con todas sus etiquetas",
        whose=f"caso {number}",
        why=f"a {lacking.unlabelled} les falta alguna de {lacking.labels} que Gmail no recibe; "
        f"`copias show {number}` las nombra",
        repair=f"si así sirve: copias accept {number} --reason …; para intentarlo otra vez, borre del todo de "
        f"{record.data['target']['account']} lo devuelto y ejecute dos veces: una lo echa de menos y otra lo devuelve",
    )


def accept_labels(office: Office, number: str, *, reason: str) -> Story:
    """Record that a recovery counts without the labels that lack; the next run of the case goes on.

    Raises:
        BadInput: no reason is given.
        NotReady: the case has no recovery that waits for it.
        NotAllowed: the role does not include it.
    """
    office.actor.require(Role.AGENT, "aceptar recuperaciones sin sus etiquetas")
    if not reason.strip():
        raise BadInput("falta el motivo", whose=f"caso {number}", repair="escríbalo con --reason")
    with office.book.adding(check_number(number)) as page:
        record = page.story.restore
        given = record is not None and record.status == "given" and not record.database
        lacking = count_lacking(office, record.restore_id) if given and record else Lacking(0, 0)
        if record is None or not lacking.unlabelled:
            raise NotReady(
                "el caso no tiene una recuperación a la que le falten etiquetas",
                whose=f"caso {number}",
                repair=f"vea su historia con `copias show {number}`",
            )
        facts = {"restore": record.restore_id, **lacking.to_event(), "reason": reason.strip()}
        return page.add(ACCEPTED, facts)


def say_names(named: Sequence[tuple[str, int]]) -> str:
    """Return labels that lack, each with how many messages lack it; of very many, the first."""
    told = ", ".join(f"«{name}» ({count})" for name, count in named[:NAMED])
    return f"{told} y {len(named) - NAMED} más" if len(named) > NAMED else told


def _names(data: t.Mapping[str, t.Any], lacking: Lacking) -> bool:
    return (data["unlabelled"], data["labels"]) == (lacking.unlabelled, lacking.labels)


def _read_unlabelled(office: Office, restore_id: str) -> dict[str, tuple[str, ...]]:
    return RestoreJournal.read(RecoveryFolder(office, restore_id).journal).unlabelled
