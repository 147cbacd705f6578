"""What one process works with: the deployment, who acts, the case book, the claims and the help desk."""

from __future__ import annotations

import typing as t
from functools import cached_property
from pathlib import Path

from copias.case.book import CaseBook
from copias.case.claim import Claims
from copias.config import Deployment, find_deployment, load_deployment
from copias.ledger import Ledger
from copias.people import Actor, find_actor

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from copias.case.outbox import Outbox
    from copias.helpdesk import HelpDesk
    from copias.ledger import Event
    from copias.store import Store


class Office:
    """One installation, seen by one person. Nothing outside is touched before it is used."""

    def __init__(self, deployment: Deployment, actor: Actor) -> None:
        self.deployment = deployment
        self.actor = actor

    @cached_property
    def book(self) -> CaseBook:
        """Return the case book."""
        return CaseBook(Ledger(self.deployment.ledger), self.actor)

    @cached_property
    def claims(self) -> Claims:
        """Return who runs which case."""
        return Claims(self.deployment.state / "claims")

    @cached_property
    def help_desk(self) -> HelpDesk:
        """Return the help desk; it is called at the first use."""
        from copias.case.sheet_columns import LedgerColumns
        from copias.helpdesk import open_help_desk

        return open_help_desk(self.deployment.help_desk, self.deployment.google, columns=LedgerColumns(self))

    @cached_property
    def outbox(self) -> Outbox:
        """Return what waits for the help desk, and for Gmail where the deployment sends notices."""
        from copias.case.delivery import deliver_to
        from copias.case.outbox import Outbox

        notices, way = self.deployment.notices, deliver_to(lambda: self.help_desk)
        if notices is None:
            return Outbox(self.book, self.deployment.state, way)
        from copias.case.posting import post_through

        return Outbox(
            self.book,
            self.deployment.state,
            way,
            post=post_through(self.deployment, notices),
            settle=notices.settle_seconds,
        )

    def record(self, event: str, data: Mapping[str, t.Any]) -> Event:
        """Add an event of the installation, of no case, to the ledger; those of a case go through the case book."""
        with self.book.ledger.transaction(self.actor.to_event()) as ledger:
            return ledger.append(event, data)

    def open_store(self, name: str) -> Store:
        """Return a store of the deployment by its logical name."""
        from copias.store import open_store

        deployment = self.deployment
        return open_store(deployment.store(name), name=name, google=deployment.google, state=deployment.state)


def open_office(config: Path | None = None) -> Office:
    """Read the deployment and find out who acts.

    Raises:
        BadConfiguration: a file of the deployment cannot be read.
        NotAllowed: the account is nobody's.
    """
    deployment = load_deployment(config or find_deployment())
    return Office(deployment, find_actor(deployment.people))
