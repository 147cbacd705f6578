"""Retries, room to leave free and rehearsals, as wrappers that any store can wear."""

from __future__ import annotations

import time
import typing as t

from copias.errors import BackupError
from copias.store.contract import (
    PartFile,
    Store,
    StoredFile,
    Upload,
    part_name,
    recycled_bytes,
    resume_upload,
    stored_checksum,
)
from copias.store.faults import full
from copias.store.names import check_any_name, check_name

if t.TYPE_CHECKING:
    from collections.abc import Callable

_Result = t.TypeVar("_Result")

PAUSES = (1.0, 4.0, 15.0)
"""Seconds before the second, third and fourth attempt."""

CHECK_EVERY = 256 << 20
"""Bytes of one upload after which the free space is asked for again."""


class Wrapper:
    """A store that passes every call on; wrappers override what they change.

    What only some stores can do is done as well as the inner one can: an upload that cannot be gone on with begins
    at its first byte, and a store that computes no hash tells none.
    """

    def __init__(self, inner: Store) -> None:
        self.inner = inner

    @property
    def name(self) -> str:
        """The logical name that manifests carry."""
        return self.inner.name

    def prepare(self) -> None:
        """Make the place usable."""
        self.inner.prepare()

    def create(self, name: str, *, expected_bytes: int | None = None) -> Upload:
        """Start an upload."""
        return self.inner.create(name, expected_bytes=expected_bytes)

    def resume(self, name: str, *, expected_bytes: int, sha256: str) -> Upload:
        """Go on with an upload, or start one."""
        return resume_upload(self.inner, name, expected_bytes=expected_bytes, sha256=sha256)

    def checksum(self, name: str) -> str | None:
        """Return the SHA-256 that the place computed, ``None`` when it computes none."""
        return stored_checksum(self.inner, name)

    def recycled(self, name: str) -> int | None:
        """Return what a recycle bin holds of a removed file, where the inner store can tell."""
        return recycled_bytes(self.inner, name)

    def open(self, name: str, *, uncached: bool = False) -> t.BinaryIO:
        """Open a file."""
        return self.inner.open(name, uncached=uncached)

    def stat(self, name: str) -> StoredFile | None:
        """Return a file or part, ``None`` when there is none."""
        return self.inner.stat(name)

    def list(self, prefix: str = "") -> tuple[StoredFile, ...]:
        """Return the published files."""
        return self.inner.list(prefix)

    def list_parts(self) -> tuple[PartFile, ...]:
        """Return what was never published."""
        return self.inner.list_parts()

    def publish(self, name: str) -> StoredFile:
        """Give the part its name."""
        return self.inner.publish(name)

    def rename(self, old: str, new: str) -> None:
        """Rename a published file."""
        self.inner.rename(old, new)

    def remove(self, name: str) -> None:
        """Remove a file or part."""
        self.inner.remove(name)

    def free_space(self) -> int | None:
        """Return the bytes that can still be written."""
        return self.inner.free_space()

    def close(self) -> None:
        """Let the connection go."""
        self.inner.close()


class Retrying(Wrapper):
    """Repeats what may be repeated when the error is transient, three times more at most.

    An upload starts again from its first byte or not at all, so only its beginning is repeated;
    a rename is not, because a lost answer cannot be told from a file that was never there.
    """

    def __init__(
        self, inner: Store, *, pauses: tuple[float, ...] = PAUSES, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__(inner)
        self._pauses = pauses
        self._sleep = sleep

    def prepare(self) -> None:
        """Make the place usable."""
        self._repeat(self.inner.prepare)

    def create(self, name: str, *, expected_bytes: int | None = None) -> Upload:
        """Start an upload; its writes are not repeated."""
        return self._repeat(lambda: self.inner.create(name, expected_bytes=expected_bytes))

    def resume(self, name: str, *, expected_bytes: int, sha256: str) -> Upload:
        """Go on with an upload, or start one; its writes are not repeated."""
        return self._repeat(lambda: resume_upload(self.inner, name, expected_bytes=expected_bytes, sha256=sha256))

    def checksum(self, name: str) -> str | None:
        """Return the SHA-256 that the place computed."""
        return self._repeat(lambda: stored_checksum(self.inner, name))

    def open(self, name: str, *, uncached: bool = False) -> t.BinaryIO:
        """Open a file; its reads are not repeated."""
        return self._repeat(lambda: self.inner.open(name, uncached=uncached))

    def stat(self, name: str) -> StoredFile | None:
        """Return a file or part, ``None`` when there is none."""
        return self._repeat(lambda: self.inner.stat(name))

    def list(self, prefix: str = "") -> tuple[StoredFile, ...]:
        """Return the published files."""
        return self._repeat(lambda: self.inner.list(prefix))

    def list_parts(self) -> tuple[PartFile, ...]:
        """Return what was never published."""
        return self._repeat(self.inner.list_parts)

    def publish(self, name: str) -> StoredFile:
        """Give the part its name."""
        return self._repeat(lambda: self.inner.publish(name))

    def remove(self, name: str) -> None:
        """Remove a file or part."""
        self._repeat(lambda: self.inner.remove(name))

    def free_space(self) -> int | None:
        """Return the bytes that can still be written."""
        return self._repeat(self.inner.free_space)

    def _repeat(self, call: Callable[[], _Result]) -> _Result:
        for pause in self._pauses:
            try:
                return call()
            except BackupError as error:
                if not error.transient:
                    raise
            self._sleep(pause)
        return call()


class LeastFree(Wrapper):
    """Refuses uploads that would leave less than so many bytes free."""

    def __init__(self, inner: Store, least: int) -> None:
        super().__init__(inner)
        self._least = least

    def create(self, name: str, *, expected_bytes: int | None = None) -> Upload:
        """Start an upload when there is room for it.

        Raises:
            StoreFull: there is not.
        """
        check_name(name)
        self.check_room(expected_bytes or 0)
        return _WatchedUpload(self.inner.create(name, expected_bytes=expected_bytes), self.check_room)

    def resume(self, name: str, *, expected_bytes: int, sha256: str) -> Upload:
        """Go on with an upload when there is room for the rest of it.

        Raises:
            StoreFull: there is not; what was sent is kept.
        """
        upload = super().resume(check_name(name), expected_bytes=expected_bytes, sha256=sha256)
        try:
            self.check_room(expected_bytes - upload.sent)
        except BackupError as error:
            upload.__exit__(type(error), error, None)
            raise
        return _WatchedUpload(upload, self.check_room)

    def check_room(self, needed: int) -> None:
        """Raise :class:`StoreFull` when ``needed`` bytes would leave too little."""
        free = self.inner.free_space()
        if free is not None and free - needed < self._least:
            raise full(self.name, f"hay {free} bytes libres, la copia pide {needed} y deben quedar {self._least}")


class _WatchedUpload:
    """An upload that looks at the free space from time to time."""

    def __init__(self, inner: Upload, check_room: Callable[[int], None]) -> None:
        self.name = inner.name
        self.sent = inner.sent
        self._inner = inner
        self._check_room = check_room

    def __enter__(self) -> t.Self:
        self._inner.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._inner.__exit__(*exception)

    def write(self, chunk: bytes, /) -> int:
        """Write a chunk."""
        if self.sent // CHECK_EVERY != (self.sent + len(chunk)) // CHECK_EVERY:
            self._check_room(len(chunk))
        self.sent += self._inner.write(chunk)
        return len(chunk)

    def finish(self) -> StoredFile:
        """Make the part complete and durable."""
        return self._inner.finish()


class Rehearsal(Wrapper):
    """Reads for real and changes nothing; ``planned`` tells what would have been done."""

    def __init__(self, inner: Store) -> None:
        super().__init__(inner)
        self.planned: tuple[tuple[str, str], ...] = ()

    def prepare(self) -> None:
        """Note the intention."""
        self._plan("prepare", "")

    def create(self, name: str, *, expected_bytes: int | None = None) -> Upload:  # noqa: ARG002 - nothing is sent
        """Note the intention, and count what is written."""
        self._plan("create", check_name(name))
        return _CountedUpload(name)

    def resume(self, name: str, *, expected_bytes: int, sha256: str) -> Upload:  # noqa: ARG002 - nothing is sent
        """Note the intention, and count what is written."""
        return self.create(name, expected_bytes=expected_bytes)

    def publish(self, name: str) -> StoredFile:
        """Note the intention; the size is that of the real part, 0 when there is none."""
        self._plan("publish", check_name(name))
        found = self.inner.stat(part_name(name)) or self.inner.stat(name)
        return StoredFile(name, found.bytes if found else 0)

    def rename(self, old: str, new: str) -> None:
        """Note the intention."""
        self._plan("rename", f"{check_name(old)} {check_name(new)}")

    def remove(self, name: str) -> None:
        """Note the intention."""
        self._plan("remove", check_any_name(name))

    def _plan(self, verb: str, subject: str) -> None:
        self.planned = (*self.planned, (verb, subject))


class _CountedUpload:
    """An upload that goes nowhere."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sent = 0

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def write(self, chunk: bytes, /) -> int:
        """Count a chunk."""
        self.sent += len(chunk)
        return len(chunk)

    def finish(self) -> StoredFile:
        """Return what a real upload would have."""
        return StoredFile(part_name(self.name), self.sent)
