"""What the deployment says of ``copias poll``: whether it starts cases by itself, and how many at once."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class PollSettings(BaseModel):
    """The round over all cases that cron makes every few minutes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start_cases: bool = True
    """Start cases that are assigned, classified, authorised and meet every condition; else an agent starts each."""
    most_at_once: int = Field(default=2, ge=1, le=20)
    """Runs of cases, whoever started them, above which none is started by itself."""
