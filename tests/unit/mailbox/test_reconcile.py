"""Every difference between a mailbox and its copy is explained, or the copy fails and names it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias.errors import CopyFailed
from copias.mailbox.reconcile import Reconciliation, reconcile

IDS = st.frozensets(st.sampled_from([f"19{number:02x}" for number in range(12)]))
REASONS = st.dictionaries(st.sampled_from([f"19{number:02x}" for number in range(12)]), st.just("por algo"), max_size=4)


def compared(start, end, held, refused=None, failed=None, gone=(), unlisted=0) -> Reconciliation:
    return reconcile(start, end, held, refused=refused or {}, failed=failed or {}, gone=gone, unlisted=unlisted)


def test_equal_listings_and_mirror_are_complete() -> None:
    found = compared({"a", "b"}, {"a", "b"}, {"a", "b"})

    assert found.complete
    assert found.copied == ("a", "b")


def test_one_message_short_fails_and_names_it() -> None:
    found = compared({"a", "b"}, {"a", "b"}, {"a"})

    assert found.missing == ("b",)
    with pytest.raises(CopyFailed, match=r"faltan 1 mensajes.*ids b"):
        found.require_complete("marta@example.test")


def test_what_could_not_be_read_fails_with_its_reason() -> None:
    found = compared({"a", "b"}, {"a", "b"}, {"a"}, failed={"b": "503 backendError"})

    with pytest.raises(CopyFailed, match="503 backendError"):
        found.require_complete("marta@example.test")


def test_what_the_api_refuses_is_told_and_does_not_fail() -> None:
    found = compared({"a", "b"}, {"a", "b"}, {"a"}, refused={"b": "malformed"})

    assert found.complete
    assert found.refused == {"b": "malformed"}


def test_what_was_deleted_before_it_was_read_is_told() -> None:
    found = compared({"a", "b"}, {"a"}, {"a"}, gone={"b"})

    assert found.complete
    assert found.vanished == ("b",)


@pytest.mark.parametrize(("start", "end"), [({"a", "b"}, {"a"}), ({"a"}, {"a", "b"})])
def test_what_only_one_list_has_and_the_copy_has_not_is_missing(start, end) -> None:
    found = compared(start, end, {"a"})

    assert found.missing == ("b",)
    assert not found.complete


def test_what_arrived_meanwhile_is_in_the_copy_and_told() -> None:
    found = compared({"a"}, {"a", "b"}, {"a", "b"})

    assert found.complete
    assert found.copied == ("a", "b")
    assert found.arrived == ("b",)


def test_mailbox_that_has_more_than_it_lists_is_not_complete() -> None:
    found = compared({"a"}, {"a"}, {"a"}, unlisted=2)

    with pytest.raises(CopyFailed, match=r"faltan 2 mensajes.*tiene 3 mensajes y lista 1"):
        found.require_complete("marta@example.test")


@given(IDS, IDS, IDS, REASONS, REASONS, IDS)
def test_each_listed_message_has_exactly_one_fate(start, end, held, refused, failed, gone) -> None:
    found = compared(start, end, held, refused, failed, gone)

    fates = [*found.copied, *found.vanished, *found.refused, *found.failed, *found.missing]
    assert sorted(fates) == sorted(start | end)
    assert set(found.arrived) | set(found.deleted_meanwhile) <= set(found.copied)


@given(IDS, IDS, IDS, REASONS, REASONS, IDS)
def test_a_complete_copy_holds_all_that_was_ever_listed_but_for_the_refused_and_the_gone(
    start, end, held, refused, failed, gone
) -> None:
    found = compared(start, end, held, refused, failed, gone)

    if found.complete:
        assert (start | end) - held <= set(refused) | gone
