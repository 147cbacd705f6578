"""What lies in a seeded mailbox: which messages, when they came, with which labels; their bytes are made on demand.

Everything follows from the plan and the owner's address: the same plan is the same mailbox, to the byte, and 200,000
messages cost 200,000 short rows.
"""

from __future__ import annotations

import hashlib
import random
import typing as t
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from copias_sandbox.core.errors import Json
from copias_sandbox.seed.mail_curious import CURIOSITIES, EXTRAS
from copias_sandbox.seed.mail_letters import ORDINARY, Letter, Writer

START: t.Final = int(datetime(2023, 1, 16, 12, tzinfo=UTC).timestamp() * 1000)
END: t.Final = int(datetime(2026, 11, 2, 22, tzinfo=UTC).timestamp() * 1000)
"""Milliseconds since 1970 between which seeded mail came."""
FIRST_HISTORY: t.Final = 1_000_000
"""The history id of an empty mailbox."""

USER_LABELS: t.Final = (
    "Contratos, actas y anexos",
    "Contratos, actas y anexos/2025",
    "Contratos, actas y anexos/2025/Líquidación «final»",
    "Nómina",
    'Comité de "Convivencia"',
    "Fiesta 🎉/Año Nuevo",
    "Archivo & más; {otros}",
)
"""Names as people give them: nested, with commas, accents, quotes, emoji. Their ids are ``Label_1`` and so on."""

FIXED_ROLES: t.Final = {"spam": ("SPAM",), "trash": ("TRASH",), "draft": ("DRAFT",), "chat": ("CHAT",)}
"""Kinds of messages whose labels are always the same."""

WITHOUT_MESSAGE_ID: t.Final = frozenset({"empty", "no_headers", "no_date", "chat"})
WRITERS: t.Final[dict[str, Writer]] = {**ORDINARY, **CURIOSITIES, **EXTRAS}
_CURIOUS: t.Final = tuple(CURIOSITIES)
_ORDINARY: t.Final = tuple(ORDINARY)


@dataclass(frozen=True)
class MailPlan:
    """How a mailbox is filled.

    Args:
        seed: decides everything that is drawn.
        count: messages.
        mean_bytes: of a message, about; sizes are log-normal, as in real mailboxes.
        curious_every: each how many messages one is a curiosity (broken, hostile, rare); 0 is none, 1 all.
        kinds: names of :data:`WRITERS` for the first messages, such as ``huge``.

    Raises:
        ValueError: a kind that does not exist, a negative number.
    """

    seed: int = 0
    count: int = 0
    mean_bytes: int = 3000
    curious_every: int = 0
    kinds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be made."""
        if unknown := set(self.kinds) - set(WRITERS):
            raise ValueError(f"no kinds of messages {sorted(unknown)} among {sorted(WRITERS)}")
        if min(self.count, self.mean_bytes, self.curious_every) < 0:
            raise ValueError("a plan has no negative numbers")

    def as_json(self) -> Json:
        """Return the form that is kept."""
        return {**asdict(self), "kinds": list(self.kinds)}

    @classmethod
    def from_json(cls, raw: Json) -> MailPlan:
        """Return the plan that :meth:`as_json` wrote."""
        return cls(**{**raw, "kinds": tuple(raw.get("kinds", ()))})


@dataclass(frozen=True)
class SeededMail:
    """One message of a plan: all but its bytes. ``date`` is in milliseconds since 1970."""

    position: int
    number: int
    thread: int
    date: int
    labels: tuple[str, ...]
    header_id: str
    kind: str


def default_plan(seed: int, owner: str) -> MailPlan:
    """Return the plan of somebody's mailbox in the demo: 12 to 40 messages, every second one a curiosity."""
    draw = int.from_bytes(hashlib.blake2b(owner.encode(), digest_size=4).digest(), "big")
    return MailPlan(seed, count=12 + draw % 29, curious_every=2)


def plan_mail(plan: MailPlan, owner: str) -> Iterator[SeededMail]:
    """Yield the messages of a mailbox, oldest first."""
    thread = 0
    for position in range(plan.count):
        draw = _draw(plan, owner, position)
        kind, date = _kind(plan, owner, position, draw), _date(plan, position, draw)
        number = message_number(date, position)
        if not _is_reply(kind, position, draw):
            thread = number
        named = _header_id(plan, position, kind, draw)
        yield SeededMail(position, number, thread, date, _labels(kind, draw), named, kind)


def write_mail(plan: MailPlan, owner: str, *, position: int, kind: str, date: int) -> bytes:
    """Return the bytes of one message, always the same."""
    draw = _draw(plan, owner, position)
    root, topic, answers = position, draw, ""
    while position < plan.count and _is_reply(_kind(plan, owner, root, topic), root, topic):
        root -= 1
        topic = _draw(plan, owner, root)
        answers = answers or _header_id(plan, root, _kind(plan, owner, root, topic), topic)
    letter = Letter(
        owner=owner,
        outgoing="SENT" in _labels(kind, draw) or kind == "draft",
        date=date,
        message_id=_header_id(plan, position, kind, draw),
        answers=answers,
        topic=topic,
        mean_bytes=plan.mean_bytes,
        source=random.Random(draw),
    )
    return WRITERS[kind](letter)


def header_id_of(plan: MailPlan, owner: str, *, position: int, kind: str) -> str:
    """Return the ``Message-ID`` of the message that :func:`write_mail` makes."""
    return _header_id(plan, position, kind, _draw(plan, owner, position))


def message_number(date: int, position: int) -> int:
    """Return a message's id as a number: the time in front, as in Gmail's; unique for each position of a date."""
    return (date << 20) | ((position * 0x9E375) ^ 0x5A5A5) & 0xFFFFF  # odd factor: no two positions meet


def _header_id(plan: MailPlan, position: int, kind: str, draw: int) -> str:
    """Return the ``Message-ID`` of a message, or nothing for a kind that has none."""
    if kind in WITHOUT_MESSAGE_ID:
        return ""
    if kind == "same_message_id":
        return f"<repetido.{plan.seed}@correo.example>"
    return f"<{draw >> 64:016x}.{position}@correo.example>"


def _draw(plan: MailPlan, owner: str, position: int) -> int:
    text = f"{plan.seed}/{owner}/{position}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=16).digest(), "big")


def _kind(plan: MailPlan, owner: str, position: int, draw: int) -> str:
    if position < len(plan.kinds):
        return plan.kinds[position]
    if plan.curious_every and position % plan.curious_every == 0:
        return _CURIOUS[(sum(owner.encode()) + position // plan.curious_every) % len(_CURIOUS)]
    return _ORDINARY[(draw >> 8) % len(_ORDINARY)]


def _date(plan: MailPlan, position: int, draw: int) -> int:
    """Return a moment in the position's own slice of the years, so that they come in order."""
    span = END - START
    slice_start = START + span * position // plan.count if position < plan.count else END
    return slice_start + draw % max(span // max(plan.count, 1), 1)


def _is_reply(kind: str, position: int, draw: int) -> bool:
    """Tell whether a message answers the one before it; each fourth ordinary one does."""
    return position > 0 and kind in ORDINARY and (draw >> 16) % 4 == 0


def _labels(kind: str, draw: int) -> tuple[str, ...]:
    if kind in FIXED_ROLES:
        return FIXED_ROLES[kind]
    labels = ["SENT"] if (draw >> 24) % 5 == 0 else _received(draw)
    labels += ["STARRED"] if (draw >> 40) % 20 == 0 else []
    if (draw >> 48) % 3 == 0:
        labels.append(f"Label_{1 + (draw >> 52) % len(USER_LABELS)}")
    if (draw >> 60) % 40 == 0:
        return ("TRASH", *(label for label in labels if label != "INBOX"))
    return tuple(labels)


def _received(draw: int) -> list[str]:
    labels = [("CATEGORY_PERSONAL", "CATEGORY_UPDATES", "CATEGORY_PROMOTIONS")[(draw >> 28) % 3]]
    labels += ["INBOX"] if (draw >> 32) % 5 < 3 else []
    labels += ["UNREAD"] if (draw >> 36) % 5 == 0 else []
    labels += ["IMPORTANT"] if (draw >> 44) % 6 == 0 else []
    return labels
