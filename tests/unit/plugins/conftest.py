"""The collection's files, and its Python as Ansible imports it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def project() -> Path:
    return PROJECT


@pytest.fixture
def seam(monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path, str(PROJECT / "collections")])
    from ansible_collections.funza.copias.plugins.module_utils import _module

    return _module
