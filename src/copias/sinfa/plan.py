"""What the three steps of a SINFA copy share: read the story first, then decide, then do."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.case.intake import find_authorisation
from copias.errors import NotReady

if t.TYPE_CHECKING:
    from copias.case.story import CopyRecord, Story
    from copias.config import Authorisation, DatabaseSettings
    from copias.database import Driver
    from copias.office import Office


@dataclass(frozen=True)
class Subject:
    """The database of a case, as the case was started with it."""

    name: str
    settings: DatabaseSettings
    department: str
    requester: str
    agent: str
    mode: str
    authorisation: Authorisation

    def driver(self) -> Driver:
        """Return the engine's driver."""
        from copias.database import driver_for

        settings = self.settings
        return driver_for(settings.engine, settings.connection(), time_limit=settings.time_limit.total_seconds())


def find_subject(office: Office, story: Story) -> Subject:
    """Return what the case's last start recorded; nothing of the sheet is read again.

    Raises:
        NotReady: the case was not started, or is not allowed any more.
    """
    started = [event.data for event in story.events if event.event == "case.started"]
    if not started or started[-1].get("kind") != "sinfa":
        raise NotReady("el caso no ha empezado", whose=f"caso {story.number}", repair=f"copias run {story.number}")
    last = started[-1]
    settings = office.deployment.database(last["subject"])
    grant = find_authorisation(story, settings)
    if grant is None:
        raise NotReady("la copia ya no está autorizada", whose=f"caso {story.number}", repair="copias authorise")
    return Subject(
        name=last["subject"],
        settings=settings,
        department=last["department"],
        requester=last["requester"],
        agent=last["agent"],
        mode=last["mode"],
        authorisation=grant,
    )


def describe_copy(copy: CopyRecord | None) -> dict[str, t.Any]:
    """Return a copy as a module returns it."""
    if copy is None:
        return {"copy": "", "package": "", "store": "", "status": "none", "bytes": 0, "sha256": ""}
    return {
        "copy": copy.copy_id,
        "package": copy.package,
        "store": copy.store,
        "status": copy.status,
        "bytes": copy.bytes,
        "sha256": copy.sha256,
    }


@dataclass(frozen=True)
class StepPlan:
    """A step that moves the copy of a case from one status to the next."""

    office: Office
    story: Story
    before: t.ClassVar[str]
    after: t.ClassVar[str]

    @property
    def changes(self) -> bool:
        """Tell whether the step is still to do."""
        order = ("none", "made", "stored", "verified")
        status = self.story.copy.status if self.story.copy else "none"
        return order.index(status) < order.index(self.after)

    def describe(self) -> dict[str, t.Any]:
        """Return the copy after the step, as far as it is known."""
        return describe_copy(self.office.book.story(self.story.number).copy)

    def diff(self) -> dict[str, t.Any]:
        """Return the copy before the step and after it: as it is once the step is done, else as far as is known."""
        before, now = describe_copy(self.story.copy), self.describe()
        done = not self.changes or now["status"] == self.after
        return {"before": before, "after": now if done else {**before, "status": self.after}}

    def require_copy(self) -> CopyRecord:
        """Return the copy that the step before this one made.

        Raises:
            NotReady: there is none.
        """
        copy = self.story.copy
        if copy is None or copy.status != self.before:
            raise NotReady(
                "falta el paso anterior", whose=f"caso {self.story.number}", repair=f"copias run {self.story.number}"
            )
        return copy
