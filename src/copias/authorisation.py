"""Who allowed a copy or a recovery: of a case, or standing in the deployment's file."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict


class Authorisation(BaseModel):
    """Who allowed a copy or a recovery, on which document, why, and until when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    authoriser: str
    post: str
    document: str
    motive: str
    until: date | None = None
    recipient: str | None = None
    """Account, beside the case's own, that what is recovered may be given to."""
