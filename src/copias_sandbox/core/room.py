"""What a room (one of Google's APIs) is made of, and what its handlers are given."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from copias_sandbox.clock import Clock
from copias_sandbox.core.discovery import Method
from copias_sandbox.core.downloads import Download
from copias_sandbox.core.errors import Json
from copias_sandbox.core.fields import Mask
from copias_sandbox.state import State


@dataclass(frozen=True)
class Principal:
    """Who asks: the account acted as, and the client that holds the token."""

    email: str
    client: str
    scopes: frozenset[str]


@dataclass(frozen=True)
class Media:
    """What was uploaded with a call; large content is in a file that lives as long as the call."""

    content_type: str
    content: bytes | Path

    def read(self) -> bytes:
        """Return all of it."""
        return self.content.read_bytes() if isinstance(self.content, Path) else self.content


@dataclass(frozen=True)
class Call:
    """One call of a method, checked: what its handler is given."""

    state: State
    clock: Clock
    principal: Principal
    path: Mapping[str, str]
    query: Json
    body: Json
    mask: Mask
    services: Mapping[str, t.Any] = field(default_factory=dict)
    """What the rooms made of the state once, by name: stores that keep things in memory."""
    media: Media | None = None
    effects: frozenset[str] = frozenset()
    """Kinds of faults that strike this call and are the handler's to play; see :mod:`copias_sandbox.core.faults`."""


Handler: t.TypeAlias = Callable[[Call], Json | Download]


@dataclass(frozen=True)
class Room:
    """One API: a discovery document and the handlers of its methods.

    ``legacy`` APIs (Drive v3, Directory) have the older error shape and ignore unknown fields of a body.
    ``prefix`` is the path by which the API is known when the host does not tell (plain HTTP on loopback).
    """

    document: str
    prefix: str
    handlers: Mapping[str, Handler]
    reads: frozenset[str] = frozenset()
    """Methods that POST but only read, for the quota."""
    hosts: frozenset[str] = frozenset()
    legacy: bool = False
    mixed_errors: bool = False
    """The newer error shape with the older one's list in it, as Gmail answers."""
    services: Callable[[State], Mapping[str, t.Any]] = lambda _: {}
    effects: Mapping[str, Callable[[Call], None]] = field(default_factory=dict)
    """What a fault of a kind does before the call, by kind; see :data:`copias_sandbox.core.faults.EFFECTS`."""
    pages: tuple[Method, ...] = ()
    """What is asked like a method but stands in no document, under a host of its own."""
    page_hosts: frozenset[str] = frozenset()
    before_upload: Mapping[str, Callable[[Call], None]] = field(default_factory=dict)
    """What is checked when a resumable upload to a method begins, before there is any content."""
