"""Both of Gmail's tariffs, as Google prices them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from copias.google import GoogleSettings
from copias.google.tariff import LEGACY, NEW, Tariff, tariff_named


@pytest.mark.parametrize(
    ("method", "legacy", "new"),
    [
        ("messages.get", 5, 20),
        ("messages.attachments.get", 5, 20),
        ("threads.get", 10, 40),
        ("messages.list", 5, 5),
        ("history.list", 2, 2),
        ("labels.list", 1, 1),
        ("labels.create", 5, 5),
        ("getProfile", 1, 1),
        ("messages.import", 25, 25),
        ("messages.send", 100, 100),
    ],
)
def test_call_costs_what_google_says(method: str, legacy: int, new: int) -> None:
    assert (LEGACY.price(f"gmail.users.{method}"), NEW.price(f"gmail.users.{method}")) == (legacy, new)


def test_reading_is_limited_to_fifty_messages_a_second_before_and_five_after() -> None:
    assert LEGACY.per_user_minute / LEGACY.price("gmail.users.messages.get") / 60 == 50
    assert NEW.per_user_minute / NEW.price("gmail.users.messages.get") / 60 == 5


@pytest.mark.parametrize("tariff", [LEGACY, NEW])
def test_every_price_is_of_a_method_that_gmail_has(tariff: Tariff) -> None:
    import googleapiclient.discovery_cache.documents as documents

    document = json.loads((Path(documents.__path__[0]) / "gmail.v1.json").read_bytes())
    known = {method["id"] for method in _methods(document)}

    assert set(tariff.prices) <= known


def test_method_without_a_known_price_is_taken_for_dear_and_other_apis_are_not_counted() -> None:
    assert NEW.price("gmail.users.settings.getVacation") == 100
    assert NEW.price("sheets.spreadsheets.get") == 0


def test_configuration_names_the_tariff() -> None:
    assert tariff_named(GoogleSettings(key_file=Path("k")).tariff) is NEW
    assert tariff_named(GoogleSettings(key_file=Path("k"), tariff="legacy").tariff) is LEGACY


def _methods(node: dict) -> list[dict]:
    found = list(node.get("methods", {}).values())
    for resource in node.get("resources", {}).values():
        found += _methods(resource)
    return found
