"""What the steps of every copy share: read the story first, then decide, then do."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.errors import NotReady

if t.TYPE_CHECKING:
    from copias.case.story import CopyRecord, Story
    from copias.office import Office


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
        # Past its retention, or spoilt since: a case that is resolved has nothing to do again.
        order = ("none", "made", "stored", "verified", "removed", "spoilt")
        status = self.story.copy.status if self.story.copy else "none"
        return order.index(status) < order.index(self.after)

    def run(self) -> None:
        """Do it.

        Raises:
            BackupError: the step failed; the story says how far it came.
        """
        raise NotImplementedError

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


def new_copy_id(story: Story, kind: str, subject: str) -> str:
    """Return the id of the next copy of a case: ``sinfa-hacienda-1234``, then ``sinfa-hacienda-1234-2``."""
    earlier = len(story.copies)
    return f"{kind}-{subject}-{story.number}" + (f"-{earlier + 1}" if earlier else "")
