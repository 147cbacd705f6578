"""The procedure and the work instructions that copies follow."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from copias.standards import documents


class Procedure(BaseModel):
    """The documents that the copies follow, by version; each manifest records them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(default_factory=lambda: documents().procedure.code)
    version: str = Field(default_factory=lambda: documents().procedure.version)
    work_instructions: dict[str, str] = Field(default_factory=lambda: dict(documents().work_instructions))
