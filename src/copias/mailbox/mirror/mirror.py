"""A mirror open for writing: by one process at a time."""

from __future__ import annotations

import time
import typing as t
from contextlib import ExitStack, closing, contextmanager

from copias.errors import BackupError
from copias.files import make_private_directory
from copias.mailbox.mirror.append_file import AppendFile
from copias.mailbox.mirror.contents import SegmentReader
from copias.mailbox.mirror.failures import telling_disk_errors
from copias.mailbox.mirror.folder_lock import hold_folder
from copias.mailbox.mirror.index import new_row
from copias.mailbox.mirror.journal import Change, encode_change
from copias.mailbox.mirror.layout import JOURNAL
from copias.mailbox.mirror.member import encode_member
from copias.mailbox.mirror.model import MirrorMessage, MirrorState, NewMessage
from copias.mailbox.mirror.opening import open_index
from copias.mailbox.mirror.reader import MirrorReader
from copias.mailbox.mirror.segments import MOST_UNCOMMITTED, SegmentWriter

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from copias.mailbox.mirror.index import Index

SEGMENT_BYTES: t.Final = 1 << 30


class Mirror:
    """The mirror of one account, as :meth:`open` gives it.

    What is added or changed is seen at once by the methods here, and by readers after :meth:`commit`; leaving without
    a commit drops it. After an error of the disk nothing more is written: open the mirror again.
    """

    def __init__(self, folder: Path, index: Index, *, segments: SegmentWriter, journal: AppendFile) -> None:
        self.folder = folder
        self._index = index
        self._segments = segments
        self._journal = journal
        self._state: MirrorState | None = None
        self._failure: BackupError | None = None

    @classmethod
    @contextmanager
    def open(cls, folder: Path, *, account: str, segment_bytes: int = SEGMENT_BYTES) -> Iterator[t.Self]:
        """Open the mirror in a folder, made when absent; what a crash left after the last commit is cut off.

        Args:
            folder: one for each account.
            account: its address; the mirror of another is refused.
            segment_bytes: size at which a new segment is begun.

        Raises:
            AlreadyRunning: somebody writes it now.
            Altered: it is damaged, or another account's; file and repair are named.
            StoreFull: the disk is full.
        """
        with ExitStack() as held:
            with telling_disk_errors(folder):
                make_private_directory(folder)
                held.enter_context(hold_folder(folder, account))
                index = held.enter_context(closing(open_index(folder, account)))
                segments = SegmentWriter(folder, index.segments(), limit=segment_bytes)
                held.enter_context(closing(segments))
                journal = AppendFile(folder / JOURNAL, length=index.fact("journal"))
                held.enter_context(closing(journal))
            yield cls(folder, index, segments=segments, journal=journal)

    # What is there

    def has(self, key: str) -> bool:
        """Tell whether a message is here, deleted at its source or not."""
        return self._index.has(key)

    def message(self, key: str) -> MirrorMessage | None:
        """Return a message's row."""
        return self._index.message(key)

    def ids(self) -> frozenset[str]:
        """Return the ids of all messages: some 20 MB for 200,000."""
        return self._index.ids()

    def live_ids(self) -> frozenset[str]:
        """Return the ids of the messages that the mailbox has too, as far as is known."""
        return self._index.ids("deleted_at IS NULL")

    def labels(self) -> dict[str, tuple[str, str]]:
        """Return id → name and type (``system`` or ``user``) of the labels."""
        return self._index.labels()

    @property
    def owner(self) -> str:
        """Return Google's id of the account, which another person's has not; empty while it is not known."""
        return self._index.owner

    @property
    def state(self) -> MirrorState:
        """Return how far the mirror is with its mailbox."""
        return self._state or self._index.state

    def read(self, row: MirrorMessage) -> bytes:
        """Return a message's bytes.

        Raises:
            Altered: they are damaged.
        """
        with closing(SegmentReader(self.folder)) as contents:
            return contents.read(row)

    @contextmanager
    def view(self) -> Iterator[MirrorReader]:
        """Look at what is committed, as anybody can with :meth:`MirrorReader.open`."""
        with MirrorReader.open(self.folder) as reader:
            yield reader

    # What is changed

    def add(self, message: NewMessage) -> None:
        """Append a message; one that is here already is refused, for no message is read twice.

        Whoever never commits is committed for: an opening cuts off no more than :data:`MOST_UNCOMMITTED`.

        Raises:
            ValueError: it is here.
            StoreFull: the disk is full.
        """
        if self.has(message.id):
            raise ValueError(f"message {message.id} is in the mirror already")
        member, data = encode_member(message)
        if self._segments.uncommitted + len(data) > MOST_UNCOMMITTED:
            self.commit()
        with self._writing():
            segment, offset = self._segments.append(data)
            self._index.add(new_row(message, member, segment=segment, offset=offset))
            if not member.labelled:
                self._note(_labels(message.id, message.labels, message.history_id))

    def relabel(self, key: str, labels: Sequence[str], history_id: int) -> None:
        """Give a message other labels.

        Raises:
            KeyError: it is not here.
            StoreFull: the disk is full.
        """
        row = self._require(key)
        if (row.labels, row.history_id) == (tuple(labels), history_id):
            return
        with self._writing():
            self._index.relabel(key, labels, history_id)
            self._note(_labels(key, labels, history_id))

    def mark_deleted(self, key: str, when: float) -> None:
        """Note that the mailbox no longer has a message, which is kept here; ``when`` in seconds since 1970.

        Raises:
            KeyError: it is not here.
            StoreFull: the disk is full.
        """
        self._mark(key, when)

    def revive(self, key: str) -> None:
        """Note that the mailbox has a message after all.

        Raises:
            KeyError: it is not here.
            StoreFull: the disk is full.
        """
        self._mark(key, None)

    def _mark(self, key: str, when: float | None) -> None:
        if self._require(key).deleted_at == when:
            return
        with self._writing():
            self._index.mark_deleted(key, when)
            self._note({"id": key, "deleted": when})

    def _require(self, key: str) -> MirrorMessage:
        row = self.message(key)
        if row is None:
            raise KeyError(key)
        return row

    def set_labels(self, labels: Mapping[str, tuple[str, str]]) -> None:
        """Replace the labels' names and types.

        Raises:
            StoreFull: the disk is full.
        """
        if dict(labels) == self.labels():
            return
        with self._writing():
            self._index.put_labels(labels)
            self._note({"names": {key: list(of) for key, of in labels.items()}})

    def set_owner(self, owner: str) -> None:
        """Note Google's id of the account whose mailbox it is.

        Raises:
            StoreFull: the disk is full.
        """
        if owner == self.owner:
            return
        with self._writing():
            self._index.put_owner(owner)
            self._note({"owner": owner})

    def set_state(self, *, history_id: int, messages_total: int, full: bool, when: float | None = None) -> None:
        """Note that everything up to a point of the history is here.

        Args:
            history_id: that point.
            messages_total: what the mailbox said of itself there.
            full: the mailbox was listed.
            when: seconds since 1970; now when absent.

        Raises:
            StoreFull: the disk is full.
        """
        now = time.time() if when is None else when
        state = MirrorState(history_id, messages_total, synced_at=now, listed_at=now if full else self.state.listed_at)
        with self._writing():
            self._index.put_fact("state", vars(state))
            self._state = state

    def commit(self) -> None:
        """Have everything on the disk: segment, then journal, then index; without changes nothing is written.

        Raises:
            StoreFull: the disk is full; what was committed before stays.
        """
        with self._writing():
            if not self._index.changed:
                return
            self._segments.sync()
            self._note({"commit": self._describe_commit()})
            self._journal.sync()
            for number, length in self._segments.grown.items():
                self._index.put_segment(number, length)
            self._index.put_fact("journal", self._journal.length)
            self._index.commit()
            self._segments.forget()
            self._state = None

    def _describe_commit(self) -> Change:
        segments = [[number, length] for number, length in self._segments.grown.items()]
        return {"segments": segments} | ({"state": vars(self._state)} if self._state else {})

    def _note(self, change: Change) -> None:
        self._journal.append(encode_change(change))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Let no write follow one that failed: segment, journal and index may disagree until the next opening."""
        if self._failure is not None:
            raise self._failure
        try:
            with telling_disk_errors(self.folder):
                yield
        except BackupError as error:
            self._failure = error
            raise


def _labels(key: str, labels: Sequence[str], history_id: int) -> Change:
    return {"id": key, "labels": list(labels), "history": history_id}
