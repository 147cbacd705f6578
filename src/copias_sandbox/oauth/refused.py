"""A refusal of the OAuth endpoints, in the shape of RFC 6749."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Refused(Exception):
    """``error`` and ``error_description`` are Google's words."""

    status: int
    error: str
    description: str
