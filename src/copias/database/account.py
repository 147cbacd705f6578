"""The account of the operating system that the engines' own servers run as."""

from __future__ import annotations

import os
import pwd
import typing as t
from contextlib import suppress
from dataclasses import dataclass

from copias.errors import NotReady


@dataclass(frozen=True)
class Account:
    """An account of the operating system without privileges, for programs that refuse root."""

    name: str
    uid: int
    gid: int


def unprivileged_account() -> Account | None:
    """Return the account that servers run as when we are root, else ``None``: as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise NotReady(
        "no hay una cuenta sin privilegios para el servidor de prueba",
        why="no existen las cuentas postgres ni nobody",
        repair="cree la cuenta nobody o ejecute el programa con una cuenta que no sea root",
    )


def as_account(account: Account | None) -> dict[str, t.Any]:
    """Return what starts a program as that account; ours for ``None``."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}
