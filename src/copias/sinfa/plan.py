"""What a SINFA copy is of: the database of a case, as the case was started with it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.case.work import CaseWork, find_work
from copias.sinfa.sources import open_driver

if t.TYPE_CHECKING:
    from copias.case.story import Story
    from copias.database import Driver
    from copias.office import Office
    from copias.sinfa.settings import DatabaseSettings


@dataclass(frozen=True)
class Subject:
    """The database of a case."""

    name: str
    settings: DatabaseSettings
    work: CaseWork

    def driver(self) -> Driver:
        """Return the engine's driver."""
        return open_driver(self.settings)


def find_subject(office: Office, story: Story) -> Subject:
    """Return the database that the case's last start recorded.

    Raises:
        NotReady: the case was not started, or is not allowed any more.
        BadConfiguration: the database is no longer in the inventory.
    """
    work = find_work(story, "sinfa")
    return Subject(work.subject, office.deployment.database(work.subject), work)
