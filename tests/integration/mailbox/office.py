"""A mailbox in a sandbox of its own process, the mirror that copies it, and what both hold."""

from __future__ import annotations

import asyncio
import base64
import subprocess
import sys
import time
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from copias.google import GoogleSettings
from copias.google.budget import QuotaBudget
from copias.google.gmail import Gmail
from copias.google.retry import Retry
from copias.google.scopes import GMAIL_READ
from copias.google.session import GoogleSession
from copias.google.tariff import NEW, Tariff
from copias.mailbox.copying import Copied, copy_mailbox
from copias.mailbox.mirror import Mirror, MirrorReader
from copias.mailbox.sync import MailboxSync, SyncReport
from copias_sandbox.admin.client import AdminClient
from copias_sandbox.home import Running
from copias_sandbox.seed.words import HELP_DESK

PROJECT = Path(__file__).parents[3]

GET = "gmail.users.messages.get"
LIST = "gmail.users.messages.list"
HISTORY = "gmail.users.history.list"
PROFILE = "gmail.users.getProfile"
FREE = Tariff("free", 10**9, 10**9, None, NEW.prices)
Result = t.TypeVar("Result")
APART: t.Final = """
import resource, signal, sys
from pathlib import Path

import copias.mailbox.fetching
from copias_sandbox import control
from tests.integration.mailbox.office import Office

folder, home, name, kind, limit, commit = sys.argv[1:]
copias.mailbox.fetching.COMMIT_MESSAGES = int(commit)
if int(limit):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
office = Office(control.admin(Path(home)), control.required(Path(home)), Path(folder), home=Path(home))
office.night(name) if kind == "night" else office.copy(name)
"""
Held: t.TypeAlias = "dict[str, tuple[frozenset[str], str]]"
"""Id → names of labels and SHA-256 of the content."""


class Waits:
    """A clock that does not wait, and keeps how long it should have."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def now(self) -> float:
        return 1_800_000_000.0 + sum(self.seconds)

    async def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)


@dataclass
class Office:
    """Who copies the mailbox.

    Args:
        admin: of the sandbox.
        running: the sandbox.
        folder: where mirrors are.
        account: whose mailbox.
        at_once: messages under way.
        home: the sandbox's folder.
    """

    admin: AdminClient
    running: Running
    folder: Path
    account: str = HELP_DESK
    at_once: int = 8
    home: Path = Path()
    COMMIT: t.ClassVar[int] = 7
    """Messages of a commit in a process apart, so that a crash finds some done and some not."""
    waits: Waits = field(default_factory=Waits)

    # Copying

    def use(self, work: t.Callable[[Gmail], t.Awaitable[Result]], *, attempts: int = 4) -> Result:
        """Open the mailbox and do something with it; no retry waits."""

        async def run() -> Result:
            given = {"key_file": self.running.key, "endpoint": self.running.url, "timeout": 20}
            settings = GoogleSettings.model_validate(given)
            budget = QuotaBudget(self.folder / "quota", FREE, clock=Waits())
            retry = Retry(attempts=attempts, patience=10_000)
            async with GoogleSession(settings, budget, retry=retry, clock=self.waits) as session:
                return await work(Gmail(session, self.account, (GMAIL_READ,)))

        return asyncio.run(run())

    def copy(self, name: str = "m", **given: t.Any) -> Copied:
        """Do what a case does."""

        async def work(gmail: Gmail) -> Copied:
            with Mirror.open(self.folder / name, account=self.account, segment_bytes=1 << 20) as mirror:
                return await copy_mailbox(gmail, mirror, at_once=self.at_once)

        return self.use(work, **given)

    def night(self, name: str = "m", *, full: bool = False, **given: t.Any) -> SyncReport:
        """Do what an ordinary night does."""

        async def work(gmail: Gmail) -> SyncReport:
            with Mirror.open(self.folder / name, account=self.account, segment_bytes=1 << 20) as mirror:
                return await MailboxSync(gmail, mirror, at_once=self.at_once).run(full=full)

        return self.use(work, **given)

    # In a process apart

    @contextmanager
    def started(self, name: str, *, night: bool = False, file_limit: int = 0) -> Iterator[subprocess.Popen[str]]:
        """Start a copy, or a night, in a process of its own, which is ended with the block."""
        kind = "night" if night else "case"
        numbers = (str(file_limit), str(self.COMMIT))
        command = [sys.executable, "-c", APART, str(self.folder), str(self.home), name, kind, *numbers]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=PROJECT) as child:
            try:
                yield child
            finally:
                child.kill()

    def run_apart(self, name: str, **given: t.Any) -> subprocess.CompletedProcess[str]:
        """Do a copy in a process of its own, to its end."""
        with self.started(name, **given) as child:
            out, err = child.communicate(timeout=60)
        return subprocess.CompletedProcess([], child.returncode, out, err)

    def size_of_segments(self, name: str) -> int:
        return sum(path.stat().st_size for path in (self.folder / name / "segments").glob("*"))

    def wait(self, happened: t.Callable[[], bool]) -> None:
        """Wait until something is so, a quarter of a minute at most."""
        limit = time.monotonic() + 15
        while not happened():
            assert time.monotonic() < limit
            time.sleep(0.01)

    # What there is

    def fill(self, count: int = 12, **plan: t.Any) -> list[str]:
        """Make the mailbox anew and return its ids, newest first."""
        self.admin.mailbox(self.account, **{"count": count, "mean_bytes": 900, **plan})
        return self.ids()

    def ids(self) -> list[str]:
        return [message["id"] for message in self.admin.mail(self.account)]

    def deliver(self, raw: bytes, *labels: str) -> str:
        """Let a message of these bytes come in."""
        given = {"raw": base64.b64encode(raw).decode(), "labels": labels or ("INBOX",)}
        return self.admin.deliver(self.account, **given)[0]

    def mailbox(self) -> Held:
        found = self.admin.mail(self.account, digests=True)
        return {message["id"]: (frozenset(message["labels"]), message["sha256"]) for message in found}

    def mirror(self, name: str = "m", *, deleted: bool = False) -> Held:
        """What a mirror holds of what the mailbox has; of what it has not any more when ``deleted``."""
        with MirrorReader.open(self.folder / name) as reader:
            reader.verify()
            names = {key: label for key, (label, _) in reader.labels().items()}
            return {
                row.id: (frozenset(names[label] for label in row.labels), row.sha256)
                for row in reader.messages()
                if (row.deleted_at is not None) == deleted
            }

    def content(self, key: str, name: str = "m") -> bytes:
        with MirrorReader.open(self.folder / name) as reader:
            row = reader.message(key)
            assert row is not None
            return reader.read(row)

    def calls(self, method: str) -> list[dict[str, t.Any]]:
        return self.admin.calls(method)

    def segments(self, name: str = "m") -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (self.folder / name / "segments").iterdir()}

    def rows(self, name: str = "m") -> list[tuple[t.Any, ...]]:
        """Every row of the index, as it is but for when a deletion was seen."""
        with MirrorReader.open(self.folder / name) as reader:
            return [tuple(row._replace(deleted_at=row.deleted_at and 1.0)) for row in reader.messages()]
