"""What the deployment says of the night: how long it may last, and who hears how it went."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from copias.case.notice_settings import Address
from copias.local_path import LocalPath


class NightSettings(BaseModel):
    """The night of everything: ``copias nightly``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    time_limit: timedelta = Field(default=timedelta(hours=8), gt=timedelta(0), le=timedelta(hours=23))
    """Longest that a night may last: what is not begun by then is told as postponed, what is under way is ended."""
    mailbox_time_limit: timedelta = Field(default=timedelta(hours=2), gt=timedelta(0))
    """Longest that one mailbox may take in a night; the next night goes on where it stopped."""
    mirrors_repository: str | None = None
    """Repository that gets a snapshot of the mirrors; ``None``: they stay on this machine only."""
    summary_to: tuple[Address, ...] = ()
    """Who gets the summary; empty: the administrator of ``notices``."""
    whom_to_call: str = ""
    """Name and telephone that each red line of the summary ends with."""
    metrics_file: LocalPath | None = None
    """``….prom`` in the folder that node_exporter's textfile collector reads."""
    ping_url_file: LocalPath | None = None
    """A file of mode 0600 with an https address on its only line, that is asked at the night's start and end."""
    heartbeat_tab: str | None = None
    """Tab of the control spreadsheet that gets a row a night, with the ledger's head; ``None``: none."""
    silence: timedelta = Field(default=timedelta(hours=26), gt=timedelta(hours=1))
    """Age of the last finished night at which `copias watch` raises the alarm."""
