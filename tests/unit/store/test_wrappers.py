"""The wrappers over a real folder store, with failures that a subclass of the outside injects."""

from __future__ import annotations

import hashlib

import pytest

from copias.errors import BadInput, StoreFull, StoreUnavailable
from copias.store import LeastFree, Rehearsal, Retrying, Store, StoredFile
from copias.store.folder import FolderStore
from copias.store.wrappers import CHECK_EVERY, Wrapper


class Failing(Wrapper):
    """An outside that does not answer so many times, or with another error."""

    def __init__(self, inner: Store, *, times: int, error: type[Exception] = StoreUnavailable) -> None:
        super().__init__(inner)
        self.left = times
        self.calls = 0
        self.error = error

    def stat(self, name):
        self._fail()
        return super().stat(name)

    def rename(self, old, new):
        self._fail()
        super().rename(old, new)

    def create(self, name, *, expected_bytes=None):
        self._fail()
        return super().create(name, expected_bytes=expected_bytes)

    def _fail(self) -> None:
        self.calls += 1
        if self.left:
            self.left -= 1
            raise self.error("no answer")


@pytest.fixture
def folder(tmp_path) -> FolderStore:
    store = FolderStore("nas", tmp_path)
    store.prepare()
    return store


def test_transient_error_is_retried_with_growing_pauses(folder) -> None:
    pauses = []
    store = Retrying(Failing(folder, times=2), sleep=pauses.append)

    assert store.stat("a.zip") is None
    assert pauses == sorted(set(pauses))
    assert len(pauses) == 2


def test_retries_are_bounded(folder) -> None:
    inner = Failing(folder, times=100)

    with pytest.raises(StoreUnavailable):
        Retrying(inner, sleep=lambda _: None).stat("a.zip")

    assert inner.calls == 4


def test_lasting_error_is_not_retried(folder) -> None:
    inner = Failing(folder, times=1, error=StoreFull)

    with pytest.raises(StoreFull):
        Retrying(inner, sleep=lambda _: None).stat("a.zip")

    assert inner.calls == 1


def test_rename_is_not_retried(folder) -> None:
    inner = Failing(folder, times=1)

    with pytest.raises(StoreUnavailable):
        Retrying(inner, sleep=lambda _: None).rename("a.zip", "b.zip")

    assert inner.calls == 1


def test_beginning_of_an_upload_is_retried(folder) -> None:
    store = Retrying(Failing(folder, times=1), sleep=lambda _: None)

    with store.create("a.zip") as upload:
        upload.write(b"a")
        upload.finish()

    assert store.publish("a.zip") == StoredFile("a.zip", 1)


class Shrinking(Wrapper):
    """A disk that somebody else fills: each question finds less room."""

    room = 3 * CHECK_EVERY

    def free_space(self):
        self.room -= CHECK_EVERY
        return self.room

    def create(self, name, *, expected_bytes=None):
        return Rehearsal(self.inner).create(name, expected_bytes=expected_bytes)


def test_room_is_watched_during_an_upload(folder) -> None:
    store = LeastFree(Shrinking(folder), CHECK_EVERY)
    block = bytes(1 << 20)

    upload = store.create("a.zip")
    sent = sum(upload.write(block) for _ in range(CHECK_EVERY // len(block) - 1))
    with pytest.raises(StoreFull):
        upload.write(block)

    assert upload.sent == sent


FACTS = {"expected_bytes": 3, "sha256": hashlib.sha256(b"abc").hexdigest()}


class Half(Wrapper):
    """A place that has two bytes of every upload already, and says how much room is left."""

    room = 10

    def free_space(self):
        return self.room

    def resume(self, name, *, expected_bytes, sha256):  # noqa: ARG002 - the test knows the content
        upload = self.inner.create(name, expected_bytes=expected_bytes)
        upload.write(b"ab")
        return upload


def test_store_that_cannot_go_on_begins_at_the_first_byte(folder) -> None:
    store = LeastFree(Retrying(folder), 0)

    with store.resume("a.zip", **FACTS) as upload:
        assert upload.sent == 0
        upload.write(b"abc")
        upload.finish()

    assert store.publish("a.zip") == StoredFile("a.zip", 3)
    assert store.checksum("a.zip") is None


def test_wrapped_upload_goes_on_where_the_inner_one_does(folder) -> None:
    store = LeastFree(Retrying(Half(folder)), 0)

    with store.resume("a.zip", **FACTS) as upload:
        assert upload.sent == 2
        upload.write(b"c")
        assert upload.sent == 3
        assert upload.finish() == StoredFile("a.zip.part", 3)


def test_room_is_asked_for_what_is_not_sent_yet(folder) -> None:
    half = Half(folder)
    store = LeastFree(half, 9)

    with store.resume("a.zip", **FACTS):
        pass
    half.room = 9
    with pytest.raises(StoreFull):
        store.resume("a.zip", **FACTS)


def test_rehearsal_changes_nothing_and_says_what_it_would_do(folder, tmp_path) -> None:
    before = sorted(tmp_path.rglob("*"))
    store = Rehearsal(folder)

    with store.create("a.zip") as upload:
        upload.write(b"abc")
        assert upload.finish() == StoredFile("a.zip.part", 3)
    store.publish("a.zip")
    store.rename("a.zip", "b.zip")
    store.remove("b.zip")

    assert sorted(tmp_path.rglob("*")) == before
    assert store.planned == (
        ("create", "a.zip"),
        ("publish", "a.zip"),
        ("rename", "a.zip b.zip"),
        ("remove", "b.zip"),
    )


def test_rehearsal_refuses_what_the_real_thing_would(folder) -> None:
    with pytest.raises(BadInput):
        Rehearsal(folder).create("../a.zip")
