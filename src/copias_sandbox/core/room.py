"""What a room (one of Google's APIs) is made of, and what its handlers are given."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from copias_sandbox.clock import Clock
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


Handler: t.TypeAlias = Callable[[Call], Json]


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
    services: Callable[[State], Mapping[str, t.Any]] = lambda _: {}
