"""The peak memory of a process alone: ``ru_maxrss`` is, after a fork, that of the process that started it."""

from __future__ import annotations

from pathlib import Path


def peak_bytes() -> int:
    """Return the largest resident size that this process had since its program began."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024
