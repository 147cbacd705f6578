"""The kinds of case: what each one names, needs, does and says, behind one protocol.

A new kind of copy is a module with a :class:`CopyKind` and a line in :func:`_copy_kind`; a recovery makes no copy, so
it is a :class:`CaseKind` and no more.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from copias.authorisation import Authorisation
    from copias.case.intake import Intake
    from copias.case.step import StepPlan
    from copias.case.story import CopyRecord, Story
    from copias.config import Deployment
    from copias.helpdesk import HelpDeskCase
    from copias.office import Office

KIND_WORDS: t.Final = {
    "sinfa": "SINFA",
    "mailbox": "correo",
    "drive": "Drive",
    "manual": "copia manual",
    "recovery": "recuperación",
}
"""Every kind of the procedure, in the words that people read; not all are attended yet."""


@dataclass(frozen=True)
class Check:
    """One condition of operation.

    Args:
        name: of the condition.
        passed: it is met.
        why: why it is not met.
        repair: what to do about it.
        warning: the case starts without it too.
        suspended: the account that is suspended, when that is why: the case waits for it.
    """

    name: str
    passed: bool
    why: str = ""
    repair: str = ""
    warning: bool = False
    suspended: str = ""


@dataclass(frozen=True)
class Forecast:
    """What the source tells of the work ahead, before it starts.

    Args:
        bytes: predicted size of the package.
        seconds: predicted time from the start to the proof.
        source_bytes: size of the source, where it has one of its own.
        messages: of a mailbox.
        calls: of Google's API.
        units: of Google's quota.
    """

    bytes: int
    seconds: float
    source_bytes: int | None = None
    messages: int | None = None
    calls: int | None = None
    units: int | None = None


class CaseKind(t.Protocol):
    """One kind of case."""

    name: t.ClassVar[str]
    """Its key in :data:`KIND_WORDS`."""
    group: t.ClassVar[str]
    """Ansible's group of the things that are worked on so; a role works on it."""
    modes: t.ClassVar[tuple[str, ...]]
    """Modes that are attended, the usual one first."""

    def find_subject(self, deployment: Deployment, case: HelpDeskCase) -> str | None:
        """Return the subject that the row names beyond doubt, else nothing: it is never guessed."""

    def require_subject(self, deployment: Deployment, subject: str) -> None:
        """Refuse a subject that this deployment cannot have.

        Raises:
            BadInput: naming what there is.
        """

    def is_known(self, deployment: Deployment, subject: str) -> bool:
        """Tell whether a subject can be named in this deployment: cell text never becomes a host's name."""

    def find_leave(self, deployment: Deployment, case: HelpDeskCase, subject: str, /) -> Authorisation | None:
        """Return an authorisation that needs no act of an administrator, in force or not."""

    def name_subject(self, deployment: Deployment) -> str:
        """Return how an agent names a subject, for repairs: ``BASE (hay: hacienda)``."""

    def check(self, office: Office, intake: Intake) -> tuple[Forecast | None, list[Check]]:
        """Check source and destination, and predict the work; nothing is changed anywhere."""

    def say_start(self, subject: str) -> str:
        """Return the sentence that tells the help desk that the work begins."""


class CopyKind(CaseKind, t.Protocol):
    """One kind of copy."""

    def plan_storing(self, office: Office, story: Story) -> StepPlan:
        """Return the step that brings the package to its store, reads it back and publishes it."""

    def say_kind(self, mode: str) -> str:
        """Return the kind as the control sheet has it."""

    def say_done(self, copy: CopyRecord) -> str:
        """Return the sentence that answers the request."""

    def say_proof(self, copy: CopyRecord) -> str:
        """Return in one line how the copy was proven."""


PROVIDER_GROUP: t.Final = "provider_deliveries"
"""Ansible's group of the databases that a provider delivers for a case; they stay in the group of their kind too."""


def group_of(kind: CaseKind, mode: str | None) -> str:
    """Return the group whose role does the work of a case."""
    return PROVIDER_GROUP if (kind.name, mode) == ("sinfa", "remote") else kind.group


def kind_of(name: str | None) -> CaseKind | None:
    """Return a kind that this product attends, ``None`` for any other word."""
    if name == "recovery":
        from copias.mailbox.restore.kind import RecoveryKind

        return RecoveryKind()
    return _copy_kind(name)


def _copy_kind(name: str | None) -> CopyKind | None:
    if name == "sinfa":
        from copias.sinfa.kind import SinfaKind

        return SinfaKind()
    if name == "mailbox":
        from copias.mailbox.kind import MailboxKind

        return MailboxKind()
    if name == "manual":
        from copias.takeout.kind import ManualKind

        return ManualKind()
    return None


def kind_of_copy(copy: CopyRecord) -> CopyKind:
    """Return the kind of a copy that was made.

    Raises:
        LookupError: this program does not know it: the ledger is of a newer one.
    """
    kind = _copy_kind(str(copy.data["kind"]))
    if kind is None:
        raise LookupError(f"unknown kind of copy {copy.data['kind']!r}")
    return kind
