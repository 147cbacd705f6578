"""The step of a recovery case: messages are given back, found again at their target, read, and compared."""

from __future__ import annotations

import time
import typing as t
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from copias.case.work import find_work
from copias.errors import CopyFailed, NotReady
from copias.mailbox.restore.delivery import Delivery, FolderDelivery, MailboxDelivery
from copias.mailbox.restore.gate import require_recipient
from copias.mailbox.restore.journal import RestoreJournal
from copias.mailbox.restore.labels import Lacking, count_lacking, require_labels
from copias.mailbox.restore.opening import open_source
from copias.mailbox.restore.plan import RecoveryFolder, RestorePlan
from copias.mailbox.restore.search import Query
from copias.mailbox.restore.whose import require_same_person
from copias.progress import Step

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from copias.case.story import RestoreRecord, Story
    from copias.mailbox.restore.delivery import Reading
    from copias.office import Office
    from copias.package.message_list import ListedMessage


@dataclass(frozen=True)
class RestoreStep:
    """What giving back the messages of a case would do."""

    office: Office
    story: Story
    given: int
    """Messages that were given back when this was planned."""

    @property
    def changes(self) -> bool:
        """Tell whether anything is left to give back or to prove; a case without a plan has all of it left."""
        return self.story.restore is None or self.story.restore.status != "verified"

    def run(self) -> None:
        """Give back what is not there yet, then prove that all of it is.

        Raises:
            NotReady: nobody chose what is given back, or the case does not allow it any more.
            CopyFailed: some messages cannot be given; they are named, the others are there.
            Doubtful: all are there, some without a label that Gmail refuses; it counts once a person accepts it.
            NotEqual: a message is gone again, or differs; it is named.
            GoogleUnavailable, StoreUnavailable: nothing is lost; the next run goes on.
        """
        record, number = self._require_plan(), self.story.number
        plan = RecoveryFolder(self.office, record.restore_id).read_plan(record)
        self._require_leave(plan)
        delivery, begun = self._open_delivery(plan), time.monotonic()
        pending = record.messages - self.given
        if pending or record.status == "planned":
            with Step("Devolver", pending, unit="messages") as step, self._reading(plan) as messages:
                given = delivery.give(messages, report=step)
            self._require_all_given(plan)
            self.office.book.record(number, "restore.given", self._tell_given(plan, given))
        with Step("Releer lo devuelto", unit="messages") as step:
            compared = delivery.prove(plan.hashes, report=step)
        lacking = count_lacking(self.office, plan.restore_id)
        reason = require_labels(self.story, record, lacking)
        facts = {
            "restore": plan.restore_id,
            "messages": len(plan.messages),
            "compared": compared,
            "list_sha256": record.data["list_sha256"],
            "seconds": round(time.monotonic() - begun, 1),
            **lacking.to_event(),
            **({"accepted": reason} if reason else {}),
        }
        self.office.book.record(number, "restore.verified", facts)

    def describe(self) -> dict[str, t.Any]:
        """Return the recovery as it is now."""
        record = self.office.book.story(self.story.number).restore
        return self._tell(record, count_given(self.office, record))

    def diff(self) -> dict[str, t.Any]:
        """Return the recovery before the step, and after it."""
        before, now = self._tell(self.story.restore, self.given), self.describe()
        if not self.changes or now["status"] == "verified":
            return {"before": before, "after": now}
        return {"before": before, "after": {**before, "status": "verified", "given": before["messages"], "pending": 0}}

    def _tell(self, record: RestoreRecord | None, given: int) -> dict[str, t.Any]:
        lacking = Lacking(0, 0) if record is None or record.database else count_lacking(self.office, record.restore_id)
        return {**_describe(record, given), **lacking.to_event()}

    def _tell_given(self, plan: RestorePlan, now: int) -> dict[str, t.Any]:
        """Return what the ledger gets of what was given back, all of it by now."""
        lacking = count_lacking(self.office, plan.restore_id)
        return {"restore": plan.restore_id, "messages": len(plan.messages), "now": now, **lacking.to_event()}

    def _require_plan(self) -> RestoreRecord:
        if self.story.restore is None:
            number = self.story.number
            raise NotReady(
                "nadie ha elegido qué devolver",
                whose=f"caso {number}",
                repair=f"copias find --case {number} --account CUENTA, y después copias restore {number} --pick …",
            )
        return self.story.restore

    def _require_leave(self, plan: RestorePlan) -> None:
        """Make sure that the case still allows what was planned."""
        number, work = self.story.number, find_work(self.story, "recovery")
        if work.subject != plan.account:
            raise NotReady(
                "lo elegido es de otra cuenta", whose=f"caso {number}", repair=f"copias restore {number} --pick …"
            )
        if plan.target.account:
            require_recipient(number, work.authorisation, account=plan.account, to=plan.target.account)
        to = plan.target.account
        require_same_person(self.office, number, work.authorisation, plan.source, account=plan.account, to=to)

    def _open_delivery(self, plan: RestorePlan) -> Delivery:
        journal = RecoveryFolder(self.office, plan.restore_id).journal
        if plan.target.account:
            return MailboxDelivery(self.office, plan.target, journal)
        return FolderDelivery(Path(plan.target.folder), plan.target, journal)

    def _require_all_given(self, plan: RestorePlan) -> None:
        done = RestoreJournal.read(RecoveryFolder(self.office, plan.restore_id).journal).done
        if missing := sorted(plan.hashes.keys() - done.keys()):
            raise CopyFailed(
                f"faltan {len(missing)} mensajes por devolver",
                whose=f"caso {self.story.number}",
                why=f"la copia no los da: {', '.join(missing[:20])}",
                repair="use otra copia de la cuenta: `copias copies` dice cuáles hay",
            )

    @contextmanager
    def _reading(self, plan: RestorePlan) -> Iterator[Reading]:
        with open_source(self.office, plan.source, account=plan.account) as source:

            def messages() -> Iterator[tuple[ListedMessage, Callable[[], bytes]]]:
                wanted = plan.hashes
                for message in source.find(Query()):
                    # A mirror is not sealed: the message must still be the one that was chosen.
                    if wanted.get(message.id) == message.sha256:
                        yield message, partial(source.read, message)

            yield messages


def _describe(record: RestoreRecord | None, given: int) -> dict[str, t.Any]:
    if record is None:
        return {"restore": "", "status": "none", "messages": 0, "given": 0, "pending": 0, "to": "", "label": ""}
    return {
        "restore": record.restore_id,
        "status": record.status,
        "messages": record.messages,
        "given": given,
        "pending": record.messages - given,
        "to": record.data["target"]["account"],
        "label": record.data["target"]["label"],
    }


def count_given(office: Office, record: RestoreRecord | None) -> int:
    """Return how many messages of a recovery are given back, by its journal."""
    if record is None:
        return 0
    return len(RestoreJournal.read(RecoveryFolder(office, record.restore_id).journal).done)


def plan_step(office: Office, story: Story) -> RestoreStep:
    """Return the step of a story; change nothing."""
    return RestoreStep(office, story, count_given(office, story.restore))


def plan_restore(office: Office, number: str) -> RestoreStep:
    """Read the story; change nothing."""
    return plan_step(office, office.book.story(number))
