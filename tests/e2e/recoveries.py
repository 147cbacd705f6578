"""A town with a mailbox that is copied and a case that asks for mail back."""

from __future__ import annotations

from copias_sandbox.seed.cases import MAILBOX_CASE
from copias_sandbox.seed.people import demo_requester
from tests.e2e.town import CASE, Town

COPIED = str(MAILBOX_CASE)
ACCOUNT = demo_requester().email
LABEL = f"Recuperado caso {CASE}"
MESSAGES = 30


def copy_mailbox(town: Town) -> Town:
    """Resolve the case of a mailbox, and let another of the same person ask for mail back."""
    town.configure(notices=None, mailboxes__settle_seconds=1)  # notices: they would come into this very mailbox
    town.admin.mailbox(ACCOUNT, count=MESSAGES, mean_bytes=2000, seed=5)
    assert town.run_case(COPIED, "--json").code == 0
    assert town.copias("classify", CASE, "--kind", "recovery", "--subject", ACCOUNT).code == 0
    return town


def held(town: Town) -> list[str]:
    return sorted(mail["sha256"] for mail in town.admin.mail(ACCOUNT, digests=True) if LABEL in mail["labels"])
