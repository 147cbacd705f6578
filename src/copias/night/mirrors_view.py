"""Where the frozen view of the mirrors lies, and how it is parted."""

from __future__ import annotations

import hashlib
import typing as t

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.config import Deployment

HOST: t.Final = "espejos-de-buzones"
"""Host of the snapshots, and what stands for a database where retention speaks of them; none can have such a name."""
KEPT: t.Final = "night.mirrors"
READ: t.Final = "night.mirrors.read"
DAYS: t.Final = 30
"""In so many nights every mirror is read back once."""


def view_of(deployment: Deployment) -> Path:
    """Return the folder of the frozen view."""
    return deployment.state / "frozen"


def bucket_of(name: str) -> str:
    """Return the part of the view, ``00`` to ``29``, in which a mirror lies, by the name of its folder."""
    return f"{int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % DAYS:02}"


def frozen_folder(deployment: Deployment, name: str) -> Path:
    """Return the folder of a mirror's frozen copy."""
    return view_of(deployment) / bucket_of(name) / name


def find_frozen(deployment: Deployment) -> list[str]:
    """Return the names of the mirrors that the view has anything of."""
    from copias.mailbox.mirror.layout import JOURNAL

    return sorted(path.parent.name for path in view_of(deployment).glob(f"*/*/{JOURNAL}"))


def name_of(snapshot: str) -> str:
    """Return the name of the copy that a snapshot of mirrors is."""
    return f"espejos-{snapshot[:12]}"
