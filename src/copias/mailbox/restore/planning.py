"""Deciding what a recovery gives back: nothing is given before the ledger says what, from where, to where."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from pathlib import Path

from copias.case.story import RestoreRecord
from copias.errors import BadInput, NotReady
from copias.files import check_folder
from copias.mailbox.restore.gate import require_recipient
from copias.mailbox.restore.journal import RestoreJournal
from copias.mailbox.restore.numbering import Numbering
from copias.mailbox.restore.opening import SourceName, choose_source, open_source
from copias.mailbox.restore.plan import (
    PlannedMessage,
    RecoveryFolder,
    RestorePlan,
    Target,
    check_label,
)
from copias.mailbox.restore.search import Query
from copias.mailbox.restore.whose import require_same_person
from copias.opened import record_opening
from copias.people import Role

if t.TYPE_CHECKING:
    from copias.case.intake import Intake
    from copias.case.story import Story
    from copias.office import Office

PLANNED: t.Final = "restore.planned"


@dataclass(frozen=True)
class Order:
    """What an agent asks for.

    Args:
        numbers: of messages that were found for the case; they say the copy, too.
        query: what is given back instead; an empty one is the whole mailbox.
        copy_id: of the catalogue; the newest copy when not given.
        package: a package's file, when ledger and mirror are lost.
        keys: public keys that it may be signed with.
        to: the account that gets the messages; the case's own when not given.
        under: name of the label that they get there.
        folder: gets them as files instead.
    """

    numbers: tuple[int, ...] = ()
    query: Query | None = None
    copy_id: str | None = None
    package: Path | None = None
    keys: tuple[Path, ...] = ()
    to: str | None = None
    under: str | None = None
    folder: Path | None = None


@dataclass(frozen=True)
class RestoreDraft:
    """A plan that may not be in the ledger yet."""

    office: Office
    story: Story
    plan: RestorePlan
    recorded: bool

    @property
    def planned_story(self) -> Story:
        """Return the story as it is once the plan is recorded."""
        if self.recorded:
            return self.story
        record = RestoreRecord(self.plan.restore_id, self._event())
        return replace(self.story, restores=(*self.story.restores, record))

    def record(self) -> Story:
        """Keep the list, then say it in the ledger, and return the story after it.

        Raises:
            NotReady: another plan was made or begun meanwhile: looking through a copy takes its time.
            AlreadyRunning: somebody runs the case.
        """
        if self.recorded:
            return self.story
        number = self.story.number
        self.office.claims.require_free(number)
        with self.office.book.adding(number) as page:
            if (page.story.restores, page.story.state) != (self.story.restores, self.story.state):
                raise NotReady(
                    "mientras se buscaba, el caso cambió", whose=f"caso {number}", repair="dé la orden otra vez"
                )
            RecoveryFolder(self.office, self.plan.restore_id).write_list(self.plan.messages)
            return page.add(PLANNED, self._event())

    def _event(self) -> dict[str, t.Any]:
        return {**self.plan.to_event(), "generation": self.story.generation}


def draft_restore(office: Office, intake: Intake, order: Order) -> RestoreDraft:
    """Find out what an order means; change nothing, but the ledger gets that the copy was looked into.

    Args:
        office: whose copies they are.
        intake: of a case that passed the gate.
        order: what is asked for.

    Raises:
        BadInput: what is asked for does not exist or cannot be; nothing is found; numbers and other choices together.
        NotReady: another choice is being given back, or the authorisation does not name the target, or the copy is of
            who had the address before.
        NotAllowed: only an administrator brings a package from outside the catalogue.
        Altered: the copy is damaged, or nobody trusted signed it.
    """
    account, story = intake.subject or "", intake.story
    target = _choose_target(office, intake, order)
    source, chosen = _choose_messages(office, intake.number, account, order)
    require_same_person(office, intake.number, intake.authorisation, source, account=account, to=target.account)
    query = order.query or Query()
    record_opening(office, source.copy_name, by="copias restore", to="", case=intake.number)
    with open_source(office, source, account=account) as copy:
        messages = tuple(
            PlannedMessage(message.id, message.sha256, message.bytes)
            for message in copy.find(query)
            if chosen is None or message.id in chosen
        )
    _require_all(intake.number, messages, chosen)
    restore_id = f"recuperacion-{intake.number}-{len(story.restores) + 1}"
    plan = RestorePlan(restore_id, account, source, target, messages)
    return _settle(office, story, plan)


def _settle(office: Office, story: Story, plan: RestorePlan) -> RestoreDraft:
    """Take a plan as it is, as the one that there is already, or not at all beside one that was begun."""
    current = story.restore
    if current is None:
        return RestoreDraft(office, story, plan, recorded=False)
    same = {**plan.to_event(), "restore": current.restore_id}
    if all(current.data[name] == value for name, value in same.items()):
        return RestoreDraft(office, story, replace(plan, restore_id=current.restore_id), recorded=True)
    journal = RestoreJournal.read(RecoveryFolder(office, current.restore_id).journal)
    if current.status != "planned" or journal.begun:
        raise NotReady(
            "el caso ya está devolviendo otra selección",
            whose=f"caso {story.number}",
            why=f"{len(journal.done)} de {current.data['messages']} mensajes ya están devueltos",
            repair=f"termínela con `copias restore {story.number}`; para otra, reabra después el caso",
        )
    return RestoreDraft(office, story, plan, recorded=False)


def _choose_target(office: Office, intake: Intake, order: Order) -> Target:
    account, number = intake.subject or "", intake.number
    if order.folder is not None:
        if order.to or order.under:
            raise BadInput("--eml no va con --to ni con --under", repair="elija archivos o un buzón")
        return Target(folder=str(check_folder(order.folder, state=office.deployment.state)))
    to, settings = order.to or account, office.deployment.mailboxes
    if settings is None or not settings.is_account(to):
        raise BadInput(
            "no es una cuenta de la organización",
            whose=ascii(to[:80]),
            repair="escriba la dirección principal completa, en minúsculas",
        )
    if intake.authorisation is not None:
        require_recipient(number, intake.authorisation, account=account, to=to)
    again = f" ({intake.story.generation})" if intake.story.generation > 1 else ""
    return Target(account=to, label=check_label(order.under or f"Recuperado caso {number}{again}"))


def _choose_messages(
    office: Office, number: str, account: str, order: Order
) -> tuple[SourceName, frozenset[str] | None]:
    """Return the copy, and the ids that were picked; ``None`` where a query chooses."""
    if order.numbers:
        if order.query or order.copy_id or order.package:
            raise BadInput("--pick va solo: los números ya dicen qué mensajes y de qué copia", whose=f"caso {number}")
        return Numbering(office, number).pick(order.numbers)
    if order.package is not None:
        office.actor.require(Role.ADMINISTRATOR, "devolver de un paquete que no está en la bitácora")
        keys = tuple(str(key.absolute()) for key in order.keys)
        return SourceName("file", str(order.package.absolute()), keys), None
    return choose_source(office, account, copy_id=order.copy_id), None


def _require_all(number: str, messages: tuple[PlannedMessage, ...], chosen: frozenset[str] | None) -> None:
    if chosen is not None and (lost := sorted(chosen - {message.id for message in messages})):
        raise NotReady(
            "la copia ya no tiene mensajes que se eligieron", whose=f"caso {number}", why=", ".join(lost[:20])
        )
    if not messages:
        raise BadInput("no hay mensajes así en la copia", whose=f"caso {number}", repair="búsquelos con `copias find`")
