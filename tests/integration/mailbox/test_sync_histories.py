"""Whatever happens to a mailbox between, during and after rounds, crashes included, the mirror ends equal to it."""

from __future__ import annotations

import tempfile
import typing as t
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from copias.errors import BackupError
from copias.google.gmail import Gmail
from copias.mailbox.copying import copy_mailbox
from copias.mailbox.mirror import Mirror
from copias.mailbox.sync import MailboxSync
from tests.integration.mailbox.office import GET, HISTORY, LIST, Office

NAMES = ["INBOX", "UNREAD", "STARRED", "TRASH", "SPAM", "Una, «ñ»", "Otra/más"]
LABELS = st.lists(st.sampled_from(NAMES), max_size=3, unique=True)
PICK = st.integers(0, 50)
FAULTS = st.sampled_from(
    [
        {"kind": "status", "method": GET, "status": 503, "times": 9},
        {"kind": "status", "method": GET, "status": 404},
        {"kind": "status", "method": GET, "status": 400, "reason": "failedPrecondition"},
        {"kind": "status", "method": HISTORY, "status": 404},
        {"kind": "truncated", "method": "gmail.*"},
        {"kind": "reset", "method": "gmail.*"},
        {"kind": "deleted", "method": GET},
        {"kind": "expired", "method": HISTORY},
        {"kind": "revoked", "method": "gmail.*"},
        {"kind": "hidden", "method": LIST},
        {"kind": "ended", "method": LIST},
        {"kind": "repeated", "method": LIST, "times": 0},
    ]
)


class Crash(Exception):
    """The power failed."""


class MailboxLife(RuleBasedStateMachine):
    """A mailbox with its owner, its mirror, and bad luck."""

    office: t.ClassVar[Office]

    @initialize(count=st.integers(0, 12), seed=st.integers(0, 99))
    def begin(self, count: int, seed: int) -> None:
        self.office.admin.clear_faults()
        self.office.fill(count, seed=seed, curious_every=3)
        self.place = tempfile.TemporaryDirectory()
        self.name = str(Path(self.place.name) / "m")

    def teardown(self) -> None:
        if not hasattr(self, "place"):
            return
        self.office.admin.clear_faults()
        for _ in range(2):  # one that may find the rest of a fault's work, one that is as good as new
            self.office.night(self.name)
        assert self.office.mirror(self.name) == self.office.mailbox()
        copied = self.office.copy(self.name)
        copied.reconciliation.require_complete(self.office.account)
        assert set(copied.reconciliation.copied) == set(self.office.ids())
        assert copied.report.fetched == 0
        self.place.cleanup()

    @rule(count=st.integers(1, 4), labels=LABELS)
    def arrive(self, count: int, labels: list[str]) -> None:
        known = [label for label in labels if label.isupper()]
        self.office.admin.deliver(self.office.account, count, labels=known)

    @rule(pick=PICK)
    def delete(self, pick: int) -> None:
        if ids := self.office.ids():
            self.office.admin.delete_mail(self.office.account, [ids[pick % len(ids)]])

    @rule(pick=PICK, add=LABELS, remove=LABELS)
    def relabel(self, pick: int, add: list[str], remove: list[str]) -> None:
        taken = [label for label in remove if label not in add]
        if ids := self.office.ids():
            self.office.admin.relabel_mail(self.office.account, [ids[pick % len(ids)]], add=add, remove=taken)

    @rule()
    def forget_history(self) -> None:
        self.office.admin.expire_history(self.office.account)

    @rule(fault=FAULTS, nth=st.integers(1, 6))
    def break_something(self, fault: dict[str, t.Any], nth: int) -> None:
        self.office.admin.fault(**{**fault, "nth": nth})

    @rule(full=st.booleans())
    def pass_a_night(self, full: bool) -> None:
        try:
            self.office.night(self.name, full=full)
        except BackupError:
            return  # a fault that was to last; nothing may be lost of it

    @rule()
    def make_a_copy(self) -> None:
        try:
            copied = self.office.copy(self.name)
        except BackupError:
            return
        if copied.reconciliation.complete:
            # Nobody touches the mailbox meanwhile: a complete copy has all of it, but for what Google refused.
            assert set(self.office.ids()) - set(copied.reconciliation.copied) == set(copied.reconciliation.refused)

    @rule(after=st.integers(0, 12), commit=st.integers(1, 4), night=st.booleans())
    def crash(self, after: int, commit: int, night: bool) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("copias.mailbox.fetching.COMMIT_MESSAGES", commit)
            try:
                self.office.use(lambda gmail: self._work(Doomed(gmail, after), night=night))
            except (Crash, BackupError):
                return

    async def _work(self, gmail: Gmail, *, night: bool) -> None:
        with Mirror.open(Path(self.name), account=self.office.account) as mirror:
            if night:
                await MailboxSync(gmail, mirror, at_once=3).run()
            else:
                await copy_mailbox(gmail, mirror, at_once=3)


class Doomed(Gmail):
    """A mailbox whose reader's power fails after so many messages."""

    def __init__(self, gmail: Gmail, after: int) -> None:
        super().__init__(gmail.session, gmail.account, gmail.scopes)
        object.__setattr__(self, "left", [None] * after)

    async def raw(self, message_id: str) -> t.Any:
        if not self.left:  # type: ignore[attr-defined]
            raise Crash
        self.left.pop()  # type: ignore[attr-defined]
        return await super().raw(message_id)


def test_any_life_of_a_mailbox_ends_with_an_equal_mirror(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copias.google.gmail.PAGE", 4)
    MailboxLife.office = office
    # A failing life is told as it was found: to make it shorter takes longer than to understand it.
    phases = (Phase.explicit, Phase.reuse, Phase.generate)
    checks = list(HealthCheck)

    run_state_machine_as_test(
        MailboxLife,
        settings=settings(max_examples=20, stateful_step_count=15, phases=phases, suppress_health_check=checks),
    )
