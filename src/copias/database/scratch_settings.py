"""What the deployment says of the servers that restore what somebody wrote."""

from __future__ import annotations

import typing as t

from pydantic import BaseModel, ConfigDict


class ScratchSettings(BaseModel):
    """The servers that live only for a proof, a drill, or the load of a delivery."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    walls: t.Literal["preferred", "required"] = "preferred"
    """What happens where bubblewrap cannot stand around them: they go on with less, which is said, or do not start."""
