"""A session goes to Google by the environment's proxy, and to this machine without it."""

from __future__ import annotations

import asyncio
import typing as t
from pathlib import Path

import pytest

from copias.google.gmail import Gmail, Profile
from copias.google.proxy import EnvironmentProxy
from copias.google.scopes import GMAIL_READ
from copias_sandbox.seed.words import HELP_DESK


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., None]:
    """Give the environment these proxies and no others."""

    def give(**variables: str) -> None:
        for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.upper(), raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return give


def read_profile(sandbox, folder: Path, **given: t.Any) -> Profile:
    async def work() -> Profile:
        async with sandbox.session(folder, **given) as session:
            return await Gmail(session, HELP_DESK, (GMAIL_READ,)).profile()

    return asyncio.run(work())


def test_google_is_reached_by_the_proxy_under_its_own_name(sandbox, tmp_path, environment) -> None:
    environment(HTTPS_PROXY=f"http://127.0.0.1:{sandbox.running.proxy}")

    profile = read_profile(sandbox, tmp_path, endpoint=None, ca_file=sandbox.running.ca)

    assert profile.address == HELP_DESK
    (call,) = sandbox.admin.calls("gmail.users.getProfile")
    assert call["host"] == "gmail.googleapis.com"


def test_this_machine_is_reached_without_the_proxy(sandbox, tmp_path, environment) -> None:
    environment(HTTPS_PROXY="http://127.0.0.1:9", HTTP_PROXY="http://127.0.0.1:9")

    assert read_profile(sandbox, tmp_path).address == HELP_DESK


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"HTTP_PROXY": "http://proxy.example:3128"},
        {"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": ".googleapis.com"},
        {"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": "*"},
    ],
    ids=["none", "not for https", "not for Google", "for nobody"],
)
def test_proxy_that_is_not_for_google_is_not_used(environment, variables) -> None:
    environment(**variables)

    assert EnvironmentProxy.read().of("https://gmail.googleapis.com/gmail/v1") is None
