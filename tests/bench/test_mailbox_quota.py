"""How much of the allowed quota a copy of many accounts uses, in minutes that take no time.

The sandbox and the copy run in one event loop, and talk over real sockets. When nothing arrives and every task waits,
the loop's clock jumps to the next moment somebody waits for; budget and sandbox both tell the time by it. So a minute's
quota is spent and refilled as it would be, and only the work itself takes real time.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path

from copias.google import GoogleSettings
from copias.google.budget import QuotaBudget
from copias.google.gmail import Gmail
from copias.google.scopes import GMAIL_READ
from copias.google.session import GoogleSession
from copias.google.tariff import NEW
from copias.mailbox.mirror import Mirror
from copias.mailbox.sync import MailboxSync
from copias_sandbox.clock import Clock
from copias_sandbox.core.answer import Answer
from copias_sandbox.core.dispatch import Google, Request
from copias_sandbox.oauth.accounts import Accounts
from copias_sandbox.oauth.keys import CLIENT_ID, ensure_key
from copias_sandbox.rooms.gmail.mailboxes import SERVICE
from copias_sandbox.rooms.registry import ROOMS
from copias_sandbox.seed.mail import MailPlan
from copias_sandbox.state import State
from copias_sandbox.transport.http import GooglePort

FULL = os.environ.get("COPIAS_BENCH") == "full"
ACCOUNTS, MINUTES = (50, 6) if FULL else (10, 2)
LATENCY = 0.08
GRACE = 0.0005
"""Seconds for which the loop really looks for what may still arrive before its clock jumps."""


class JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting for its time to be up, it moves the loop's clock; what arrives comes first."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0

    def select(self, timeout: float | None = None):
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        found = super().select(GRACE)
        if not found:
            self.time += max(timeout, 1e-6)
        return found


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop whose minutes take no time, with real sockets."""

    def __init__(self) -> None:
        self._jumping = JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.time


class LoopClock(Clock):
    """The sandbox's clock and the budget's: that of the loop, from a moment that signed tokens may be of."""

    def __init__(self, start: float) -> None:
        super().__init__()
        self._start = start

    def now(self) -> float:
        return self._start + asyncio.get_running_loop().time()

    def quota_now(self) -> float:
        return self.now()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class CountingGoogle(Google):
    """A sandbox that counts its answers by status."""

    def dispatch(self, request: Request) -> Answer:
        answer = super().dispatch(request)
        self.statuses[answer.status] += 1
        return answer


def make_sandbox(folder: Path, accounts: list[str], key_file: Path) -> CountingGoogle:
    full_minute = time.time() // 60 * 60  # at these it refills
    google = CountingGoogle(State(folder / "state.sqlite"), ROOMS, clock=LoopClock(full_minute))
    google.statuses = Counter()
    google.quota.configure({"gmail": "new"})
    google.faults.add({"kind": "latency", "method": "gmail.*", "seconds": LATENCY, "times": 0})
    people = Accounts(google.state)
    people.register(ensure_key(key_file, "http://127.0.0.1/token"))
    people.delegate(CLIENT_ID, [GMAIL_READ])
    more_than_enough = MailPlan(count=(MINUTES + 1) * NEW.per_user_minute // 20, mean_bytes=1000)
    with google.state.transaction():
        for account in accounts:
            people.put_user({"primaryEmail": account, "isMailboxSetup": True})
            google.services[SERVICE].make(account, more_than_enough)
    return google


async def copy_for_minutes(google: CountingGoogle, folder: Path, accounts: list[str], key_file: Path) -> None:
    """Copy all the accounts at once, as far as it gets in these minutes."""
    port = GooglePort(google)
    await port.open()
    url = f"http://127.0.0.1:{port.port}"
    Accounts(google.state).register(ensure_key(key_file, f"{url}/token"))
    settings = GoogleSettings(key_file=key_file, endpoint=url)
    clock = google.clock
    async with GoogleSession(settings, QuotaBudget(folder / "quota.sqlite", NEW, clock=clock), clock=clock) as session:
        with ExitStack() as mirrors:
            work = [
                asyncio.ensure_future(MailboxSync(Gmail(session, account, (GMAIL_READ,)), mirror, at_once=20).run())
                for account in accounts
                for mirror in [mirrors.enter_context(Mirror.open(folder / account, account=account))]
            ]
            done, _ = await asyncio.wait(work, timeout=60 * MINUTES)
            for task in done:
                task.result()
            assert not done, "a mailbox was too small to use its quota up"
            for task in work:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*work, return_exceptions=True)
    await port.close()


def test_fifty_accounts_use_what_they_are_allowed_and_are_not_refused(tmp_path, figures) -> None:
    accounts = [f"cuota{number}@valleclaro.example" for number in range(ACCOUNTS)]
    key_file = tmp_path / "key.json"
    google = make_sandbox(tmp_path, accounts, key_file)

    begun = time.perf_counter()
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(copy_for_minutes(google, tmp_path, accounts, key_file))
    wall = time.perf_counter() - begun

    spent, allowed = google.quota.spent["gmail"], ACCOUNTS * NEW.per_user_minute * MINUTES
    calls, refused = sum(google.statuses.values()), google.statuses[403] + google.statuses[429]
    figures.add(
        f"quota used while copying {ACCOUNTS} accounts, new tariff, {MINUTES} virtual minutes",
        "≥ 95 % of what is allowed, < 1 % of calls refused",
        f"{100 * spent / allowed:.1f} %, {refused} of {calls} calls refused ({wall:.0f} s)",
    )
    assert spent >= 0.95 * allowed
    assert refused < 0.01 * calls
