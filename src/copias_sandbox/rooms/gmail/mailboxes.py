"""All mailboxes: each is made when it is first opened, from its owner's plan."""

from __future__ import annotations

import typing as t

import orjson

from copias_sandbox.oauth.accounts import Accounts
from copias_sandbox.rooms.gmail.labels import Labels
from copias_sandbox.rooms.gmail.mailbox import Mailbox
from copias_sandbox.rooms.gmail.tables import COLUMNS, SCHEMA, TABLES, packed
from copias_sandbox.seed.mail import FIRST_HISTORY, USER_LABELS, MailPlan, default_plan, plan_mail
from copias_sandbox.state import State

SERVICE: t.Final = "mailboxes"
MAIL_SEED: t.Final = "mail_seed"
"""Kind of the document that says from which seed the demo's mailboxes are made; without it they are empty."""


class Mailboxes:
    """Opens mailboxes.

    Args:
        state: where they are kept.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        state.add_tables(SCHEMA, TABLES)

    def open(self, email: str) -> Mailbox:
        """Return a mailbox, made now if it never was opened."""
        query = "SELECT number, plan FROM mailbox WHERE email = ?"
        row = self._state.connection.execute(query, (email.lower(),)).fetchone()
        if row is None:
            return self.make(email, self._default_plan(email))
        return Mailbox(self._state.connection, row[0], email.lower(), MailPlan.from_json(orjson.loads(row[1])))

    def made(self) -> list[str]:
        """Return the addresses of the mailboxes opened so far."""
        return [email for (email,) in self._state.connection.execute("SELECT email FROM mailbox ORDER BY email")]

    def make(self, email: str, plan: MailPlan) -> Mailbox:
        """Make a mailbox by a plan, in place of the one that is there."""
        owner, connection = email.lower(), self._state.connection
        self.remove(owner)
        history = FIRST_HISTORY + plan.count
        number = connection.execute(
            "INSERT INTO mailbox (email, plan, history, oldest_history, given) VALUES (?, ?, ?, ?, 0) RETURNING number",
            (owner, orjson.dumps(plan.as_json()), history, history),
        ).fetchone()[0]
        mailbox = Mailbox(connection, int(number), owner, plan)
        self._fill(mailbox)
        return mailbox

    def remove(self, email: str) -> None:
        """Delete a mailbox; the next to open it gets a new one."""
        connection = self._state.connection
        row = connection.execute("SELECT number FROM mailbox WHERE email = ?", (email.lower(),)).fetchone()
        if row is None:
            return
        for table in ("mail", "mail_label", "mail_history"):
            connection.execute(f"DELETE FROM {table} WHERE mailbox = ?", row)  # noqa: S608 -- fixed names
        connection.execute("DELETE FROM mailbox WHERE number = ?", row)

    def _default_plan(self, email: str) -> MailPlan:
        seed, user = self._state.get(MAIL_SEED, "default"), Accounts(self._state).user(email)
        return default_plan(int(seed["seed"]), email.lower()) if seed and user else MailPlan()

    def _fill(self, mailbox: Mailbox) -> None:
        """Write the rows of a plan; the history ids go up with the dates and end at the mailbox's own."""
        if mailbox.plan.count:
            self._put_labels(mailbox)
        self._state.connection.executemany(
            f"INSERT INTO mail (mailbox, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",  # noqa: S608
            (
                (
                    mailbox.number,
                    mail.number,
                    mail.thread,
                    mail.date,
                    FIRST_HISTORY + mail.position + 1,
                    packed(mail.labels),
                    mail.header_id,
                    mail.kind,
                    mail.position,
                )
                for mail in plan_mail(mailbox.plan, mailbox.email)
            ),
        )

    def _put_labels(self, mailbox: Mailbox) -> None:
        for name in USER_LABELS:
            Labels(mailbox).create(name)
