"""Storing the package of a case, whatever its kind."""

from __future__ import annotations

import typing as t

from copias.case.kinds import kind_of_copy
from copias.case.step import StepPlan

if t.TYPE_CHECKING:
    from copias.office import Office


class NoPackage(StepPlan):
    """The plan of a case that has no copy yet: in check mode there never is one."""

    before = "made"
    after = "stored"

    def run(self) -> None:
        """Refuse.

        Raises:
            NotReady: always; the step before this one was not done.
        """
        self.require_copy()


def plan_storing(office: Office, number: str) -> StepPlan:
    """Read the story; change nothing."""
    story = office.book.story(number)
    if story.copy is None:
        return NoPackage(office, story)
    return kind_of_copy(story.copy).plan_storing(office, story)
